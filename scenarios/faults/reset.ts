/** The connection breaks (RST): before the response, where the balancer may try again, or in mid-body, where it may not. */
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'the connection is reset, before the response or in mid-body',
  options: {
    share: { type: 'share', default: 1, about: 'of requests that meet it' },
    sent: { type: 'share', default: 0, about: 'of the body that is sent first; 0: not even the head' },
    health: { type: 'boolean', default: true, about: 'whether health checks meet it too' },
  },
  create:
    ({ share, sent, health }) =>
    ({ random, healthCheck }) =>
      random < share && (health || !healthCheck) ? { kind: 'reset', sent } : pass,
});
