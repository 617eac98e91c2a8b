/**
 * What can be asked of a balancer at its side door, and who may ask: `free` needs no token from loopback.
 *
 *   GET    /stats               free   what balancer-stats.ts says
 *   GET    /metrics             free   the same and more, as OpenMetrics
 *   GET    /health              free   of the balancer itself: 200, or 503 where it drains or has nobody to send to
 *   GET    /backends, /backends/:id
 *   POST   /backends                   { id, url } or { id, host, port }, and weight, zone → 201; traffic once healthy
 *   PATCH  /backends/:id               { weight } and { drain: true or false }
 *   POST   /backends/:id/drain         no new requests until undrained → 202; { deadline: "30s" } breaks off what is left
 *   DELETE /backends/:id               no new requests, what is in flight finishes → 202; { deadline } as above
 *   GET    /events                     a line of JSON for each event from now on
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { positiveDuration } from '../../scenarios/units.ts';
import { backendStats } from '../balancer-stats.ts';
import { PoolError } from '../pool.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import type { PoolsStats } from '../pools.ts';
import { type Answer, bodyOf, Refusal } from './admin-answer.ts';
import type { EventHub } from './event-hub.ts';
import { type NewBackend, newBackend } from './new-backend.ts';

/** What is administered. `add` and `reweigh` throw a `PoolError` where they cannot; `undefined` where there is no such backend. */
export interface AdminSubject {
  stats(): PoolsStats;
  /** Told to stop, and finishing what is in flight. */
  readonly closing: boolean;
  add(backend: NewBackend): PooledBackend;
  get(id: string): PooledBackend | undefined;
  reweigh(id: string, weight: number): PooledBackend | undefined;
  /** `deadline` in ms. */
  drain(id: string, deadline?: number): PooledBackend | undefined;
  undrain(id: string): PooledBackend | undefined;
  remove(id: string, deadline?: number): PooledBackend | undefined;
  /** The text of `/metrics`: OpenMetrics, or the format before it. */
  metrics(openMetrics: boolean): string;
  readonly events?: EventHub;
}

export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly subject: AdminSubject;
  /** Of a backend, where the path has one. */
  readonly id: string;
}

interface Route {
  readonly path: RegExp;
  /** Needs no token from loopback. */
  readonly free?: boolean;
  /** By method. Undefined: it has been answered. */
  readonly methods: Readonly<
    Record<string, (asked: Asked) => Promise<Answer | undefined> | Answer | undefined>
  >;
}

const deadlineBody = z.strictObject({ deadline: positiveDuration.optional() });
const changeBody = z
  .strictObject({ weight: z.number().positive().max(1_000_000).optional(), drain: z.boolean().optional() })
  .refine(
    ({ weight, drain }) => weight !== undefined || drain !== undefined,
    'expected weight or drain, got neither',
  );

const id = '[a-z0-9][a-z0-9._-]*';

export const routes: readonly Route[] = [
  {
    path: /^\/stats$/,
    free: true,
    methods: { GET: ({ subject }) => ({ status: 200, body: subject.stats() }) },
  },
  { path: /^\/health$/, free: true, methods: { GET: ({ subject }) => health(subject) } },
  { path: /^\/metrics$/, free: true, methods: { GET: metrics } },
  { path: /^\/events$/, methods: { GET: events } },
  {
    path: /^\/backends$/,
    methods: {
      GET: ({ subject }) => ({ status: 200, body: { backends: subject.stats().backends } }),
      POST: async ({ request, subject }) => {
        const wanted = await bodyOf(request, newBackend);
        return { status: 201, body: backendStats(possible(() => subject.add(wanted))) };
      },
    },
  },
  {
    path: new RegExp(`^/backends/(${id})$`),
    methods: {
      GET: ({ subject, id }) => answered(id, 200, subject.get(id)),
      PATCH: async ({ request, subject, id }) => {
        const { weight, drain } = await bodyOf(request, changeBody);
        if (weight !== undefined) possible(() => subject.reweigh(id, weight));
        if (drain !== undefined) drain ? subject.drain(id) : subject.undrain(id);
        return answered(id, 200, subject.get(id));
      },
      DELETE: async ({ request, subject, id }) => {
        const { deadline } = await bodyOf(request, deadlineBody, true);
        return answered(id, 202, subject.remove(id, deadline));
      },
    },
  },
  {
    path: new RegExp(`^/backends/(${id})/drain$`),
    methods: {
      POST: async ({ request, subject, id }) => {
        const { deadline } = await bodyOf(request, deadlineBody, true);
        return answered(id, 202, subject.drain(id, deadline));
      },
    },
  },
];

function answered(id: string, status: number, backend: PooledBackend | undefined): Answer {
  if (backend === undefined) throw new Refusal(404, `no backend ${id} in the pool`);
  return { status, body: backendStats(backend) };
}

/** What the pool cannot do is the caller's mistake, not ours. */
function possible<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof PoolError) throw new Refusal(409, error.message);
    throw error;
  }
}

function health(subject: AdminSubject): Answer {
  const { totals, backends } = subject.stats();
  const status = subject.closing ? 'draining' : totals.available === 0 ? 'unavailable' : 'ok';
  const body = { status, available: totals.available, backends: backends.length };
  return { status: status === 'ok' ? 200 : 503, body };
}

/** Scrapers that know OpenMetrics ask for it; those that ask for plain text alone get the format before it. */
function metrics({ request, subject }: Asked): Answer {
  const accept = request.headers.accept ?? '';
  const openMetrics = accept.includes('application/openmetrics-text') || !accept.includes('text/plain');
  const type = openMetrics
    ? 'application/openmetrics-text; version=1.0.0; charset=utf-8'
    : 'text/plain; version=0.0.4; charset=utf-8';
  return { status: 200, text: { type, content: subject.metrics(openMetrics) } };
}

function events({ response, subject }: Asked): Answer | undefined {
  if (subject.events === undefined)
    throw new Refusal(404, 'this balancer tells its events to its harness only');
  subject.events.stream(response);
  return undefined;
}
