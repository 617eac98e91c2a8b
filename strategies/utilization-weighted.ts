/**
 * Utilization weighted: each backend in turn, as often as the load it reports says it can take.
 *
 * Formula     w = rate ÷ (utilization + penalty·errors/rate), requests per second at full use; turns by earliest deadline first,
 *             deadline += 1/w, the first deadline random within its period. Without a weight: the mean of the others'
 * Cost        O(log n) per pick; O(n) once per update period, inside a pick
 * Source      gRPC A58, weighted_round_robin with ORCA reports; Envoy's client_side_weighted_round_robin. As gRPC's static stride
 *             scheduler, weights are kept within .1 and 10 times their mean
 * Use it      where backends report their load and differ in capacity, steadily: it finds the weights that weighted-round-robin is told
 * It fails    by being slow: a report counts after the blackout and at the next update, so bursts and queues go unseen; by
 *             believing: one that reports little use and no errors gets up to 10 times the mean; by having no brake
 *             where utilization saturates (at 1 for all, w is just the rate each happens to get, and shares stay as they are)
 * Spread      equal while nothing is reported, ±0.1 points over 10,000 requests
 *
 * A weight counts once a backend has reported for `blackout` without a gap of `expiration`; one that comes back after being
 * unavailable starts again, so a revived backend gets the mean and not the flood that its idle reports promise. A
 * failure that carries no report (refused, reset, timed out) changes nothing: it attracts no more than it did. With fewer than
 * two weights known all are equal. The weights of the configuration are ignored.
 */
import { DeadlineRotation } from './deadline-rotation.ts';
import { Positions } from './positions.ts';
import { type Backend, define } from './strategy.ts';

/** The bounds of gRPC's static stride scheduler, in means. One tiny report could otherwise starve a backend of the turns that would correct it. */
const leastShare = 0.1;
const greatestShare = 10;

export default define({
  about: 'each backend in turn, as often as the load it reports says it can take; finds unknown capacities',
  options: {
    blackout: {
      type: 'duration',
      default: 10_000,
      min: 0,
      about: 'how long a backend must have reported before its weight counts',
    },
    expiration: {
      type: 'duration',
      default: 180_000,
      min: 1,
      about: 'how long after its last report a weight still counts',
    },
    update: {
      type: 'duration',
      default: 1_000,
      min: 100,
      about: 'how often weights are computed anew',
    },
    penalty: {
      type: 'number',
      default: 1,
      min: 0,
      about: 'how much utilization an error rate of 100% adds',
    },
  },
  needs: 'reported',
  spread: { by: 'equal', within: 0.001 },
  create(env, { blackout, expiration, update, penalty }) {
    const rotation = new DeadlineRotation();
    const positions = new Positions();
    // Balancers of one fleet that draw the same luck still begin apart.
    const place = env.balancers === undefined ? 0 : env.balancers.index / env.balancers.count;
    const draw = () => 1 - ((env.random() + place) % 1);
    let available: readonly Backend[] = [];
    let weights = new Float64Array(0); // by position, as the rotation has them
    // By index: A58's three facts of a backend, and since when it has been available.
    let capacity = new Float64Array(0);
    let reportedAt = new Float64Array(0);
    let reportingSince = new Float64Array(0);
    let availableSince = new Float64Array(0);
    let updatedAt = 0;
    let begun = false;

    /** What A58 calls the weight; 0 where none counts. */
    function known(index: number, now: number): number {
      if (now - reportedAt[index]! >= expiration) {
        reportingSince[index] = Infinity;
        return 0;
      }
      return now - reportingSince[index]! < blackout ? 0 : capacity[index]!;
    }

    function weigh(now: number): void {
      updatedAt = now;
      let count = 0;
      let total = 0;
      for (let position = 0; position < available.length; position++) {
        const weight = known(available[position]!.index, now);
        weights[position] = weight;
        if (weight > 0) count++;
        total += weight;
      }
      const mean = count < 2 ? 1 : total / count;
      for (let position = 0; position < available.length; position++) {
        const weight = count < 2 || weights[position] === 0 ? mean : weights[position]!;
        weights[position] = Math.min(greatestShare * mean, Math.max(leastShare * mean, weight));
      }
    }

    return {
      poolChanged(pool) {
        const now = env.now();
        available = pool.available;
        const size = available.reduce((most, { index }) => Math.max(most, index + 1), capacity.length);
        capacity = grown(capacity, size);
        reportedAt = grown(reportedAt, size);
        reportingSince = grown(reportingSince, size);
        availableSince = grown(availableSince, size);
        positions.update(available, ({ index }) => {
          capacity[index] = 0;
          reportedAt[index] = -Infinity;
          reportingSince[index] = Infinity;
          availableSince[index] = now;
        });
        weights = new Float64Array(available.length);
        weigh(now);
        rotation.poolChanged(available, weights);
      },
      pick(pool, { tried }) {
        if (available.length === 0) return undefined;
        const now = env.now();
        if (now - updatedAt >= update) {
          weigh(now);
          rotation.reweigh(weights);
        }
        if (!begun) {
          begun = true;
          rotation.scatter(draw);
        }
        return pool.available[rotation.next(tried)];
      },
      ended(backend) {
        const { reported, index } = backend;
        if (reported === undefined || !positions.has(backend)) return;
        const { utilization, rate, errors, at } = reported;
        // An empty report says nothing, and neither does one from before an outage.
        if (!(utilization > 0 && rate > 0) || at < availableSince[index]!) return;
        capacity[index] = rate / (utilization + (errors / rate) * penalty);
        reportedAt[index] = at;
        if (reportingSince[index] === Infinity) reportingSince[index] = at;
      },
      /** The share of the turns that each has now. */
      distribution() {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        return Object.fromEntries(available.map(({ id }, position) => [id, weights[position]! / total]));
      },
    };
  },
});

function grown(from: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size);
  larger.set(from);
  return larger;
}
