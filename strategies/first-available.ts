/**
 * First available: always the backend with the lowest index that has a free slot.
 *
 * Formula     argmin index over the available with inFlight < maxInFlight; when all are full, argmin index over all of them
 * Cost        O(1) per pick, O(tried·log n) on a retry; a start or an end costs O(log n) where it fills a backend or
 *             frees it, else O(1) (a tournament tree); O(n) when the pool changes
 * Source      HAProxy, `balance first`: servers in order of their id, weights ignored
 * Use it      to keep as few backends busy as the load needs, so that the rest can be switched off; for long sessions
 *             (RDP, IMAP) rather than short requests
 * It fails    without `maxInFlight`, where the first backend gets everything; by running the first ones at their limit,
 *             where latency is worst; when the first fails at once, it never fills and gets everything until health
 *             checks or ejection take it out; balancers that share the backends all fill the same ones first, each up to
 *             its own limit
 *
 * Idle ties going to the first, and a revived first backend taking what comes up to its limit, are the purpose here.
 * When all are full it still names one: whether to wait or to answer 503 is the balancer's decision.
 */
import { Positions } from './positions.ts';
import { type Backend, define } from './strategy.ts';
import { Tournament } from './tournament.ts';
import { allTried } from './tried.ts';

/** Above any index, so that full ones come behind all that are free, in the same order; small enough to be kept in place and not on the heap. */
const full = 2 ** 30;

export default define({
  about: 'the first backend with a free slot; to concentrate load on few backends, needs maxInFlight',
  options: {},
  create() {
    const tree = new Tournament();
    const positions = new Positions();
    let available: readonly Backend[] = [];

    // Read from the pool's own object: in a pool of snapshots the backend that started is another one.
    const rank = (position: number) => {
      const { index, inFlight, maxInFlight } = available[position]!;
      return inFlight < maxInFlight ? index : index + full;
    };
    const changed = (backend: Backend) => {
      const position = positions.at(backend.index);
      if (position < 0) return;
      const now = rank(position);
      if (now !== tree.score(position)) tree.update(position, now);
    };
    const winner = () => {
      const least = tree.least();
      return available[positions.at(least < full ? least : least - full)];
    };

    return {
      poolChanged(pool) {
        available = pool.available;
        positions.update(available);
        tree.resize(available.length);
        for (let position = 0; position < available.length; position++) {
          tree.enter(position, rank(position), 1);
        }
        tree.build();
      },
      pick(_pool, { tried }) {
        if (available.length === 0) return undefined;
        if (tried.length === 0 || allTried(available, tried)) return winner();
        tree.hide(tried, positions);
        const backend = winner();
        tree.restore();
        return backend;
      },
      started: changed,
      ended: changed,
    };
  },
});
