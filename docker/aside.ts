/**
 * What is answered on the load port beside the requests: health checks, and probes of load. No worker has a part in it, so
 * that a full queue is not a dead backend; but pauses have, and the faults that hit health checks.
 */
import type { ServerResponse } from 'node:http';
import { loadPath } from '../scenarios/headers.ts';
import { answerStatus, carryOut, type Wait } from './answer.ts';
import { now } from './clock.ts';
import type { Service } from './service.ts';

export const healthPath = '/health';

/** One kind of such requests. */
interface Aside {
  /** Which of the service's counters counts them. */
  readonly counter: 'healthChecks' | 'probes';
  /** The answer while it serves. */
  readonly says: (service: Service) => object;
}

const asides = new Map<string, Aside>([
  [
    healthPath,
    {
      counter: 'healthChecks',
      says: ({ spec, startedAt }) => ({ status: 'ok', id: spec.id, uptime: Math.round(now() - startedAt) }),
    },
  ],
  [loadPath, { counter: 'probes', says: ({ meter }) => meter.probe(now()) }],
]);

/** What a request for this target is, if it is one of these. */
export function asideOf(target = ''): Aside | undefined {
  const end = target.indexOf('?');
  return asides.get(end < 0 ? target : target.slice(0, end));
}

export function answerAside(
  service: Service,
  { counter, says }: Aside,
  res: ServerResponse,
  wait: Wait,
): void {
  const time = service.catchUp();
  const { model, spec } = service;
  const { id } = spec;
  const { verdict, delay } = model.faults.judgeHealthCheck(time, service[counter]++);
  const after = model.awake(time) - time + delay + (verdict.kind === 'error' ? verdict.after : 0);
  const answer = () => {
    if (res.destroyed) return;
    if (verdict.kind === 'error') answerStatus({ id }, res, verdict.status, { status: 'failing', id });
    else if (service.draining) answerStatus({ id }, res, 503, { status: 'failing', id, reason: 'draining' });
    else carryOut(verdict, { id, body: Buffer.from(JSON.stringify(says(service))) }, res, wait);
  };
  if (after > 0) wait(after, answer);
  else answer();
}
