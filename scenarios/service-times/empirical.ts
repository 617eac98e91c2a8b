/**
 * Times you have measured: each is equally likely, none in between occurs, so the mean is theirs exactly.
 * F⁻¹(u) is the smallest of them that at least a share u of them does not exceed.
 */
import { define } from './service-time.ts';

export default define({
  about: 'times you have measured, each equally likely',
  options: {
    times: { type: 'durations', about: 'measured service times, in any order; repeat one to weigh it' },
  },
  create: ({ times }) => {
    if (times.length === 0) throw new RangeError('empirical: expected at least one measured time');
    const sorted = Float64Array.from(times).sort();
    return {
      mean: sorted.reduce((sum, time) => sum + time, 0) / sorted.length,
      at: (u) => sorted[Math.min(sorted.length - 1, Math.ceil(u * sorted.length) - 1)]!,
    };
  },
});
