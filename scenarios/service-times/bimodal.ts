/**
 * Two kinds of requests, fast and slow: a cache hit and a miss, a read and a report. A slow one in front blocks the
 * fast ones behind it, which is where strategies that look at queues gain most.
 */
import { define } from './service-time.ts';

export default define({
  about: 'two kinds of requests, fast and slow',
  options: {
    fast: { type: 'duration', about: 'service time of the fast kind' },
    slow: { type: 'duration', about: 'service time of the slow kind' },
    share: { type: 'share', default: 0.1, about: 'of requests that are slow' },
  },
  create: ({ fast, slow, share }) => {
    if (slow < fast)
      throw new RangeError(`bimodal: expected slow (${slow} ms) to be at least fast (${fast} ms)`);
    return { mean: fast + share * (slow - fast), at: (u) => (u < 1 - share ? fast : slow) };
  },
});
