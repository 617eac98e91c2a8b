/**
 * When which fault held, in one trial, and so which phase a moment belongs to.
 *
 * A fault's window runs from `taken` to `healed`. Where the recording lacks one (a run cut short), `asked` stands in, then
 * the scenario's own time; a fault that `failed` has no window; one never healed holds to the end of the trial's window.
 */
import type { Event, Run, Trial } from '../harness/recording.ts';
import { type Occurrence, occurrencesOf } from '../scenarios/occurrences.ts';
import type { Phase } from './summary.ts';

export interface FaultWindow {
  /** Position in the scenario's list. */
  fault: number;
  occurrence: number;
  kind: string;
  backends: string[];
  /** ms from t = 0. */
  asked: number;
  taken: number;
  healAsked: number | null;
  healed: number | null;
  /** Where the times come from: the audit frowns on anything but events. */
  from: 'events' | 'asked' | 'scenario';
}

type FaultEvent = Extract<Event, { type: 'fault' }>;

/** What the scenario has in store for a trial as long as it lasted, by time. */
export const plannedIn = (
  { scenario, backends }: Pick<Run, 'scenario' | 'backends'>,
  { seed, windowMs }: Pick<Trial, 'seed' | 'windowMs'>,
): Occurrence[] => occurrencesOf(scenario.faults, backends, seed, windowMs).filter(({ at }) => at < windowMs);

/** In order of `taken`. `events` may hold those of other trials. */
export function faultWindows(
  run: Pick<Run, 'scenario' | 'backends'>,
  trial: Pick<Trial, 'id' | 'seed' | 'windowMs'>,
  events: readonly Event[],
): FaultWindow[] {
  const mine = events.filter(
    (event): event is FaultEvent => event.type === 'fault' && event.trial === trial.id,
  );
  const told = new Set(mine.map(({ fault }) => fault));
  const untold = plannedIn(run, trial).filter(({ fault }) => !told.has(fault));
  const windows = [...told].flatMap((fault) =>
    fromEvents(mine.filter((event) => event.fault === fault).sort((a, b) => a.t - b.t)),
  );
  for (const { fault, occurrence, backends, at, until } of untold)
    windows.push({
      ...{ fault, occurrence, kind: run.scenario.faults[fault]!.kind, backends: [...backends] },
      ...{ asked: at, taken: at, healAsked: until ?? null, from: 'scenario' },
      healed: until !== undefined && until < trial.windowMs ? until : null,
    });
  return windows.sort((a, b) => a.taken - b.taken || a.fault - b.fault);
}

function fromEvents(events: readonly FaultEvent[]): FaultWindow[] {
  const windows: FaultWindow[] = [];
  for (const { phase, t, fault, kind, backends } of events) {
    // A staggered fault takes its backends one by one: the backends tell which window an event belongs to.
    const current = windows.findLast((it) => it.healed === null && it.backends.join() === backends.join());
    if (phase === 'asked') {
      windows.push({
        ...{ fault, occurrence: windows.length, kind, backends: [...backends] },
        ...{ asked: t, taken: t, healAsked: null, healed: null, from: 'asked' },
      });
    } else if (phase === 'failed') {
      if (current?.from === 'asked') windows.splice(windows.indexOf(current), 1);
    } else if (phase === 'taken') {
      if (current?.from === 'asked') Object.assign(current, { taken: t, from: 'events' });
      else
        windows.push({
          ...{ fault, occurrence: windows.length, kind, backends: [...backends] },
          ...{ asked: t, taken: t, healAsked: null, healed: null, from: 'events' },
        });
    } else if (current) {
      if (phase === 'heal-asked') current.healAsked = t;
      else current.healed = t;
    }
  }
  return windows.map((window, occurrence) => ({ ...window, occurrence }));
}

/** A stretch of a trial, ms from t = 0: `from` included, `to` not. */
export interface Stretch {
  from: number;
  to: number;
}

/** The union of the windows, clipped to [0, windowMs): disjoint, ascending. */
export function faultTime(windows: readonly FaultWindow[], windowMs: number): Stretch[] {
  const union: Stretch[] = [];
  for (const { taken, healed } of [...windows].sort((a, b) => a.taken - b.taken)) {
    const from = Math.max(0, taken);
    const to = Math.min(windowMs, healed ?? windowMs);
    if (from >= to) continue;
    const last = union.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else union.push({ from, to });
  }
  return union;
}

/** Faults that leave nothing on the other side to talk to. */
export const gone: ReadonlySet<string> = new Set([
  'crash',
  'out-of-memory',
  'stop',
  'vanish',
  'partition',
  'freeze',
]);

/** Which phase a moment (ms) belongs to: the gaps between two windows are `after` the first of them. */
export function phaseAt(union: readonly Stretch[], t: number): Phase {
  if (union.length === 0 || t < union[0]!.from) return 'before';
  return union.some(({ from, to }) => t >= from && t < to) ? 'during' : 'after';
}

/** How long each phase lasts within [0, windowMs), s. */
export function phaseSeconds(union: readonly Stretch[], windowMs: number): Record<Phase, number> {
  const during = union.reduce((sum, { from, to }) => sum + to - from, 0);
  const before = union[0]?.from ?? windowMs;
  return { before: before / 1000, during: during / 1000, after: (windowMs - before - during) / 1000 };
}
