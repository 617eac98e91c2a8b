/** Health checks fail while requests are served: a flawed check, or a dependency only the check looks at. envoy#3263. */
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'health checks fail, requests are served',
  options: {
    status: { type: 'integer', default: 503, min: 400, max: 599, about: 'status of the health check' },
    share: { type: 'share', default: 1, about: 'of health checks that fail' },
  },
  create:
    ({ status, share }) =>
    ({ random, healthCheck }) =>
      healthCheck && random < share ? { kind: 'error', status, after: 0 } : pass,
});
