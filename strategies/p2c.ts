/**
 * Power of two choices: draw two distinct backends, send to the one with fewer requests in flight for its weight.
 *
 * Formula     argmin q/w over d distinct uniform draws (d = 2); ties go to the first draw
 * Cost        O(1): d random numbers, independent of n
 * Source      Mitzenmacher, "The power of two choices in randomized load balancing" (1996); Vvedenskaya et al. 1996;
 *             Finagle and Tower draw distinct ones. Mean sojourn, n → ∞: Σ λ^((d^i−d)/(d−1))
 * Use it      as the default: nearly the evenness of least-connections, and with stale or partial counts far better,
 *             because no single backend looks best to every balancer at once
 * It fails    by trusting in-flight counts: a backend that fails in 1 ms looks idle (its share grows up to 2/n when
 *             the others are saturated), and an idle pool is shared equally, whatever the weights
 * Spread      equal when idle, ±2.5 points over 10,000 requests
 *
 * With replacement, both draws may be the same backend: P2C then is random with probability 1/n (n = 10, λ = .9: mean
 * sojourn 3.105 services against 2.980).
 */
import { Draws } from './draws.ts';
import { define } from './strategy.ts';

export default define({
  about:
    'draws two backends, takes the one with fewer requests in flight; a sound default, also with stale counts',
  options: {
    choices: { type: 'integer', default: 2, min: 1, max: 1000, about: 'how many backends are drawn' },
    replacement: { type: 'boolean', default: false, about: 'whether the same backend may be drawn twice' },
  },
  spread: { by: 'equal', within: 0.025 },
  create(env, { choices, replacement }) {
    const draws = new Draws(env);
    return {
      poolChanged: (pool) => draws.poolChanged(pool),
      pick({ available }, request) {
        const candidates = draws.begin(available, request.tried);
        if (candidates === 0) return undefined;
        const count = replacement || choices < candidates ? choices : candidates;
        let lastAt = draws.next();
        let best = available[lastAt]!;
        let bestLoad = best.inFlight / best.weight;
        for (let i = 1; i < count; i++) {
          if (!replacement) draws.remove(lastAt);
          lastAt = draws.next();
          const rival = available[lastAt]!;
          const load = rival.inFlight / rival.weight;
          if (load < bestLoad) {
            best = rival;
            bestLoad = load;
          }
        }
        return best;
      },
    };
  },
});
