/**
 * Good requests (ok and in time) that a fault made slow: those slower than 99% of the good ones of before, beyond the hundredth that
 * would be anyway.
 *
 * The reference are the good requests due in the last 2 s before the fault was asked for, at least 100 of them. Those that may be
 * delayed were due from then until the fault was neither hidden nor felt any more: until service had recovered (recovery.ts) and the
 * victims had been detected, or healed where they never were; to the end of the window where it never recovered. Both in whole bins of
 * 100 ms. *Slower* is slower by more than a recording tells latencies apart, 1.6%: latencies are compared by their cells (`cellOf`), whether a
 * recording has rows or folds. The share that was slower before is expected of the time after too, and left out.
 */
import { cellOf } from '../harness/recording.ts';
import type { Deadline, JudgedRows } from './deadline.ts';
import { rank } from './latencies.ts';
import { binMs, leadMs } from './recovery.ts';

/** Cells of latency to the octave, as a power of 2: as a recording's timeline has them. */
const bits = 6;
const least = 100;

/** Ok answers by cell, and how many of them were late. */
export interface Answers {
  cells: ReadonlyMap<number, number>;
  late: number;
}

/** Of what is compared, ms from t = 0: the reference ends where what may be delayed begins. */
export interface DelayStretch {
  reference: number;
  from: number;
  to: number;
}

/** @param until when the fault was neither hidden nor felt any more, ms from t = 0; Infinity for never */
export function delayStretch(asked: number, taken: number, until: number, windowMs: number): DelayStretch {
  const whole = (ms: number, round: (bins: number) => number) => taken + round((ms - taken) / binMs) * binMs;
  return {
    reference: Math.max(whole(0, Math.ceil), taken - leadMs),
    from: whole(asked, Math.floor),
    to: Math.max(taken, whole(Math.min(until, windowMs), Math.ceil)),
  };
}

/** Requests; null where there are too few before the fault to judge by. */
export function delayed(before: Answers, since: Answers): number | null {
  const good = goodOf(before);
  if (good < least) return null;
  const limit = cellOfRank(before, rank(good, 0.99));
  const expected = (slowOf(before, limit) / good) * goodOf(since);
  return Math.max(0, Math.round(slowOf(since, limit) - expected));
}

function cellOfRank({ cells }: Answers, index: number): number {
  let passed = 0;
  let last = 0;
  for (const [cell, count] of [...cells].sort(([a], [b]) => a - b)) {
    last = cell;
    passed += count;
    if (passed > index) break;
  }
  return last;
}

function goodOf({ cells, late }: Answers): number {
  return [...cells.values()].reduce((sum, count) => sum + count, 0) - late;
}

/** Late ones are the slowest of all, and are bad. */
function slowOf({ cells, late }: Answers, limit: number): number {
  let slow = 0;
  for (const [cell, count] of cells) if (cell > limit) slow += count;
  return Math.max(0, slow - late);
}

/** Of the requests due in [from, to), ms. */
export function answersIn(rows: JudgedRows, deadline: Deadline, from: number, to: number): Answers {
  const cells = new Map<number, number>();
  let late = 0;
  for (let row = 0; row < rows.length; row++) {
    const due = rows.intended[row]! / 1000;
    if (due < from || due >= to || !deadline.ok(row)) continue;
    const cell = cellOf(rows.latency[row]!, bits);
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
    if (deadline.late(row)) late++;
  }
  return { cells, late };
}
