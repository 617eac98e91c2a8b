/** Every request takes the same time. Nothing queues but by arrivals: the D in M/D/1, and the law to calibrate with. */
import { define } from './service-time.ts';

export default define({
  about: 'the same time for every request',
  options: { mean: { type: 'duration', about: 'the service time' } },
  create: ({ mean }) => ({ mean, at: () => mean }),
});
