/**
 * One fault as one trial lived through it, from the recording's folds: the numbers of `failover.ts`, where the folds can tell. Where they
 * cannot, the number is null and `unknown` says why: the steps of time a recording keeps are fixed before anybody knows what will happen.
 */
import {
  cellMiddle,
  type Event,
  type FaultFold,
  type Folds,
  type Run,
  type Trial,
} from '../harness/recording.ts';
import { type Answers, delayed, delayStretch } from './delayed.ts';
import { fairShareOf, feltUntil, victimsOf, type Zoom } from './failover.ts';
import { told, transitions } from './fault-course.ts';
import { lostGoodput } from './lost-goodput.ts';
import { fairAgainAt, overshootOf, returnBinMs, sharesIn } from './readmission.ts';
import { type Bin, bandOf, binMs, leadMs, recoveredAt } from './recovery.ts';
import type { Failover } from './summary.ts';
import type { FaultWindow } from './windows.ts';

/** Why nobody knows what was executed more than once. */
export const foldedAway = 'the recording was folded, and does not keep what was executed';

export function foldedFailover(
  run: Pick<Run, 'scenario' | 'backends'>,
  trial: Pick<Trial, 'id' | 'windowMs'>,
  window: FaultWindow,
  folds: Folds,
  events: readonly Event[],
): { failover: Failover; zoom: Zoom; fold: FaultFold | undefined } {
  const { asked, taken } = window;
  const course = transitions(events, trial.id, window);
  const { detected, readmitted } = course;
  const unknown: NonNullable<Failover['unknown']> = { duplicated: foldedAway };
  const fold = folds.faults.find(
    (it) => it.fault === window.fault && it.taken === taken && it.backends.join() === window.backends.join(),
  );
  const bins = foldedBins(folds, taken, trial.windowMs);
  if (typeof bins === 'string') unknown.recoverMs = unknown.delayed = unknown.lostGoodput = bins;
  const band = typeof bins === 'string' ? undefined : bandOf(bins, asked - taken);
  const unfollowed = 'the recording follows the first 32 faults only';
  if (!fold || fold.sacrificed === null)
    unknown.sacrificed = fold ? 'more requests were in doubt than a recording remembers' : unfollowed;
  const held = fold?.held;
  if (!held) unknown.victimShare = fold ? 'the recording is older than this number' : unfollowed;
  const back = returned(run, trial, window, folds, fold, readmitted, unknown, unfollowed);
  const recoverMs = typeof bins === 'string' ? null : recoveredAt(bins, band);
  const stretch = delayStretch(asked, taken, feltUntil(window, recoverMs, detected), trial.windowMs);
  const answers = (from: number, to: number) => foldedAnswers(folds, from, to);
  return {
    failover: {
      ...told(window, course),
      recoverMs,
      sacrificed: fold?.sacrificed ?? null,
      duplicated: null,
      perhapsDuplicated: null,
      delayed:
        typeof bins === 'string'
          ? null
          : delayed(answers(stretch.reference, stretch.from), answers(stretch.from, stretch.to)),
      lostGoodput: typeof bins === 'string' ? null : lostGoodput(bins, asked - taken, recoverMs),
      lastSentMs: typeof fold?.lastPicked === 'number' ? fold.lastPicked - taken : null,
      victimShare: held && held.all > 0 && window.backends.length > 0 ? held.victims / held.all : null,
      ...back,
      ...(Object.keys(unknown).length > 0 ? { unknown } : {}),
    },
    zoom: { bins: typeof bins === 'string' ? [] : bins, band },
    fold,
  };
}

function returned(
  run: Pick<Run, 'backends'>,
  trial: Pick<Trial, 'windowMs'>,
  window: FaultWindow,
  folds: Folds,
  fold: FaultFold | undefined,
  readmitted: number,
  unknown: NonNullable<Failover['unknown']>,
  unfollowed: string,
): Pick<Failover, 'overshoot' | 'returnedShare' | 'fairAgainMs'> {
  const nothing = { overshoot: null, returnedShare: null, fairAgainMs: null };
  const victims = victimsOf(run, window);
  if (window.healed === null || victims.size === 0) return nothing;
  const fairShare = fairShareOf(run, victims);
  const back = Number.isFinite(readmitted) ? fold?.readmitted : fold?.healed;
  const since = fold?.healed;
  if (!since || !back) {
    const why = fold ? 'the recording was not told of its return' : unfollowed;
    Object.assign(unknown, { overshoot: why, returnedShare: why, fairAgainMs: why });
    return nothing;
  }
  const whole = (from: number) => Math.max(0, Math.floor((trial.windowMs - from) / returnBinMs));
  const shares = ({ from, all, victims: theirs }: typeof back) =>
    sharesIn(padded(all, whole(from)), padded(theirs, whole(from)));
  const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);
  const everyBin = back.all.length < mostBins;
  if (!everyBin) unknown.overshoot = unknown.returnedShare = 'the trial outlasted the bins of its recording';
  if (folds.timeline.slotMs * 5 !== returnBinMs)
    unknown.fairAgainMs = `the recording keeps steps of ${folds.timeline.slotMs * 5} ms, and ${returnBinMs} ms are needed`;
  const attempts = sum(back.all);
  return {
    overshoot: everyBin ? overshootOf(shares(back), fairShare) : null,
    returnedShare: everyBin && attempts > 0 ? sum(back.victims) / attempts : null,
    fairAgainMs:
      unknown.fairAgainMs === undefined
        ? fairAgainAt(shares(since), sharesBefore(folds, victims, window.taken), fairShare)
        : null,
  };
}

