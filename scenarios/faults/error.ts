/**
 * Answers a share of requests with an error, fast and without doing the work. Health checks meet it like any request:
 * for a backend that passes them all the same, the black hole, see `lie.ts`.
 */
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'a share of requests, and of health checks, gets an error at once',
  options: {
    status: { type: 'integer', default: 500, min: 400, max: 599, about: 'status of the answer' },
    share: { type: 'share', default: 1, about: 'of requests that meet it' },
    after: { type: 'duration', default: 1, about: 'time to the answer' },
  },
  create:
    ({ status, share, after }) =>
    ({ random }) =>
      random < share ? { kind: 'error', status, after } : pass,
});
