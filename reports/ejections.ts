/**
 * How often a backend was taken out of a pool, by whatever takes them out: an active or passive health check that turned it unhealthy,
 * an outlier ejection that began, a circuit breaker that opened. Each balancer and each pool that does so counts, as each tells of it.
 * Taking out what a fault has broken is their purpose; what they took out beside it is found by asking for one backend's or phase's.
 */
import type { Event } from '../harness/recording.ts';
import type { Phase } from './summary.ts';
import { phaseAt, type Stretch } from './windows.ts';

/** By backend index. */
export type EjectionCounts = Record<Phase, Float64Array>;

export function countEjections(
  events: readonly Event[],
  backends: readonly { id: string }[],
  union: readonly Stretch[],
  windowMs: number,
): EjectionCounts {
  const counts = noEjections(backends.length);
  const indexes = new Map(backends.map(({ id }, index) => [id, index]));
  for (const event of events) {
    if (!ejects(event) || !(event.t >= 0 && event.t < windowMs)) continue;
    const index = indexes.get(event.backend);
    if (index !== undefined) counts[phaseAt(union, event.t)][index]!++;
  }
  return counts;
}

/** Whether it takes a backend out of a pool. */
export function ejects(event: Event): event is Extract<Event, { type: 'health' | 'ejection' | 'breaker' }> {
  if (event.type === 'health') return event.to === 'unhealthy';
  if (event.type === 'ejection') return event.phase === 'begun';
  return event.type === 'breaker' && event.to === 'open';
}

export function addEjections(all: readonly EjectionCounts[], backends: number): EjectionCounts {
  const sum = noEjections(backends);
  for (const one of all)
    for (const phase of ['before', 'during', 'after'] as const)
      for (let i = 0; i < backends; i++) sum[phase][i]! += one[phase][i]!;
  return sum;
}

function noEjections(backends: number): EjectionCounts {
  const zero = () => new Float64Array(backends);
  return { before: zero(), during: zero(), after: zero() };
}

/** Of one backend. */
export function ejectionsOf(
  { before, during, after }: EjectionCounts,
  index: number,
): Record<Phase | 'all', number> {
  const [first, second, third] = [before[index]!, during[index]!, after[index]!];
  return { all: first + second + third, before: first, during: second, after: third };
}
