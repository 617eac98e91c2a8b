/**
 * Oracle: the backend that would answer this request soonest, known from the simulator's own state.
 *
 * Formula     argmin of the time from now to the answer (way there, true queue, this request's own service time there)
 * Cost        O(n) per pick: every request has another cost everywhere, so there is nothing to keep in order
 * Source      join the shortest workload with known sizes; the greedy bound that regret is measured against
 * Use it      in simulations only, to know how much of a mean sojourn a better choice could still save
 * It fails    to exist elsewhere: no balancer knows what a request will cost before it is served. Greedy for the
 *             request at hand: it takes a fast backend for a short request that a long one would have needed more, so
 *             the mean over all requests is not proven to be the least there is
 *
 * Ties are drawn at random, so that idle equal backends share the load. A backend that would not answer costs Infinity, and
 * is taken only where all would not.
 */
import { type Backend, define } from './strategy.ts';
import { allTried, wasTried } from './tried.ts';

export default define({
  about:
    'the backend that will answer this request soonest, known from the simulator; the bound for all others',
  options: {},
  needs: 'simulator',
  /** Throws where the driver cannot know the truth. */
  create(env) {
    if (env.sojourn === undefined) {
      throw new Error(
        'expected a driver that knows how long a request would take (env.sojourn), got none; the oracle runs in the simulator only: steelyard simulate',
      );
    }
    // The tied so far in this pick, by position.
    let tied = new Int32Array(0);
    return {
      poolChanged({ available }) {
        if (available.length > tied.length) tied = new Int32Array(available.length);
      },
      pick({ available }, request): Backend | undefined {
        const { tried } = request;
        const skip = tried.length > 0 && !allTried(available, tried);
        let least = Infinity;
        let count = 0;
        for (let position = 0; position < available.length; position++) {
          const backend = available[position]!;
          if (skip && wasTried(backend, tried)) continue;
          const sojourn = env.sojourn!(backend, request);
          if (sojourn > least) continue;
          if (sojourn < least) {
            least = sojourn;
            count = 0;
          }
          tied[count++] = position;
        }
        if (count === 0) return undefined;
        return available[tied[count === 1 ? 0 : Math.floor(env.random() * count)]!];
      },
    };
  },
});
