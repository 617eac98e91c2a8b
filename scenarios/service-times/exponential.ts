/** Memoryless service: F⁻¹(u) = −mean · ln(1 − u). The M in M/M/1, where theory has exact answers. */
import { define } from './service-time.ts';

export default define({
  about: 'memoryless; the textbook law',
  options: { mean: { type: 'duration', about: 'mean service time' } },
  create: ({ mean }) => ({ mean, at: (u) => -mean * Math.log1p(-u) }),
});
