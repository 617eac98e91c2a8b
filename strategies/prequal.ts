/**
 * Prequal: probes a few random backends per request, and sends the next requests by the freshest answers: lowest latency, where not too busy.
 *
 * Formula     hot-cold lexicographic over a pool of at most m answers: an answer is hot if its requests in flight (RIF) exceed
 *             the Q_RIF quantile of recent answers. Any cold → the lowest latency among the cold, else the lowest RIF. Fewer
 *             than 2 answers → random. An answer serves b_reuse = max(1, (1+δ) ÷ ((1−m/n)·r_probe − r_remove)) requests,
 *             a fraction by a draw; each raises its RIF by one
 * Cost        O(m + probes per query) per pick, independent of n; O(m) per answer
 * Source      Wydrowski, Kleinberg, Rumble, Archer, "Load is not what you should balance: Introducing Prequal", NSDI 2024;
 *             m = 16, age 1 s, r_probe = 3, r_remove = 1, Q_RIF = 2^−.25 ≈ .84 are its baseline, δ = 1
 * Use it      with many backends whose speeds vary by the second (noisy neighbours), many balancers, and backends that answer
 *             probes within a fraction of a service time: it sees load that no balancer's own counts show
 * It fails    where probes are dear or lost: it is random then, and so are the first requests after a second without any
 *             (answers have expired; there are no timers here to probe when idle). With n ≤ m·r_probe/(r_probe − r_remove)
 *             the formula for b_reuse has no meaning (more answers are removed than new backends heard of): it is clamped to m.
 *             The latency is the backend's own estimate: one that lies is believed. Weights are ignored
 *
 * Per request one answer is removed, the oldest and the worst in turn, so that the pool does not fill with what nobody
 * would choose. Probes sent with a request serve later ones: nothing waits. A backend has one answer in the pool, its
 * latest, which is why b_reuse has the factor 1 − m/n. Rates may be fractions; they are kept exactly, over time.
 *
 * The black hole (the paper's «sinkholing», which it avoids by a heuristic it does not spell out): a backend that fails at
 * once has nothing in flight and answers probes well. After a failure its answer is dropped and no new one is taken,
 * shortly after one failure, for up to `aversion` after many.
 */
import { Aversion } from './aversion.ts';
import { Draws } from './draws.ts';
import { Positions } from './positions.ts';
import { ProbePool } from './prequal-pool.ts';
import { RecentQuantile } from './prequal-quantile.ts';
import { type Backend, define, type LoadSample } from './strategy.ts';
import { allTried } from './tried.ts';

/** Answers over which the quantile is taken. */
const recent = 128;
const nobody: readonly Backend[] = [];

/** How many requests one answer serves, on average: pool size m, n backends, answers added and removed per request, net growth δ. */
export function reuse(m: number, n: number, probes: number, removals: number, delta: number): number {
  const growth = (1 - m / n) * probes - removals;
  return growth > 0 ? Math.min(m, Math.max(1, (1 + delta) / growth)) : m;
}

