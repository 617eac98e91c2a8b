/** Promises the whole body, sends part of it and closes cleanly. Whoever does not count bytes takes it for an answer. */
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'the body ends early, with a clean close',
  options: {
    share: { type: 'share', default: 1, about: 'of requests that meet it' },
    sent: { type: 'share', default: 0.5, about: 'of the body that is sent' },
    health: { type: 'boolean', default: true, about: 'whether health checks meet it too' },
  },
  create:
    ({ share, sent, health }) =>
    ({ random, healthCheck }) =>
      random < share && (health || !healthCheck) ? { kind: 'truncate', sent } : pass,
});
