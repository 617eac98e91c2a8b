/**
 * Weighted round robin: each backend in turn, as often as its weight says.
 *
 * Formula     smooth: cw += w for all, pick max cw, its cw −= Σw; weights 3,2,1 give abacba, 5,1,1 aabacaa.
 *             `edf`: the earliest deadline, deadline += 1/w; 5,1,1 gives aaaaabc
 * Cost        smooth O(distinct weights) per pick; edf O(log n)
 * Source      nginx (smooth), the article's section 2; Envoy's EdfScheduler (edf)
 * Use it      when backends differ in capacity and the ratio is known, and requests are of similar cost
 * It fails    by trusting the weights: where they are wrong or a backend turns slow, it queues without bound; requests
 *             of unequal cost add up unseen; balancers that do not know of each other, started together, walk in step
 *             (`start: random`; those of one fleet each begin at a place of their own)
 * Spread      by weight; over any stretch a backend is within two turns of its share; with edf within 1 + n·w/Σw, because
 *             all that fall due together go first, in a burst
 *
 * A tried backend that a retry passes over keeps its credit, so it is not made to pay for the retry.
 */
import { DeadlineRotation } from './deadline-rotation.ts';
import { phase, startOption } from './phase.ts';
import { SmoothRotation } from './smooth-rotation.ts';
import { type Backend, define } from './strategy.ts';

const nothingTried: readonly Backend[] = [];

export default define({
  about: 'each backend in turn, as often as its weight says; for fleets of known, unequal capacity',
  options: {
    edf: {
      type: 'boolean',
      default: false,
      about: 'earliest deadline first: O(log n), but heavy backends burst',
    },
    start: startOption,
  },
  spread: { by: 'weight', within: 0.002 },
  create(env, { edf, start }) {
    const rotation = edf ? new DeadlineRotation() : new SmoothRotation();
    let begun = false;
    return {
      poolChanged: ({ available }) => rotation.poolChanged(available),
      pick({ available }, { tried }) {
        if (!begun && available.length > 0) {
          begun = true;
          const ahead = Math.floor(phase(env, start) * rotation.cycle(10_000));
          for (let i = 0; i < ahead; i++) rotation.next(nothingTried);
        }
        const position = rotation.next(tried);
        return position < 0 ? undefined : available[position];
      },
    };
  },
});
