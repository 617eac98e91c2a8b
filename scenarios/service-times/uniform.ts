/** Any time between two bounds, all equally likely: F⁻¹(u) = min + u · (max − min). Bounded work, mildly variable. */
import { define } from './service-time.ts';

export default define({
  about: 'any time between two bounds, equally likely',
  options: {
    min: { type: 'duration', about: 'shortest service time' },
    max: { type: 'duration', about: 'longest service time' },
  },
  create: ({ min, max }) => {
    if (max < min) throw new RangeError(`uniform: expected max (${max} ms) to be at least min (${min} ms)`);
    return { mean: (min + max) / 2, at: (u) => min + u * (max - min) };
  },
});
