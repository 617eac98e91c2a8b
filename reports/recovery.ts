/**
 * When a contender had recovered from a fault: the time until it did again what it did before.
 *
 * Definition. Time is cut into bins of 100 ms that start at the moment the fault took; a request belongs to the bin in which it
 * was due, whatever became of it, so a request that hangs counts against the time it was sent and not against the time somebody
 * gave up. A bin has a goodput (requests ok and in time) and a p99 (deadline-capped: failed, lost and overdue requests count at
 * the deadline). The *band* comes from the last 2 s before the fault, its own reference: the lowest goodput and the highest p99 of
 * those bins, and as a lone bin is noisy, 10% below the one and 25% above the other; and, as the lowest of twenty noisy bins is
 * low, the mean goodput of a whole second too: at least 90% of the mean before, less where chance alone moves it more
 * (three standard deviations of a Poisson count). A fleet that was full before the fault can
 * only be back inside once its missing backends are: what the fault cost counts whole, whoever is to blame.
 * Recovery is the start of the first ten bins in a row (1 s) inside the band, one by one and as a second; 0 when it was never left.
 * Null: not within the window, or fewer than five bins with a good request before the fault to judge by.
 */
import type {} from '../harness/recording.ts';
import type { Deadline, JudgedRows } from './deadline.ts';
import { binned, nearestRank } from './latencies.ts';

export const binMs = 100;
const before = { most: 20, least: 5 };
/** How far back before a fault its reference reaches, ms. */
export const leadMs = before.most * binMs;
const inside = { bins: 10, goodput: 0.9, p99: 1.25 };

/** One bin of 100 ms. */
export interface Bin {
  /** Start, ms from the fault taken; negative before it. */
  t: number;
  /** Requests due in it that were ok and in time. */
  good: number;
  /** Requests due in it that failed, were lost, late, or never answered though their time was up. */
  bad: number;
  /** Deadline-capped p99 of the requests due in it, ms; NaN when none was. */
  p99: number;
}

export interface Band {
  /** Least good requests per bin. */
  goodput: number;
  /** Least good requests in ten bins together, 1 s. */
  second: number;
  /** Largest p99, ms. */
  p99: number;
}

/** Whole bins within [max(0, taken − `lead`), windowMs), aligned to `taken`. */
export function binsAround(
  rows: JudgedRows,
  deadline: Deadline,
  taken: number,
  windowMs: number,
  lead = leadMs,
): Bin[] {
  const ahead = Math.floor(Math.min(lead, taken) / binMs);
  const from = taken - ahead * binMs;
  const count = Math.max(0, Math.floor((windowMs - from) / binMs));
  const good = new Float64Array(count);
  const bad = new Float64Array(count);
  for (let row = 0; row < rows.length; row++) {
    const bin = Math.floor((rows.intended[row]! / 1000 - from) / binMs);
    if (bin < 0 || bin >= count) continue;
    if (deadline.bad(row)) bad[bin]!++;
    else if (deadline.ok(row)) good[bin]!++;
  }
  const latencies = binned(
    rows.length,
    (row) => rows.intended[row]! / 1000,
    (row) => deadline.cappedLatency(row),
    { from, width: binMs, bins: count },
  );
  return latencies.map((set, bin) => ({
    t: (bin - ahead) * binMs,
    good: good[bin]!,
    bad: bad[bin]!,
    p99: nearestRank(set, 0.99) / 1000,
  }));
}

/**
 * The bins to judge the others by. Undefined when there is too little before the fault.
 * @param asked when the fault was asked for, ms from taken (0 or negative): from then on nothing is a reference
 */
export function referenceIn(bins: readonly Bin[], asked: number): Bin[] | undefined {
  const reference = bins.filter(({ t, good }) => t + binMs <= asked && t >= -leadMs && good > 0);
  return reference.length < before.least ? undefined : reference;
}

/** Undefined where there is no reference. */
export function bandOf(bins: readonly Bin[], asked = 0): Band | undefined {
  const reference = referenceIn(bins, asked);
  if (reference === undefined) return undefined;
  const mean = (inside.bins * reference.reduce((sum, { good }) => sum + good, 0)) / reference.length;
  return {
    second: Math.min(inside.goodput * mean, mean - 3 * Math.sqrt(mean)),
    goodput: Math.min(...reference.map(({ good }) => good)) * inside.goodput,
    p99: Math.max(...reference.map(({ p99 }) => (Number.isNaN(p99) ? 0 : p99))) * inside.p99,
  };
}

/** ms from the fault taken, or null. */
export function recoveredAt(bins: readonly Bin[], band: Band | undefined): number | null {
  if (!band) return null;
  const since = bins.filter(({ t }) => t >= 0);
  for (let first = 0; first + inside.bins <= since.length; first++) {
    const second = since.slice(first, first + inside.bins);
    const each = second.every(({ good, p99 }) => good >= band.goodput && !(p99 > band.p99));
    if (each && second.reduce((sum, { good }) => sum + good, 0) >= band.second) return second[0]!.t;
  }
  return null;
}
