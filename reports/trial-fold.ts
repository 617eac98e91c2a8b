/** Everything a report keeps of one trial once its rows are read: samples, shares, failovers, timeline. Pure. */
import type { AttemptColumns, Event, Run, Trial } from '../harness/recording.ts';
import { Deadline, type JudgedRows } from './deadline.ts';
import type { Pairs } from './divergence.ts';
import { countEjections, type EjectionCounts } from './ejections.ts';
import { type Executions, type Repeated, repeatedAmong } from './executions.ts';
import { failoverOf, type Zoom } from './failover.ts';
import { panicked } from './panics.ts';
import { type Sample, samplesOf } from './sample.ts';
import { type AttemptCounts, countAttempts } from './shares.ts';
import type { Failover, Phase, Regret } from './summary.ts';
import { stepFor, type TimelineRow, timelineOf } from './timeline.ts';
import { type FaultWindow, faultTime, faultWindows, gone, phaseAt, type Stretch } from './windows.ts';

export type Stranger = Extract<Event, { type: 'identity' }>;

export interface TrialFold {
  trial: Trial;
  windows: FaultWindow[];
  whole: Sample;
  phases: Record<Phase, Sample> | null;
  /** µs at which bad requests count. */
  cap: number;
  attempts: AttemptCounts;
  ejections: EjectionCounts;
  failover: Failover[];
  zooms: Zoom[];
  timeline: TimelineRow[];
  /** Length of a step of the timeline, ms. */
  stepMs: number;
  /** Rows that were sent, warm-up included. */
  sentWithWarmup: number;
  /** Requests recorded under a number that another bears too; why that is not known, where it is not. */
  duplicates: number | string;
  /** What became of reading its files, when that failed. */
  unread?: string;
  /** A real trial's requests beside those of its simulated twin, where it has one. */
  twin?: Pairs;
  /** The whole of that twin by itself. */
  simulated?: Sample;
  /** Beyond the oracle of its round, where one was simulated. */
  regret?: Regret;
  /** Requests executed more than once, by when they were due; why that is not known, where it is not. */
  repeated: Record<Phase | 'all', Repeated> | string;
  /** Answers that no execution explains (executions.ts). */
  unexplained: number;
  /** Backends whose addresses answered with another's id, in order of time; see audit.ts. */
  strangers: Stranger[];
  /** Attempts on a victim after it was known to be gone, by fault window, panic apart; see audit.ts. */
  afterDetection: { window: FaultWindow; count: number; first: number }[];
}

/** What nobody asked the backends. */
const unasked = 'nobody was asked what was executed';

/**
 * `served` says who served the requests, where attempts do not: see served.ts. `executions`: what backends executed more than once, or why
 * that is not known.
 */
export function foldTrial(
  run: Run,
  trial: Trial,
  rows: JudgedRows,
  attempts: AttemptColumns,
  events: readonly Event[],
  served: AttemptColumns = attempts,
  executions: Executions | string = unasked,
): TrialFold {
  const mine = events.filter((event) => event.trial === trial.id).sort((a, b) => a.t - b.t);
  const windows = faultWindows(run, trial, mine);
  const union = faultTime(windows, trial.windowMs);
  const deadline = new Deadline(rows, run.scenario.load, trial.windowMs);
  const { whole, phases } = samplesOf(rows, deadline, union, trial.windowMs);
  // Without a single row nothing was lived through: the faults' times would be the scenario's, and the rest invented.
  const lived = windows
    .filter(({ taken }) => rows.length > 0 && taken < trial.windowMs)
    .map((window) => ({
      window,
      ...failoverOf(run, trial, window, rows, served, mine, deadline, executions),
    }));
  const counted = (it: AttemptColumns) => countAttempts(it, run.backends.length, union, trial.windowMs);
  return {
    trial,
    windows,
    whole,
    phases,
    cap: deadline.cap,
    attempts: {
      ...counted(served),
      retries: counted(attempts).retries,
      ...(served === attempts ? {} : { ofConnections: true }),
    },
    ejections: countEjections(mine, run.backends, union, trial.windowMs),
    failover: lived.map(({ failover }) => failover),
    zooms: lived.map(({ zoom }) => zoom),
    timeline: timelineOf(trial, rows, served, run.backends.length),
    stepMs: stepFor(trial.windowMs),
    sentWithWarmup: rows.sent.reduce((count, sent) => (Number.isNaN(sent) ? count : count + 1), 0),
    duplicates: duplicatesIn(rows.index),
    repeated: typeof executions === 'string' ? executions : repeatedByPhase(executions, rows, union),
    unexplained: typeof executions === 'string' ? 0 : executions.unexplained,
    strangers: strangersIn(mine),
    afterDetection: lived.flatMap(({ window, failover }) =>
      gone.has(window.kind) && failover.detectMs !== null && !panickedIn(mine, window, failover.detectMs)
        ? [{ window, ...sentAfter(run, attempts, window, window.taken + failover.detectMs) }]
        : [],
    ),
  };
}

/** In panic all backends are used, known to be gone or not: nobody is held to avoid them then. */
export function panickedIn(events: readonly Event[], window: FaultWindow, detectMs: number): boolean {
  return panicked(events, window.taken + detectMs, window.healed ?? Number.POSITIVE_INFINITY);
}

/** A trial's rows as one sample of its whole window. */
export function wholeOf(run: Run, { windowMs }: Pick<Trial, 'windowMs'>, rows: JudgedRows): Sample {
  return samplesOf(rows, new Deadline(rows, run.scenario.load, windowMs), [], windowMs).whole;
}

/** Each pool tells of what it meets: whose address it is and who was there is news once. */
export function strangersIn(events: readonly Event[]): Stranger[] {
  const met = events.filter((event) => event.type === 'identity');
  return met.filter(
    (event, i) =>
      i === met.findIndex(({ backend, said }) => backend === event.backend && said === event.said),
  );
}

function repeatedByPhase(
  executions: Executions,
  { length, index, intended }: JudgedRows,
  union: readonly Stretch[],
): Record<Phase | 'all', Repeated> {
  const due = new Map<number, Phase>();
  for (let row = 0; row < length; row++)
    if (executions.duplicated.has(index[row]!) || executions.perhaps.has(index[row]!))
      due.set(index[row]!, phaseAt(union, intended[row]! / 1000));
  const of = (phase: Phase) => repeatedAmong(executions, (request) => due.get(request) === phase);
  return {
    all: repeatedAmong(executions, () => true),
    before: of('before'),
    during: of('during'),
    after: of('after'),
  };
}

/** A pick and the transition that forbids it can share a millisecond. */
const toleranceMs = 1;

function sentAfter(
  run: Pick<Run, 'backends'>,
  attempts: AttemptColumns,
  { backends, healAsked, healed }: FaultWindow,
  detected: number,
): { count: number; first: number } {
  const victims = new Set(backends.map((id) => run.backends.findIndex((backend) => backend.id === id)));
  const until = healAsked ?? healed ?? Number.POSITIVE_INFINITY;
  let count = 0;
  let first = Number.POSITIVE_INFINITY;
  for (let row = 0; row < attempts.length; row++) {
    const picked = attempts.picked[row]! / 1000;
    if (picked <= detected + toleranceMs || picked >= until || !victims.has(attempts.backend[row]!)) continue;
    count++;
    first = Math.min(first, picked);
  }
  return { count, first };
}

function duplicatesIn(index: Float64Array): number {
  const sorted = index.slice().sort();
  let count = 0;
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) count++;
  return count;
}
