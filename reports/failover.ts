/** One fault as one trial lived through it: detection, recovery, what it cost, and how the victim came back. */
import type { AttemptColumns, Event, Run, Trial } from '../harness/recording.ts';
import type { Deadline, JudgedRows } from './deadline.ts';
import { readmission, shareOf } from './readmission.ts';
import { type Band, type Bin, bandOf, binsAround, recoveredAt } from './recovery.ts';
import { sacrificedTo } from './sacrificed.ts';
import { fairShares } from './shares.ts';
import type { Failover } from './summary.ts';
import type { FaultWindow } from './windows.ts';

/** What the failover chart draws beside the summary's numbers. */
export interface Zoom {
  bins: Bin[];
  band: Band | undefined;
}

/**
 * When every victim had been marked unhealthy, and when every one was healthy again; ms from t = 0, Infinity for never.
 * `taken` is when the driver had seen the fault hold, so its effects may come a little earlier: what counts begins when it was asked for.
 */
export function transitions(
  events: readonly Event[],
  trial: string,
  { backends, asked, healAsked, healed }: Pick<FaultWindow, 'backends' | 'asked' | 'healAsked' | 'healed'>,
): { detected: number; readmitted: number } {
  const end = healed ?? Number.POSITIVE_INFINITY;
  const first = (backend: string, to: 'healthy' | 'unhealthy', from: number, until: number) =>
    events.find(
      (event) =>
        event.type === 'health' &&
        event.trial === trial &&
        event.backend === backend &&
        event.to === to &&
        event.t >= from &&
        event.t <= until,
    )?.t ?? Number.POSITIVE_INFINITY;
  const all = (times: number[]) => Math.max(...times);
  return {
    detected: all(backends.map((id) => first(id, 'unhealthy', asked, end))),
    // A backend may serve, and be seen to, before the driver that revives it has said so.
    readmitted: all(backends.map((id) => first(id, 'healthy', healAsked ?? end, Number.POSITIVE_INFINITY))),
  };
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

/** What of a failover is read off the events alone. */
export function told(
  { fault, occurrence, kind, backends, taken, healed }: FaultWindow,
  detected: number,
): Pick<Failover, 'fault' | 'occurrence' | 'kind' | 'backends' | 'takenMs' | 'healedMs' | 'detectMs'> {
  return {
    ...{ fault, occurrence, kind, backends, takenMs: taken, healedMs: healed },
    detectMs: Number.isFinite(detected) ? Math.max(0, detected - taken) : null,
  };
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

export function failoverOf(
  run: Pick<Run, 'scenario' | 'backends'>,
  trial: Pick<Trial, 'id' | 'windowMs'>,
  window: FaultWindow,
  rows: JudgedRows,
  attempts: AttemptColumns,
  events: readonly Event[],
  deadline: Deadline,
): { failover: Failover; zoom: Zoom } {
  const { asked, taken } = window;
  const victims = victimsOf(run, window);
  const healed = window.healed ?? Number.POSITIVE_INFINITY;
  const { detected, readmitted } = transitions(events, trial.id, window);
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
  return {
    failover: {
      ...told(window, detected),
      recoverMs: recoveredAt(bins, band),
      sacrificed: sacrificedTo(rows, attempts, deadline, { victims, onset: asked, healed, detected }),
      lastSentMs: lastSent(attempts, victims, taken, window.healAsked ?? healed),
      victimShare: heldShare(attempts, victims, taken, Math.min(healed, trial.windowMs)),
      ...returned,
    },
    zoom: { bins, band },
  };
}
