/**
 * Bytes follow the body that was promised. What was promised is a good answer; the rest belongs to nothing, and to the
 * next response where a connection is used again in spite of it.
 */
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'bytes follow the body that was promised',
  options: {
    bytes: { type: 'integer', default: 16, min: 1, max: 65_536, about: 'that follow' },
    share: { type: 'share', default: 1, about: 'of requests that meet it' },
    health: { type: 'boolean', default: true, about: 'whether health checks meet it too' },
  },
  create:
    ({ bytes, share, health }) =>
    ({ random, healthCheck }) =>
      random < share && (health || !healthCheck) ? { kind: 'extra-bytes', bytes } : pass,
});
