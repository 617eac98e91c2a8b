/** Accepts the request and never answers: a deadlock, a lost wake-up. No worker is held; only a timeout tells. */
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'accepts and never answers',
  options: {
    share: { type: 'share', default: 1, about: 'of requests that meet it' },
    health: { type: 'boolean', default: true, about: 'whether health checks meet it too' },
  },
  create:
    ({ share, health }) =>
    ({ random, healthCheck }) =>
      random < share && (health || !healthCheck) ? { kind: 'hang' } : pass,
});
