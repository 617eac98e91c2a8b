/**
 * The health check, answered on the load port where a balancer asks: outside the worker slots, so that a full queue is
 * not a dead backend, but not outside pauses, nor the faults that hit health checks.
 */
import type { ServerResponse } from 'node:http';
import type { Verdict } from '../scenarios/faults/fault.ts';
import { answerStatus, carryOut, type Wait } from './answer.ts';
import { now } from './clock.ts';
import type { Service } from './service.ts';

export const healthPath = '/health';

export function checkHealth(service: Service, res: ServerResponse, wait: Wait): void {
  const time = service.catchUp();
  const { model } = service;
  const { verdict, delay } = model.faults.judgeHealthCheck(time, service.healthChecks++);
  const after = model.awake(time) - time + delay + (verdict.kind === 'error' ? verdict.after : 0);
  const answer = () => {
    if (!res.destroyed) answerHealth(service, res, verdict, wait);
  };
  if (after > 0) wait(after, answer);
  else answer();
}

function answerHealth(
  { spec, draining, startedAt }: Service,
  res: ServerResponse,
  verdict: Verdict,
  wait: Wait,
): void {
  const { id } = spec;
  if (verdict.kind === 'error') answerStatus(id, res, verdict.status, { status: 'failing', id });
  else if (draining) answerStatus(id, res, 503, { status: 'failing', id, reason: 'draining' });
  else {
    const says = JSON.stringify({ status: 'ok', id, uptime: Math.round(now() - startedAt) });
    carryOut(verdict, { id, body: Buffer.from(says) }, res, wait);
  }
}
