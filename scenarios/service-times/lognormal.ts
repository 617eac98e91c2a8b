/**
 * The law of times that are products of many small factors, and the usual fit to web services: most requests near the
 * median, a long but finite tail. F⁻¹(u) = exp(μ + σ·Φ⁻¹(u)), with μ set so that the mean is the one asked for:
 * mean = exp(μ + σ²/2). Squared coefficient of variation exp(σ²) − 1; σ = 0.83 varies as much as exponential does.
 */
import { normalQuantile } from './normal.ts';
import { define } from './service-time.ts';

export default define({
  about: 'most requests near the median, a long tail: the usual fit to web services',
  options: {
    mean: { type: 'duration', about: 'mean service time' },
    sigma: {
      type: 'number',
      default: 1,
      min: 0,
      max: 5,
      about: 'spread: the standard deviation of the logarithm',
    },
  },
  create: ({ mean, sigma }) => {
    const median = mean * Math.exp(-(sigma * sigma) / 2);
    return { mean, at: (u) => median * Math.exp(sigma * normalQuantile(u)) };
  },
});
