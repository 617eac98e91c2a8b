/**
 * Random: every request goes to a backend drawn uniformly.
 *
 * Formula     pick = available[⌊u·n⌋], u uniform in [0, 1)
 * Cost        O(1); O(tried) on a retry
 * Source      the baseline of every analysis: n queues of M/M/1, mean sojourn 1/(1−λ) services
 * Use it      as the baseline, or with very many balancers that share nothing: it needs no state and never herds
 * It fails    by unevenness: at 90% load its queues are twice those of round robin; it ignores weights and load,
 *             so a slow backend keeps its 1/n of the traffic
 * Spread      equal, ±2.5 points over 10,000 requests (five standard deviations)
 */
import { Draws } from './draws.ts';
import { define } from './strategy.ts';

export default define({
  about: 'draws a backend uniformly; the baseline that needs no state',
  options: {},
  spread: { by: 'equal', within: 0.025 },
  create(env) {
    const draws = new Draws(env);
    return {
      poolChanged: (pool) => draws.poolChanged(pool),
      pick(pool, request) {
        if (draws.begin(pool.available, request.tried) === 0) return undefined;
        return pool.available[draws.next()];
      },
    };
  },
});
