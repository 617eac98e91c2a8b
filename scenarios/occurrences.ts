/**
 * What a scenario's faults come to: each time that one of them begins, on whom, and when it ends. Real drivers and the simulator
 * both carry out this list and nothing else, so that they do the same.
 */
import type { ScheduledFault } from './scheduled-fault.ts';
import { type Target, targetsOf } from './targets.ts';

/** A fault that begins once and ends once, on backends that it takes and leaves together. */
export interface Occurrence {
  /** Position in the scenario's list. */
  readonly fault: number;
  /** From 0 within its fault, in order of time. */
  readonly occurrence: number;
  /** In fleet order. */
  readonly backends: readonly string[];
  /** ms from t = 0. */
  readonly at: number;
  /** Absent: to the end of the trial. */
  readonly until?: number;
}

/** Of one fault. A run of an hour may flap three times a second; more is refused (shape-findings.ts), and so not spelled out. */
export const mostOccurrences = 10_000;

/** A moment at which something is to be done. */
export interface Step {
  readonly at: number;
  readonly what: 'begin' | 'heal';
  readonly of: Occurrence;
}

/**
 * Every occurrence, by time. `length` is that of the measured window, ms: what flaps without `times` flaps until then. Where nobody
 * knows it, `times` is required (shape-findings.ts). The same seed gives the same targets, whoever balances.
 */
export function occurrencesOf(
  faults: readonly ScheduledFault[],
  fleet: readonly Target[],
  seed: number,
  length: number | undefined,
): Occurrence[] {
  return faults
    .flatMap((scheduled, fault) => {
      const own: ReturnType<typeof taken> = [];
      for (const [round, later] of timesOf(scheduled, length).entries()) {
        if (own.length > mostOccurrences) break;
        const draw = scheduled.again === 'anew' ? round : 0;
        own.push(...taken(scheduled, targetsOf(scheduled.on, fleet, seed, fault, draw), later));
      }
      return own.sort((a, b) => a.at - b.at).map((it, occurrence) => ({ fault, occurrence, ...it }));
    })
    .sort((a, b) => a.at - b.at || a.fault - b.fault);
}

/** How often a fault comes, its targets taken together. Not a number where that hangs on a length nobody knows. */
export function timesOfFault({ at, every, times }: ScheduledFault, length: number | undefined): number {
  if (every === undefined) return 1;
  return times ?? (length === undefined ? Number.NaN : Math.max(1, Math.ceil((length - at) / every)));
}

/** How much later than the first time it comes each time, ms; of more than there may be, one too many. */
function timesOf(scheduled: ScheduledFault, length: number | undefined): number[] {
  const times = Math.min(timesOfFault(scheduled, length), mostOccurrences + 1);
  return Array.from({ length: Number.isNaN(times) ? 1 : times }, (_, i) => i * (scheduled.every ?? 0));
}

/** All at once, or one after the other. */
function taken(
  { at, until, stagger }: ScheduledFault,
  targets: readonly string[],
  later: number,
): Pick<Occurrence, 'backends' | 'at' | 'until'>[] {
  const one = (backends: readonly string[], by: number) => ({
    backends,
    at: at + by,
    ...(until === undefined ? {} : { until: until + by }),
  });
  return stagger === undefined
    ? [one(targets, later)]
    : targets.map((id, i) => one([id], later + i * stagger));
}

/** What is to be done when, in order. Of what falls on one moment, healing comes first: one fault may take over from another. */
export function stepsOf(occurrences: readonly Occurrence[]): Step[] {
  const steps = occurrences.flatMap((of): Step[] => [
    { at: of.at, what: 'begin', of },
    ...(of.until === undefined ? [] : [{ at: of.until, what: 'heal', of } as const]),
  ]);
  return steps.sort((a, b) => a.at - b.at || (a.what === b.what ? 0 : a.what === 'heal' ? -1 : 1));
}
