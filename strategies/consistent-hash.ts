/**
 * Consistent hashing: the same key goes to the same backend, and a join or a leave moves only that backend's keys.
 *
 * Formula     the first of the backends' 150 points each on a circle, at or after hash(key); see ring.ts
 * Cost        O(1) expected per pick; see ring.ts for changes of the pool
 * Source      Karger et al., "Consistent hashing and random trees", STOC '97; the article, "Session affinity"
 * Use it      where a backend's memory of the key pays: caches, sessions, shards
 * It fails    by the ring's own unevenness (relative standard deviation √((n−1)/(150·n+1)): 6.7% at n = 3, 7.7% at n = 10) and
 *             by popularity: one hot key melts one server. It never looks at load
 * Spread      by weight, ±15 points over 10,000 distinct keys (five standard deviations of two backends' shares)
 *
 * A request without a key is placed by its client's address. A retry walks on along the ring, where the key would
 * go if its backend left.
 */
import { Ring, virtualNodes } from './ring.ts';
import { type Backend, define } from './strategy.ts';

export default define({
  about:
    'the same key to the same backend, moving few keys when backends come and go; for caches and sessions',
  options: { virtualNodes },
  spread: { by: 'weight', within: 0.15 },
  create(_env, options) {
    const ring = new Ring(options.virtualNodes);
    let known: readonly Backend[] = [];
    return {
      poolChanged(pool) {
        known = pool.available;
        ring.poolChanged(pool);
      },
      pick: ({ available }, { key, client, tried }) => ring.find(key === '' ? client : key, available, tried),
      distribution: () => ring.shares(known),
    };
  },
});
