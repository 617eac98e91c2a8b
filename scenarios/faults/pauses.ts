/**
 * Stop-the-world pauses, as a garbage collector makes them: Poisson in time, each of a length of its own. Whatever runs stands
 * still, nothing is answered, and health checks wait as well. What has begun when it is healed ends as it was reckoned.
 * traefik#3745; Wydrowski et al., Prequal, NSDI 2024. The fleet's own `pauses` are there from the start.
 */
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'the process stands still now and then: garbage collection',
  options: {
    every: { type: 'duration', default: 2_000, min: 1, about: 'mean time between two pauses' },
    shortest: { type: 'duration', default: 200, about: 'pause' },
    longest: { type: 'duration', default: 1_000, about: 'pause; all lengths between are equally likely' },
  },
  pauses: ({ every, shortest, longest }) => {
    if (shortest > longest) throw new RangeError(`shortest (${shortest}ms) above longest (${longest}ms)`);
    return { every, shortest, longest };
  },
  create: () => () => pass,
});
