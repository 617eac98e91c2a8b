/**
 * The black hole: health checks pass, requests fail, and fast. To a strategy that looks at load alone the backend seems
 * the least busy of all and draws ever more traffic. Seen as ingress-nginx#9882, linkerd2-proxy#4537, traefik#5827.
 */
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'health checks pass, requests fail at once: the black hole',
  options: {
    status: { type: 'integer', default: 500, min: 400, max: 599, about: 'status of the answer' },
    share: { type: 'share', default: 1, about: 'of requests that meet it' },
    after: { type: 'duration', default: 1, about: 'time to the answer' },
  },
  create:
    ({ status, share, after }) =>
    ({ random, healthCheck }) =>
      !healthCheck && random < share ? { kind: 'error', status, after } : pass,
});
