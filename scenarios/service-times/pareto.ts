/**
 * Heavy tail: a few requests carry much of the work. F⁻¹(u) = min · (1 − u)^(−1/shape), mean = min · shape / (shape − 1).
 * At shape ≤ 2 the variance is infinite and queues behind one request are long; at shape ≤ 1 so is the mean, and no
 * fleet has a utilization then. Quantiles are drawn with 32 bits, so the longest time is min · 2^(33/shape).
 */
import { define } from './service-time.ts';

export default define({
  about: 'heavy tail: a few requests carry much of the work',
  options: {
    min: { type: 'duration', about: 'shortest service time' },
    shape: { type: 'number', default: 2.5, min: 0.1, max: 100, about: 'the lower, the heavier the tail' },
  },
  create: ({ min, shape }) => ({
    mean: shape > 1 ? (min * shape) / (shape - 1) : min === 0 ? 0 : Infinity,
    at: (u) => min * (1 - u) ** (-1 / shape),
  }),
});