/** As many bins as a recording keeps of a return (recorder-faults.ts). */
const mostBins = 16_384;

function padded(counts: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, bin) => counts[bin] ?? 0);
}

function sharesBefore(folds: Folds, victims: ReadonlySet<number>, taken: number): number[] {
  const { picks } = folds.timeline;
  const steps = Array.from(
    { length: Math.max(0, Math.floor(taken / returnBinMs)) },
    (_, i) => picks[i] ?? [],
  );
  return sharesIn(
    steps.map((counts) => counts.reduce((a, b) => a + b, 0)),
    steps.map((counts) => [...victims].reduce((sum, index) => sum + (counts[index] ?? 0), 0)),
  );
}

/** The bins of `binsAround`, or why the slots of the recording do not make them. */
function foldedBins({ timeline, capMs }: Folds, taken: number, windowMs: number): Bin[] | string {
  const { slotMs, ok, open, late, atDeadline, bits } = timeline;
  if (slotMs > binMs) return `the recording keeps steps of ${slotMs} ms, and ${binMs} ms are needed`;
  if (taken % slotMs !== 0)
    return `the fault took at ${taken} ms, and the recording keeps steps of ${slotMs} ms from t = 0`;
  const ahead = Math.floor(Math.min(leadMs, taken) / binMs);
  const from = taken - ahead * binMs;
  const count = Math.max(0, Math.floor((windowMs - from) / binMs));
  const each = binMs / slotMs;
  return Array.from({ length: count }, (_, bin) => {
    const slots = Array.from({ length: each }, (_, i) => from / slotMs + bin * each + i);
    const sum = (values: readonly number[]) => slots.reduce((total, slot) => total + (values[slot] ?? 0), 0);
    const cells = mergedCells(slots.flatMap((slot) => [ok[slot] ?? [], open[slot] ?? []]));
    const answered = slots.reduce((total, slot) => total + countIn(ok[slot] ?? []), 0);
    const p99 = rankIn(cells, 0.99, bits, sum(atDeadline), capMs * 1000) / 1000;
    return {
      t: (bin - ahead) * binMs,
      good: answered - sum(late),
      bad: sum(late) + sum(atDeadline),
      p99,
    };
  });
}

/** Of the requests due in [from, to), ms, whole slots both. */
function foldedAnswers({ timeline: { slotMs, ok, late } }: Folds, from: number, to: number): Answers {
  const slots = Array.from({ length: Math.round((to - from) / slotMs) }, (_, i) => from / slotMs + i);
  return {
    cells: new Map(mergedCells(slots.map((slot) => ok[slot] ?? []))),
    late: slots.reduce((sum, slot) => sum + (late[slot] ?? 0), 0),
  };
}

function countIn(cells: readonly number[]): number {
  let count = 0;
  for (let i = 1; i < cells.length; i += 2) count += cells[i]!;
  return count;
}

/** Cell and count, ascending, of several sparse lists. */
export function mergedCells(lists: readonly (readonly number[])[]): [cell: number, count: number][] {
  const counts = new Map<number, number>();
  for (const cells of lists)
    for (let i = 0; i < cells.length; i += 2)
      counts.set(cells[i]!, (counts.get(cells[i]!) ?? 0) + cells[i + 1]!);
  return [...counts].sort(([a], [b]) => a - b);
}

/** Nearest rank, µs, where `capped` values stand at the cap beside those in the cells; NaN of none. */
export function rankIn(
  cells: readonly (readonly [number, number])[],
  q: number,
  bits: number,
  capped = 0,
  cap = Number.POSITIVE_INFINITY,
): number {
  const total = cells.reduce((sum, [, count]) => sum + count, capped);
  if (total === 0) return Number.NaN;
  let left = Math.max(1, Math.ceil(q * total - 1e-9));
  for (const [cell, count] of cells) {
    left -= count;
    if (left <= 0) return Math.min(cellMiddle(cell, bits), cap);
  }
  return cap;
}
