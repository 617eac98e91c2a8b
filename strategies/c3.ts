/**
 * C3: the backend with the least expected delay, which counts its queue, the requests of all balancers on their way, and the cube of both.
 *
 * Formula     score = R − 1/μ + q̂³/μ, lowest wins; q̂ = 1 + os·clients + q̄. R: response time as seen here; 1/μ: service time
 *             and q̄: requests inside, as the backend reports them; all three EWMA, new ← α·sample + (1−α)·old.
 *             os: in flight from here; clients: balancers that share the load
 * Cost        O(log n) per pick, start and end (a tournament tree): a score changes only with its backend's own requests
 * Source      Suresh, Canini, Schmid, Feldmann, "C3: Cutting tail latency in cloud data stores via adaptive replica selection",
 *             NSDI 2015. α = .9 is its Cassandra tracker's; Elasticsearch's adaptive replica selection has .3
 * Use it      where many balancers choose among backends whose speeds vary, and backends report queue and service time: the cube keeps
 *             long queues away from fast backends, the multiple of os keeps the balancers from herding
 * It fails    by weighing queues too much where backends have many workers (q̂ = 8 on eight workers is no queue, and costs 512
 *             service times); by having clients wrong, which only the simulator knows for sure; by α = .9, which
 *             all but forgets the second last response. The paper's rate control and backpressure are not here
 *
 * Without reports the service time is the response time and q̄ is 0: least connections, weighed by latency. A backend that has not
 * answered yet, or comes back, is scored with the mean of the others, so that it is neither flooded nor starved; ties are
 * drawn at random. Two things the paper leaves open: a backend that fails goes behind all others, shortly after one
 * failure, for up to `aversion` after many (else one that refuses within 1 ms would win every pick); and one that has
 * been left alone for `quiet` has its averages halved, again and again, so that one slow response does not starve it
 * (Elasticsearch moves the averages of those not chosen towards the winner's). Weights are ignored.
 */
import { Aversion } from './aversion.ts';
import { C3Averages } from './c3-averages.ts';
import { Positions } from './positions.ts';
import { type Backend, define } from './strategy.ts';
import { Tournament } from './tournament.ts';
import { allTried } from './tried.ts';

/** Added to the score of a backend that has just failed: above any other, and still ordered. */
const behindAll = 1e15;
/** Least service time, ms: at 0 a backend's queue would cost nothing. */
const leastService = 1e-3;

export default define({
  about:
    'the least expected delay by reported queue, cubed, and service time; for many balancers and varying speeds',
  options: {
    alpha: {
      type: 'number',
      default: 0.9,
      min: 0.01,
      max: 1,
      about: 'weight of the newest sample in the averages (Cassandra: .9, Elasticsearch: .3)',
    },
    exponent: { type: 'number', default: 3, min: 1, max: 10, about: 'power of the queue estimate' },
    quiet: {
      type: 'duration',
      default: 10_000,
      min: 1,
      about: 'an idle backend that has not answered for this long has its averages halved',
    },
    aversion: {
      type: 'duration',
      default: 5_000,
      min: 0,
      about: 'the longest that a backend is passed over after failures in a row',
    },
  },
  needs: 'reported',
  spread: { by: 'equal', within: 0.025 },
  create(env, { alpha, exponent, quiet, aversion: limit }) {
    const tree = new Tournament();
    const positions = new Positions();
    const aversion = new Aversion(limit);
    const { index: self, count: clients } = env.balancers ?? { index: 0, count: 1 };
    const averages = new C3Averages(alpha);
    let available: readonly Backend[] = [];
    let behind = new Uint8Array(0); // whether it has just failed, by backend index
    let turn = 0;

    /** Stored and not returned: a number that leaves a function may be put in a box on its way. */
    function score(position: number): void {
      const { index, inFlight } = available[position]!;
      const service = Math.max(averages.service(index), leastService);
      const queue = 1 + inFlight * clients + averages.queue(index);
      const cost = exponent === 3 ? queue * queue * queue : queue ** exponent;
      tree.scores[position] =
        averages.response(index) - service + cost * service + (behind[index] === 1 ? behindAll : 0);
    }

    function update(index: number): void {
      const position = positions.at(index);
      score(position);
      tree.changed(position);
    }

    /** One backend per pick, in turn: what the passing of time changes, in O(log n). */
    function revisit(): void {
      const now = env.now();
      turn = turn + 1 < available.length ? turn + 1 : 0;
      const { index, inFlight } = available[turn]!;
      const back = behind[index] === 1 && !aversion.at(index, now);
      if (back) behind[index] = 0;
      // Not with a request under way: a hung backend must not look faster the longer it hangs.
      const halved = inFlight === 0 && averages.halve(index, quiet, now);
      if (back || halved) update(index);
    }

    /** Balancers of one fleet that draw the same luck still break ties apart. */
    const draw = () => (env.random() + self / clients) % 1;

    return {
      poolChanged(pool) {
        available = pool.available;
        const length = pool.members.reduce((most, { index }) => Math.max(most, index + 1), behind.length);
        if (length > behind.length) {
          const flags = new Uint8Array(length);
          flags.set(behind);
          behind = flags;
          averages.grow(length);
          aversion.grow(length);
        }
        positions.update(available, ({ index }) => {
          averages.forget(index);
          aversion.succeeded(index);
          behind[index] = 0;
        });
        averages.countOnly(available);
        tree.resize(available.length);
        available.forEach((_, position) => {
          score(position);
          tree.enter(position, tree.scores[position]!, 1);
        });
        tree.build();
      },
      pick(_pool, { tried }) {
        if (available.length === 0) return undefined;
        revisit();
        if (tried.length === 0 || allTried(available, tried)) return available[tree.draw(draw())];
        tree.hide(tried, positions);
        const position = tree.draw(draw());
        tree.restore();
        return available[position];
      },
      started(backend) {
        if (positions.has(backend)) update(backend.index);
      },
      ended(backend, { kind, latency }) {
        if (!positions.has(backend)) return;
        const { index } = backend;
        const now = env.now();
        if (kind === 'ok') {
          averages.answered(backend, latency, now);
          aversion.succeeded(index);
          behind[index] = 0;
        } else if (kind !== 'cancelled') {
          averages.failed(index, latency, now);
          aversion.failed(index, now);
          behind[index] = aversion.at(index, now) ? 1 : 0;
        }
        update(index);
      },
    };
  },
});
