/** Sends the body one byte at a time: no idle timeout fires, only one over the whole response does. */
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'the body comes one byte at a time',
  options: {
    share: { type: 'share', default: 1, about: 'of requests that meet it' },
    every: { type: 'duration', default: 100, min: 0.1, about: 'between two bytes' },
    health: { type: 'boolean', default: true, about: 'whether health checks meet it too' },
  },
  create:
    ({ share, every, health }) =>
    ({ random, healthCheck }) =>
      random < share && (health || !healthCheck) ? { kind: 'drip', every } : pass,
});
