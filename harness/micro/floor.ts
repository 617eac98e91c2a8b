/**
 * What the loop costs around a strategy that does nothing: picks are drawn beforehand, uniformly. Beside the loop's own
 * work that is the price of touching one random backend among n when its request starts and another when one ends, which
 * grows with n as the backends outgrow the caches; a strategy that is O(1) can be no flatter than this.
 */
import { draw, stream } from '../../scenarios/random.ts';
import type { Backend, StrategyDefinition } from '../../strategies/strategy.ts';

const length = 16_384;

export default {
  about: 'picks drawn beforehand',
  options: {},
  create() {
    const positions = new Int32Array(length);
    let available: readonly Backend[] = [];
    let next = 0;
    return {
      poolChanged(pool) {
        available = pool.available;
        for (let i = 0; i < length; i++)
          positions[i] = Math.floor(draw(1, stream.order, i) * available.length);
      },
      pick() {
        next = (next + 1) & (length - 1);
        return available[positions[next]!];
      },
    };
  },
} satisfies StrategyDefinition;
