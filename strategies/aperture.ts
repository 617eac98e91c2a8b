/**
 * Aperture: two choices within a window of the pool that is just wide enough for this balancer's load.
 *
 * Formula     offered load L = average of requests in flight, e^(−Δt/window)-weighted, window 15 s; at each start and end
 *             the aperture widens by one backend while L ÷ size ≥ target·(1+band), narrows by one while it is
 *             ≤ target·(1−band): between .875 and 1.125 requests in flight per backend. Inside: P2C on q/w
 * Cost        O(1) per pick, start and end; O(n log n) when the pool changes
 * Source      Finagle's random aperture (RandomAperture, LoadBand): "the smallest subset so that load stays in the band"
 * Use it      where very many balancers share very many backends: each keeps few connections, they are warm, and in-flight
 *             counts say something, which they do not where every backend has none or one
 * It fails    by arithmetic: with few balancers most backends idle, and chosen at random their load is binomial over the
 *             fleet (some get no balancer at all). It adapts in seconds, so a sudden flood meets a narrow aperture;
 *             requests that hang widen it
 * Spread      none promised: what stands outside the aperture gets nothing, by intent
 *
 * The average is of the count that stood while time passed. Finagle weighs the new count instead, which reads one too few
 * where every end brings the next start with it (closed load), and the same otherwise.
 * The order of backends is drawn once per balancer, from its seed and its place among its siblings, and kept through
 * every change: an aperture of a size is always of the same backends, a smaller one of a part of them. Those down are
 * left out, and the next in order takes their place. A retry stays inside while there is somebody untried.
 */
import { Draws } from './draws.ts';
import { avalanche, hashString } from './hash.ts';
import { type Backend, define } from './strategy.ts';
import { wasTried } from './tried.ts';

export default define({
  about: 'two choices within a part of the pool that grows with the load; for very many balancers',
  options: {
    target: {
      type: 'number',
      default: 1,
      min: 0.01,
      max: 1_000_000,
      about: 'requests in flight that one backend of the aperture is to have',
    },
    band: {
      type: 'number',
      default: 0.125,
      min: 0,
      max: 0.99,
      about: 'how far from the target, as a part of it, load may be before the aperture moves',
    },
    window: { type: 'duration', default: 15_000, min: 1, about: 'over which the load is averaged' },
    minimum: { type: 'integer', default: 1, min: 1, about: 'backends in the aperture at least' },
  },
  create(env, { target, band, window, minimum }) {
    const draws = new Draws(env);
    const place = 1 + (env.balancers?.index ?? 0);
    const seed = avalanche(Math.floor(env.random() * 2 ** 32) ^ Math.imul(place, 0x9e3779b1)) | 0;
    let order: readonly Backend[] = []; // the available
    let size = minimum;
    let total = 0;
    const average = new Float64Array([0, Number.NaN]); // the load and when it was last told; in place, not on the heap

    /** Those it has, where the pool is smaller than the aperture wants to be. */
    const width = () => Math.min(size, order.length);

    function moved(by: number): void {
      const now = env.now();
      const kept = Math.exp(-Math.max(0, now - average[1]!) / window);
      const before = total;
      total = Math.max(0, total + by); // an end that no start matches must not count below nothing
      const load = Number.isNaN(kept) ? total : average[0]! * kept + before * (1 - kept);
      average[0] = load;
      average[1] = now;
      const each = load / width();
      if (each >= target * (1 + band) && size < order.length) size++;
      else if (each <= target * (1 - band) && size > minimum) size--;
    }

    return {
      poolChanged({ members, available }) {
        const tokens = Float64Array.from(
          available,
          ({ id }, position) => hashString(id, seed) * 2 ** 21 + position,
        ).sort();
        order = Array.from(tokens, (token) => available[token % 2 ** 21]!);
        draws.poolChanged({ members, available: order });
      },
      pick(_pool, { tried }) {
        if (order.length === 0) return undefined;
        const inside = draws.begin(order, tried, width());
        if (inside === 0) return beyond(tried);
        const at = draws.next();
        const first = order[at]!;
        if (inside === 1) return first;
        draws.remove(at);
        const second = order[draws.next()]!;
        return second.inFlight / second.weight < first.inFlight / first.weight ? second : first;
      },
      started: () => moved(1),
      ended: () => moved(-1),
      distribution: () =>
        Object.fromEntries(order.map(({ id }, position) => [id, position < width() ? 1 / width() : 0])),
    };

    /** The first in order that is outside the aperture and untried. */
    function beyond(tried: readonly Backend[]): Backend {
      let position = width();
      while (wasTried(order[position]!, tried)) position++;
      return order[position]!;
    }
  },
});
