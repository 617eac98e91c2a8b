/**
 * A resource leaks (memory, handles, rows of a table without an index), and service gets longer with every request taken in, or
 * with time, until a restart. A process that crashes and comes back begins at nothing, and leaks again while the fault is on.
 */
import { defineService, pass } from './fault.ts';

export default defineService({
  about: 'service gets longer with time and with every request, until a restart',
  options: {
    perSecond: { type: 'duration', default: 10, about: 'by which service gets longer each second' },
    perRequest: { type: 'duration', default: 0, about: 'and with each request taken in' },
    most: { type: 'duration', default: 1_000, about: 'by which it gets longer at most' },
    health: { type: 'boolean', default: false, about: 'whether health checks get slower, too' },
  },
  create:
    ({ perSecond, perRequest, most, health }) =>
    ({ elapsed, taken, healthCheck }) =>
      healthCheck && !health
        ? pass
        : { kind: 'delay', ms: Math.min(most, (elapsed / 1000) * perSecond + taken * perRequest) },
});
