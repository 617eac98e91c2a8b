/**
 * Percentiles: nearest rank on the sorted microseconds, the smallest value that at least q of all values do not
 * exceed. No interpolation, so every figure printed is a latency that somebody met.
 */
import { Histogram, type Latencies } from './histogram.ts';
import type { Latency } from './summary.ts';

/** The value of rank ⌈q·n⌉ in a sorted array; NaN when it is empty. The slack undoes what q·n gains by rounding: 0.999 · 1000 is 999. */
export function nearestRank(set: Latencies, q: number): number {
  return set.length === 0 ? Number.NaN : valueAt(set, rank(set.length, q));
}

function valueAt(set: Latencies, index: number): number {
  return set instanceof Histogram ? set.at(index) : set[index]!;
}

function sumOf(set: Latencies, cap: number): number {
  if (set instanceof Histogram) return set.sumWithin(cap);
  let sum = 0;
  for (const value of set) sum += Math.min(value, cap);
  return sum;
}

export function rank(length: number, q: number): number {
  return Math.min(length, Math.max(1, Math.ceil(q * length - 1e-9))) - 1;
}

const percentiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999, max: 1 } as const;

/**
 * A set of ok latencies and, beside it, how many requests count at the cap.
 * @param sorted µs, ascending, or a histogram of them
 * @param cap µs; ok latencies beyond it count as it
 * @param capped requests that count at the cap without a latency of their own
 */
export function describe(sorted: Latencies, cap = Number.POSITIVE_INFINITY, capped = 0): Latency {
  const total = sorted.length + capped;
  const at = (index: number) => (index < sorted.length ? Math.min(valueAt(sorted, index), cap) : cap) / 1000;
  if (total === 0) return { mean: null, p50: null, p90: null, p95: null, p99: null, p999: null, max: null };
  const sum = (capped === 0 ? 0 : capped * cap) + sumOf(sorted, cap);
  const { p50, p90, p95, p99, p999, max } = percentiles;
  return {
    mean: sum / total / 1000,
    p50: at(rank(total, p50)),
    p90: at(rank(total, p90)),
    p95: at(rank(total, p95)),
    p99: at(rank(total, p99)),
    p999: at(rank(total, p999)),
    max: at(rank(total, max)),
  };
}

/** All values of several sets, sorted; a histogram where one of them is. */
export function pooled(sets: readonly Float64Array[]): Float64Array;
export function pooled(sets: readonly Latencies[]): Latencies;
export function pooled(sets: readonly Latencies[]): Latencies {
  if (sets.length === 1) return sets[0]!;
  return sets.every((set) => !(set instanceof Histogram))
    ? merged(sets as Float64Array[])
    : Histogram.merge(sets);
}

function merged(sets: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(sets.reduce((sum, set) => sum + set.length, 0));
  let offset = 0;
  for (const set of sets) {
    all.set(set, offset);
    offset += set.length;
  }
  return all.sort();
}

/**
 * Latencies grouped into equal bins of time and sorted within each.
 * @param times when each counts, ms; @param values its latency, µs; @param use which rows take part
 * @returns one sorted array per bin; rows outside [from, from + bins·width) are left out
 */
export function binned(
  rows: number,
  time: (row: number) => number,
  value: (row: number) => number,
  { from, width, bins }: { from: number; width: number; bins: number },
): Float64Array[] {
  const bin = new Int32Array(rows);
  const counts = new Int32Array(bins);
  for (let row = 0; row < rows; row++) {
    const at = Math.floor((time(row) - from) / width);
    const inside = at >= 0 && at < bins && !Number.isNaN(value(row));
    bin[row] = inside ? at : -1;
    if (inside) counts[at]!++;
  }
  const sets = Array.from(counts, (count) => new Float64Array(count));
  const filled = new Int32Array(bins);
  for (let row = 0; row < rows; row++) {
    const at = bin[row]!;
    if (at >= 0) sets[at]![filled[at]!++] = value(row);
  }
  for (const set of sets) set.sort();
  return sets;
}

/** The median; values that are null count as larger than any other, and a median among them is null. NaN-free. */
export function median(values: readonly (number | null)[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.map((value) => value ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const found = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return Number.isFinite(found) ? found : null;
}
