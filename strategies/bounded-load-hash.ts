/**
 * Consistent hashing with bounded loads: the key's owner on the ring, unless it is full; then another, found by the
 * key, that is not.
 *
 * Formula     a backend is full at cap = ⌈c·(T+1)·w/W⌉ requests in flight: c times its share by weight of all T in
 *             flight and of this one. The caps add up to more than T+1, so somebody always has room
 * Cost        O(1) expected. At most 1/c of the pool, by weight, is full, so `jump` tries c/(c−1) points in the mean at most
 *             (5 at 1.25); `walk` O(1/(c−1)²) by the paper's bound. O(n) when availability changes, see ring.ts
 * Source      Mirrokni, Thorup and Zadimoghaddam, "Consistent hashing with bounded loads", SODA 2018 (c = 1.25 as in
 *             Vimeo's HAProxy); `jump`: Chen, Coleman and Shrivastava, 2019, as in Envoy
 * Use it      where consistent-hash is wanted and some keys are hot: their overflow goes to the same few others
 * It fails    by moving keys for load: affinity is given up exactly where it would hurt, and a smaller c gives up more.
 *             With few requests in flight the caps are 1 or 2, and chance alone moves keys. Only requests in flight
 *             count, so a backend that fails fast is never full
 * Overflow    `walk`: to the next on the ring that has room (the paper; it can cascade: who follows a full backend gets
 *             its overflow as well as its own); `jump`: the key is hashed again for each try, so overflow is spread by
 *             weight over all
 * Spread      by weight, ±15 points over 10,000 distinct keys, one at a time (the ring's)
 *
 * A retry is judged in the pool without those tried, load and weights likewise: there, too, somebody has room. All in
 * flight on available backends counts, as this balancer knows it. A request without a key is placed by its client.
 */
import { avalanche, hashBits } from './hash.ts';
import { Positions } from './positions.ts';
import { Ring, virtualNodes } from './ring.ts';
import { type Backend, define } from './strategy.ts';
import { allTried, wasTried } from './tried.ts';

/** Where chance has found nobody with room in so many tries, the ring is walked. */
const jumps = 64;

export default define({
  about: 'the same key to the same backend until that has c times its share of the load; for hot keys',
  options: {
    virtualNodes,
    c: {
      type: 'number',
      default: 1.25,
      min: 1,
      max: 1000,
      about: 'how many times its share of the requests in flight a backend may have',
    },
    overflow: {
      type: 'choice',
      default: 'walk',
      of: ['walk', 'jump'],
      about: 'where a full backend sends a key: to the next on the ring, or wherever hashing it again points',
    },
  },
  spread: { by: 'weight', within: 0.15 },
  create(_env, options) {
    const { c } = options;
    const ring = new Ring(options.virtualNodes);
    const positions = new Positions();
    let available: readonly Backend[] = [];
    let loads = new Float64Array(0); // in flight by position, as last seen
    let total = 0;
    let totalWeight = 0;

    const changed = ({ index }: Backend) => {
      const position = positions.at(index);
      if (position < 0) return;
      // Read from the pool's own object: in a pool of snapshots the backend that started is another one.
      const load = available[position]!.inFlight;
      total += load - loads[position]!;
      loads[position] = load;
    };

    return {
      poolChanged(pool) {
        ring.poolChanged(pool);
        available = pool.available;
        positions.update(available);
        loads = Float64Array.from(available, ({ inFlight }) => inFlight);
        total = loads.reduce((sum, load) => sum + load, 0);
        totalWeight = available.reduce((sum, { weight }) => sum + weight, 0);
      },
      pick(_pool, { key, client, tried }) {
        if (available.length === 0) return undefined;
        const retry = tried.length > 0 && !allTried(available, tried);
        let load = total + 1;
        let weights = totalWeight;
        if (retry) {
          for (let i = 0; i < tried.length; i++) {
            const position = positions.at(tried[i]!.index);
            if (position < 0 || namedBefore(tried, i)) continue;
            load -= loads[position]!;
            weights -= available[position]!.weight;
          }
        }
        let hash = hashBits(key === '' ? client : key);
        let at = ring.first(hash);
        // Somebody has room. Weights so unlike that their difference is lost to rounding must not make it walk for ever.
        const most = jumps + ring.length;
        for (let tries = 0; ; tries++) {
          const position = ring.positionAt(at);
          const backend = available[position]!;
          const room = loads[position]! < Math.ceil((c * load * backend.weight) / weights) || tries > most;
          if (room && !(retry && wasTried(backend, tried))) return backend;
          if (options.overflow === 'walk' || tries >= jumps) at = ring.next(at);
          else {
            hash = avalanche((hash + 0x9e3779b9) | 0) | 0;
            at = ring.first(hash);
          }
        }
      },
      started: changed,
      ended: changed,
      distribution: () => ring.shares(available),
    };
  },
});

/** Whether a backend stands twice among those tried. */
function namedBefore(tried: readonly Backend[], i: number): boolean {
  for (let j = 0; j < i; j++) if (tried[j]!.index === tried[i]!.index) return true;
  return false;
}
