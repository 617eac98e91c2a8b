/** One fault as one trial lived through it: detection, recovery, what it cost, and how the victim came back. */
import type { AttemptColumns, Event, Run, Trial } from '../harness/recording.ts';
import type { Deadline, JudgedRows } from './deadline.ts';
import { answersIn, delayed, delayStretch } from './delayed.ts';
import { type Executions, repeatedAmong } from './executions.ts';
import { told, transitions } from './fault-course.ts';
import { lostGoodput } from './lost-goodput.ts';
import { readmission, shareOf } from './readmission.ts';
import { type Band, type Bin, bandOf, binsAround, recoveredAt } from './recovery.ts';
import { sacrificedTo, touched } from './sacrificed.ts';
import { fairShares } from './shares.ts';
import type { Failover } from './summary.ts';
import type { FaultWindow } from './windows.ts';

/** What the failover chart draws beside the summary's numbers. */
export interface Zoom {
  bins: Bin[];
  band: Band | undefined;
}

/** Indexes of the backends a fault fell upon. */
export function victimsOf(
  run: Pick<Run, 'backends'>,
  { backends }: Pick<FaultWindow, 'backends'>,
): ReadonlySet<number> {
  return new Set(
    backends
      .map((id) => run.backends.findIndex((backend) => backend.id === id))
      .filter((index) => index >= 0),
  );
}

/** Of the victims together, by weight. */
export function fairShareOf(run: Pick<Run, 'backends'>, victims: ReadonlySet<number>): number {
  const fair = fairShares(run.backends);
  return [...victims].reduce((sum, index) => sum + fair[index]!, 0);
}

/** The victims' share of the attempts picked in [taken, until), ms; null where there are no victims or no attempts. */
export function heldShare(
  attempts: AttemptColumns,
  victims: ReadonlySet<number>,
  taken: number,
  until: number,
): number | null {
  return victims.size === 0 ? null : shareOf(attempts, victims, taken, until);
}

/** The last attempt that picked a victim in [taken, until); ms after `taken`, or null. */
export function lastSent(
  attempts: AttemptColumns,
  victims: ReadonlySet<number>,
  taken: number,
  until: number,
): number | null {
  let last = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < attempts.length; row++) {
    const picked = attempts.picked[row]! / 1000;
    if (picked >= taken && picked < until && picked > last && victims.has(attempts.backend[row]!))
      last = picked;
  }
  return Number.isFinite(last) ? last - taken : null;
}

/** Until when a fault was hidden, or felt: ms from t = 0, Infinity for never. What was not healed may end with the window. */
export function feltUntil(
  { taken, healed }: Pick<FaultWindow, 'taken' | 'healed'>,
  recoverMs: number | null,
  detected: number,
): number {
  const recovered = recoverMs === null ? Number.POSITIVE_INFINITY : taken + recoverMs;
  return Math.max(recovered, Math.min(detected, healed ?? Number.POSITIVE_INFINITY));
}

/** Requests that a fault may have made somebody execute again: with an attempt on a victim while it held, or without victims, due then. */
function suspectsOf(
  { asked, healed }: FaultWindow,
  rows: JudgedRows,
  attempts: AttemptColumns,
  victims: ReadonlySet<number>,
): (request: number) => boolean {
  const until = healed ?? Number.POSITIVE_INFINITY;
  if (victims.size > 0) {
    const onVictim = touched(attempts, { victims, onset: asked, healed: until });
    return (request) => onVictim.has(request);
  }
  const due = new Set<number>();
  for (let row = 0; row < rows.length; row++) {
    const at = rows.intended[row]! / 1000;
    if (at >= asked && at < until) due.add(rows.index[row]!);
  }
  return (request) => due.has(request);
}

export function failoverOf(
  run: Pick<Run, 'scenario' | 'backends'>,
  trial: Pick<Trial, 'id' | 'windowMs'>,
  window: FaultWindow,
  rows: JudgedRows,
  attempts: AttemptColumns,
  events: readonly Event[],
  deadline: Deadline,
  executions: Executions | string,
): { failover: Failover; zoom: Zoom } {
  const { asked, taken } = window;
  const victims = victimsOf(run, window);
  const healed = window.healed ?? Number.POSITIVE_INFINITY;
  const course = transitions(events, trial.id, window);
  const { detected, readmitted } = course;
  const bins = binsAround(rows, deadline, taken, trial.windowMs);
  const band = bandOf(bins, asked - taken);
  const returned =
    window.healed === null || victims.size === 0
      ? { overshoot: null, returnedShare: null, fairAgainMs: null }
      : readmission(attempts, {
          victims,
          fairShare: fairShareOf(run, victims),
          taken,
          healed,
          readmitted: Number.isFinite(readmitted) ? readmitted : healed,
          windowMs: trial.windowMs,
        });
  const repeated =
    typeof executions === 'string'
      ? undefined
      : repeatedAmong(executions, suspectsOf(window, rows, attempts, victims));
  const recoverMs = recoveredAt(bins, band);
  const stretch = delayStretch(asked, taken, feltUntil(window, recoverMs, detected), trial.windowMs);
  return {
    failover: {
      ...told(window, course),
      recoverMs,
      sacrificed: sacrificedTo(rows, attempts, deadline, { victims, onset: asked, healed, detected }),
      duplicated: repeated?.known ?? null,
      perhapsDuplicated: repeated?.perhaps ?? null,
      delayed: delayed(
        answersIn(rows, deadline, stretch.reference, stretch.from),
        answersIn(rows, deadline, stretch.from, stretch.to),
      ),
      lostGoodput: lostGoodput(bins, asked - taken, recoverMs),
      lastSentMs: lastSent(attempts, victims, taken, window.healAsked ?? healed),
      victimShare: heldShare(attempts, victims, taken, Math.min(healed, trial.windowMs)),
      ...returned,
      ...(typeof executions === 'string' ? { unknown: { duplicated: executions } } : {}),
    },
    zoom: { bins, band },
  };
}