export default define({
  about:
    'probes 3 random backends per request and goes by recent answers: lowest latency among those not too busy',
  options: {
    pool: { type: 'integer', default: 16, min: 2, max: 1000, about: 'answers to probes that are kept' },
    age: { type: 'duration', default: 1_000, min: 1, about: 'how long an answer is good for' },
    probes: { type: 'number', default: 3, min: 0, max: 100, about: 'probes per request; may be a fraction' },
    removals: { type: 'number', default: 1, min: 0, max: 100, about: 'answers removed per request' },
    quantile: {
      type: 'number',
      default: 2 ** -0.25,
      min: 0,
      max: 1,
      about:
        'quantile of requests in flight above which an answer is hot; 0 goes by requests in flight only, 1 by latency only',
    },
    delta: {
      type: 'number',
      default: 1,
      min: 0,
      max: 100,
      about: 'net growth of the pool per request that the reuse of answers aims at',
    },
    aversion: {
      type: 'duration',
      default: 5_000,
      min: 0,
      about: 'the longest that the answers of a backend are ignored after failures in a row',
    },
  },
  needs: 'probe',
  /** Throws where the driver cannot probe. */
  create(env, { pool: capacity, age, probes, removals, quantile, delta, aversion: limit }) {
    if (env.probe === undefined) {
      throw new Error(
        'expected a driver that can probe backends (env.probe), got none; without answers prequal would be random, which has a name of its own',
      );
    }
    const draws = new Draws(env);
    const positions = new Positions();
    const pool = new ProbePool(capacity);
    const inFlight = new RecentQuantile(quantile, recent);
    const aversion = new Aversion(limit);
    // One callback per backend index, made when it arrives: a probe allocates nothing here.
    const answers: ((sample: LoadSample) => void)[] = [];
    let uses = 1; // whole uses of an answer, and the chance of one more
    let chance = 0;
    let probesDue = 0;
    let removalsDue = 0;
    let oldestNext = true;

    const hot = () => (quantile === 0 ? -Infinity : quantile === 1 ? Infinity : inFlight.value);

    function answerOf(backend: Backend): (sample: LoadSample) => void {
      return (sample) => {
        const now = env.now();
        if (!positions.has(backend) || aversion.at(backend.index, now)) return;
        inFlight.add(sample.inFlight);
        pool.add(backend.index, sample.inFlight, sample.latency, now);
      };
    }

    /** Counts a request by the answer at this place, and removes it when it has served its share. */
    function use(place: number): void {
      const served = pool.use(place);
      if (served > uses || (served === uses && (chance === 0 || env.random() >= chance))) pool.remove(place);
    }

    function removeSome(): void {
      for (removalsDue += removals; removalsDue >= 1; removalsDue--) {
        if (pool.size === 0) continue;
        pool.remove(oldestNext ? 0 : pool.worst(hot()));
        oldestNext = !oldestNext;
      }
    }

    function probeSome(available: readonly Backend[]): void {
      probesDue += probes;
      let left = draws.begin(available, nobody);
      for (; probesDue >= 1; probesDue--) {
        if (left-- <= 0) continue;
        const position = draws.next();
        draws.remove(position);
        const backend = available[position]!;
        env.probe!(backend, answers[backend.index]!);
      }
    }

    return {
      poolChanged(changed) {
        const { available } = changed;
        draws.poolChanged(changed);
        aversion.grow(changed.members.reduce((most, { index }) => Math.max(most, index + 1), 0));
        positions.update(available, (backend) => {
          pool.drop(backend.index);
          aversion.succeeded(backend.index);
          answers[backend.index] = answerOf(backend);
        });
        for (let place = pool.size - 1; place >= 0; place--) {
          if (positions.at(pool.backendAt(place)) < 0) pool.remove(place);
        }
        const average = reuse(capacity, available.length, probes, removals, delta);
        uses = Math.floor(average);
        chance = average - uses;
      },
      pick({ available }, { tried }) {
        const candidates = draws.begin(available, tried);
        if (candidates === 0) return undefined;
        pool.expire(env.now() - age);
        const skip = tried.length > 0 && !allTried(available, tried) ? tried : nobody;
        let position: number;
        if (pool.untried(skip) < 2) {
          position = draws.next();
          const place = pool.find(available[position]!.index);
          if (place >= 0) use(place);
        } else {
          const place = pool.best(hot(), skip);
          position = positions.at(pool.backendAt(place));
          use(place);
        }
        removeSome();
        probeSome(available);
        return available[position];
      },
      ended(backend, { kind }) {
        if (kind === 'cancelled' || !positions.has(backend)) return;
        if (kind === 'ok') aversion.succeeded(backend.index);
        else {
          aversion.failed(backend.index, env.now());
          if (limit > 0) pool.drop(backend.index);
        }
      },
    };
  },
});
