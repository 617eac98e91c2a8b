/**
 * Gray failure: the backend answers everything, correctly, but late, and its workers are busy all the while.
 * Health checks are not work and stay fast, so no active check sees it.
 */
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'service takes longer; health checks do not see it',
  options: {
    factor: { type: 'number', default: 1, min: 1, max: 100_000, about: 'service times are multiplied by it' },
    added: { type: 'duration', default: 0, about: 'and lengthened by this' },
    ramp: { type: 'duration', default: 0, about: 'grows linearly to its full size over this time' },
  },
  create:
    ({ factor, added, ramp }) =>
    ({ elapsed, service, healthCheck }) => {
      if (healthCheck) return pass;
      const grown = ramp > 0 ? Math.min(1, elapsed / ramp) : 1;
      return { kind: 'delay', ms: grown * ((factor - 1) * service + added) };
    },
});
