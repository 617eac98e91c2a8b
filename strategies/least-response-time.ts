/**
 * Least response time: the backend with the lowest average response time, corrected for its queue.
 *
 * Formula     score = average·(1 + 0.1·q), lowest wins, ties at random; 1 ms in place of an average of zero
 * Cost        O(log n) per pick, start and end (a tournament tree): a score changes only with its backend's own requests
 * Source      the article, section 4
 * Use it      where backends differ in speed, steadily, and weights are not known
 * It fails    by never forgetting: one early slow sample on an identical backend starves it, since without traffic its
 *             average cannot improve (p2c-peak-ewma decays); the queue counts for little, so the fastest is overloaded
 *             before the next is used; a cold backend, at 1 ms, takes a burst of about 10·(average − 1) requests. With the
 *             article's average (`started`) requests in flight make a hung backend look faster. Weights are ignored
 *
 * Failures: an outcome that is not ok is recorded at no less than `penalty`, else a backend that refuses within 1 ms
 * would win every pick (0 gives the article to the letter). A cancelled request is not counted. A backend that comes
 * back after being unavailable starts from the average of the others: neither starved for its last errors nor flooded.
 */
import { Positions } from './positions.ts';
import { averageKinds, ResponseAverage } from './response-average.ts';
import { type Backend, define } from './strategy.ts';
import { Tournament } from './tournament.ts';
import { allTried } from './tried.ts';

export default define({
  about: 'the lowest average response time, corrected for its queue; for backends of unknown, steady speeds',
  options: {
    average: {
      type: 'choice',
      default: 'started',
      of: averageKinds,
      about:
        'total ÷ requests started (the article), mean of the finished, EWMA of α = .1, mean of the last 100',
    },
    penalty: {
      type: 'duration',
      default: 5_000,
      min: 0,
      about: 'least latency recorded for an outcome not ok',
    },
  },
  create(env, { average, penalty }) {
    const averages = new ResponseAverage(average);
    const tree = new Tournament();
    const positions = new Positions();
    const ids: string[] = []; // who last held each index
    let available: readonly Backend[] = [];

    const scoreAt = (position: number) => {
      const { index, inFlight } = available[position]!;
      return (averages.current[index]! || 1) * (1 + 0.1 * inFlight);
    };

    const changed = (backend: Backend) => {
      const position = positions.at(backend.index);
      tree.scores[position] = scoreAt(position);
      tree.changed(position);
    };

    /** The mean of the averages of those that were and are available. */
    function usual(arrivals: ReadonlySet<Backend>): number {
      const known = available.filter((backend) => !arrivals.has(backend) && averages.of(backend.index) > 0);
      return known.reduce((sum, { index }) => sum + averages.of(index), 0) / (known.length || 1);
    }

    return {
      poolChanged(pool) {
        const arrivals = new Set<Backend>();
        available = pool.available;
        positions.update(available, (backend) => arrivals.add(backend));
        const fresh = usual(arrivals);
        for (const { index, id, inFlight } of arrivals) {
          averages.reset(index, ids[index] === id ? fresh : 0, inFlight);
          ids[index] = id;
        }
        tree.resize(available.length);
        available.forEach((_, position) => {
          tree.enter(position, scoreAt(position), 1);
        });
        tree.build();
      },
      pick(_pool, { tried }) {
        if (available.length === 0) return undefined;
        if (tried.length === 0 || allTried(available, tried)) return available[tree.draw(env.random())];
        tree.hide(tried, positions);
        const position = tree.draw(env.random());
        tree.restore();
        return available[position];
      },
      started(backend) {
        if (!positions.has(backend)) return;
        averages.started(backend.index);
        changed(backend);
      },
      ended(backend, outcome) {
        if (!positions.has(backend)) return;
        averages.ended(backend.index, outcome, penalty);
        changed(backend);
      },
    };
  },
});
