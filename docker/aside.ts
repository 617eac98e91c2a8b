/**
 * What is answered on the load port beside the requests: health checks, and probes of load. No worker has a part in it, so
 * that a full queue is not a dead backend; but pauses have, and the faults that hit health checks.
 */
import type { ServerResponse } from 'node:http';
import { isHeld } from '../scenarios/faults/fault.ts';
import { loadPath } from '../scenarios/headers.ts';
import { answerStatus, carryOut, type Wait } from './answer.ts';
import { now } from './clock.ts';
import type { Service } from './service.ts';

export const healthPath = '/health';

/** One kind of such requests. */
export interface Aside {
  /** Which of the service's counters counts them. */
  readonly counter: 'healthChecks' | 'probes';
  /** Whether each comes on a connection of its own, so that one way means its handshake too: three trips. */
  readonly connects: boolean;
  /** The answer while it serves. */
  readonly says: (service: Service) => object;
}

const asides = new Map<string, Aside>([
  [
    healthPath,
    {
      counter: 'healthChecks',
      connects: true,
      says: ({ spec, startedAt }) => ({ status: 'ok', id: spec.id, uptime: Math.round(now() - startedAt) }),
    },
  ],
  [loadPath, { counter: 'probes', connects: false, says: ({ meter }) => meter.probe(now()) }],
]);

/** What a request for this target is, if it is one of these. */
export function asideOf(target = ''): Aside | undefined {
  const end = target.indexOf('?');
  return asides.get(end < 0 ? target : target.slice(0, end));
}

/** `trip`: how long the answer takes to the balancer, ms. */
export function answerAside(
  service: Service,
  { counter, says }: Aside,
  res: ServerResponse,
  wait: Wait,
  trip = 0,
): void {
  const time = service.catchUp();
  const { model, spec } = service;
  const { id } = spec;
  const { verdict, fault, delay } = model.faults.judgeHealthCheck(time, service[counter]++);
  const after = model.awake(time) - time + delay + (verdict.kind === 'error' ? verdict.after : 0);
  const later = (ms: number, then: () => void) => (ms > 0 ? wait(ms, then) : then());
  const answer = () => {
    const failing = { status: 'failing', id };
    if (verdict.kind === 'error') return () => answerStatus({ id }, res, verdict.status, failing);
    if (service.draining) return () => answerStatus({ id }, res, 503, { ...failing, reason: 'draining' });
    const body = Buffer.from(JSON.stringify(says(service)));
    if (isHeld(verdict)) service.hold(res, fault, trip);
    return () => carryOut(verdict, { id, body }, res, wait);
  };
  later(after, () => {
    const leave = answer();
    later(trip, () => {
      if (!res.destroyed) service.partition.send(leave);
    });
  });
}
