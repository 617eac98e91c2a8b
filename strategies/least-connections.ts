/**
 * Least connections: the backend with the fewest requests in flight for its weight.
 *
 * Formula     argmin q/w over the available; option (q+1)/w, the shortest expected delay, counts the request itself
 * Cost        O(log n) per pick, start and end (a tournament tree), in any order of starts and ends
 * Source      the article, section 3; HAProxy leastconn, nginx least_conn, IPVS lc and sed. With true counts and equal
 *             backends it is join-the-shortest-queue: n = 10, λ = .9, mean sojourn 1.916 services
 * Use it      with one balancer, or few, whose counts are true and fresh; with requests of very unequal cost
 * It fails    by herding: with stale or partial counts every balancer sends to the same idle backend (worse than random
 *             beyond about one service time of staleness); a revived backend, at zero, takes the whole flood; and a
 *             backend that fails in 1 ms is always idle, so it attracts traffic until something takes it out
 *             (health checks, ejection): the rule counts connections, never outcomes
 * Ties        drawn at random by weight, so that an idle pool neither floods the first backend nor forgets weights;
 *             `rotate` takes the next tied backend in pool order, without regard to weight
 * Spread      by weight when idle, ±2.5 points over 10,000 requests
 */
import { Positions } from './positions.ts';
import { type Backend, define } from './strategy.ts';
import { Tournament } from './tournament.ts';
import { allTried } from './tried.ts';

export default define({
  about: 'the fewest requests in flight for its weight; best with one balancer and true counts',
  options: {
    ties: {
      type: 'choice',
      default: 'random',
      of: ['random', 'rotate'],
      about: 'who wins among equals: drawn by weight, or the next in turn',
    },
    score: {
      type: 'choice',
      default: 'q/w',
      of: ['q/w', '(q+1)/w'],
      about: 'requests in flight for its weight, or the same counting this request (shortest expected delay)',
    },
  },
  spread: { by: 'weight', within: 0.025 },
  create(env, { ties, score }) {
    const tree = new Tournament();
    const positions = new Positions();
    const own = score === 'q/w' ? 0 : 1;
    let available: readonly Backend[] = [];
    let after = 0;

    // Read from the pool's own object: in a pool of snapshots the backend that started is another one.
    const scoreAt = (position: number) => (available[position]!.inFlight + own) / available[position]!.weight;
    const changed = (backend: Backend) => {
      const position = positions.at(backend.index);
      if (position < 0) return;
      tree.scores[position] = scoreAt(position);
      tree.changed(position);
    };
    const winner = () => {
      if (ties === 'random') return tree.draw(env.random());
      const position = tree.firstFrom(after);
      after = position + 1;
      return position;
    };

    return {
      poolChanged(pool) {
        const resumed = available[after];
        available = pool.available;
        positions.update(available);
        tree.resize(available.length);
        available.forEach((backend, position) => {
          tree.enter(position, scoreAt(position), backend.weight);
        });
        tree.build();
        if (resumed !== undefined && positions.has(resumed)) after = positions.at(resumed.index);
      },
      pick(_pool, { tried }) {
        if (available.length === 0) return undefined;
        if (tried.length === 0 || allTried(available, tried)) return available[winner()];
        tree.hide(tried, positions);
        const position = winner();
        tree.restore();
        return available[position];
      },
      started: changed,
      ended: changed,
    };
  },
});
