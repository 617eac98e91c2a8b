/** The course of one fault in one trial, as the events tell it: asked for, taken, victims out of the pools, healed, victims back. */
import type { Event } from '../harness/recording.ts';
import { ejects } from './ejections.ts';
import type { Failover } from './summary.ts';
import type { FaultWindow } from './windows.ts';

/** When a thing had happened to every victim; ms from t = 0, Infinity for never. */
export interface Transitions {
  /** Marked unhealthy by a check, active or passive. */
  detected: number;
  /** Taken out of a pool, by whatever takes backends out (ejections.ts). */
  ejected: number;
  /** Healthy again after the heal was asked for. */
  readmitted: number;
}

/**
 * The first of each, over victims the last. `taken` is when the driver had seen the fault hold, so its effects may come a little earlier:
 * what counts begins when it was asked for. A fault without victims is seen by nobody.
 */
export function transitions(
  events: readonly Event[],
  trial: string,
  { backends, asked, healAsked, healed }: Pick<FaultWindow, 'backends' | 'asked' | 'healAsked' | 'healed'>,
): Transitions {
  const end = healed ?? Number.POSITIVE_INFINITY;
  const never = Number.POSITIVE_INFINITY;
  const first = (what: (event: Event) => boolean, from: number, until: number) =>
    events.find((it) => it.trial === trial && it.t >= from && it.t <= until && what(it))?.t ?? never;
  const health = (event: Event, to: 'healthy' | 'unhealthy') => event.type === 'health' && event.to === to;
  const all = (of: (backend: string) => number) =>
    backends.length === 0 ? never : Math.max(...backends.map(of));
  const on = (backend: string) => (event: Event) => 'backend' in event && event.backend === backend;
  return {
    detected: all((id) => first((it) => on(id)(it) && health(it, 'unhealthy'), asked, end)),
    ejected: all((id) => first((it) => on(id)(it) && ejects(it), asked, end)),
    // A backend may serve, and be seen to, before the driver that revives it has said so.
    readmitted: all((id) => first((it) => on(id)(it) && health(it, 'healthy'), healAsked ?? end, never)),
  };
}

type Told =
  | ('fault' | 'occurrence' | 'kind' | 'backends' | 'askedMs' | 'takenMs' | 'healedMs')
  | ('ejectedMs' | 'detectMs' | 'readmittedMs');

/** What of a failover is read off the events alone. */
export function told(
  { fault, occurrence, kind, backends, asked, taken, healed }: FaultWindow,
  { detected, ejected, readmitted }: Transitions,
): Pick<Failover, Told> {
  const since = (at: number, from: number) => (Number.isFinite(at) ? Math.max(0, at - from) : null);
  return {
    ...{ fault, occurrence, kind, backends, askedMs: asked, takenMs: taken, healedMs: healed },
    ejectedMs: since(ejected, taken),
    detectMs: since(detected, taken),
    readmittedMs: healed === null ? null : since(readmitted, healed),
  };
}
