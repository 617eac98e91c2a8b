/**
 * Latencies as a recording's folds keep them: how many fell into which log-linear cell. Count, sums and maximum are exact; a value of
 * any other rank is the middle of its cell, off by at most 2^−(bits + 1) of itself (0.05% at 10 bits), or 0.5 µs below 1 µs.
 */
import { cellMiddle, cellOf, type HistogramFold } from '../harness/recording.ts';

/** Exact values in µs, ascending, or a histogram of them. */
export type Latencies = Float64Array | Histogram;

export class Histogram {
  readonly length: number;
  readonly #fold: HistogramFold;
  /** µs; the cap that `cappedSum` was summed with. */
  readonly #cap: number;

  constructor(fold: HistogramFold, cap: number) {
    this.#fold = fold;
    this.#cap = cap;
    this.length = fold.count;
  }

  /** The value of a rank from 0, µs. */
  at(index: number): number {
    const { cells, bits, max } = this.#fold;
    if (index === this.length - 1) return max;
    for (let i = 0, seen = 0; i < cells.length; i += 2) {
      seen += cells[i + 1]!;
      if (index < seen) return Math.min(cellMiddle(cells[i]!, bits), max);
    }
    return max;
  }

  /** The sum with every value at most `cap`: known for no cap and for the one of the recording. */
  sumWithin(cap: number): number {
    const { sum, cappedSum, max } = this.#fold;
    if (cap >= max) return sum;
    if (cap !== this.#cap) throw new Error(`latencies were folded with a cap of ${this.#cap} µs, not ${cap}`);
    return cappedSum;
  }

  /** Value in µs and count of each cell, ascending. */
  *values(): Generator<readonly [value: number, count: number]> {
    const { cells, bits, max } = this.#fold;
    for (let i = 0; i < cells.length; i += 2)
      yield [Math.min(cellMiddle(cells[i]!, bits), max), cells[i + 1]!];
  }

  /** Of sets at least one of which is a histogram. */
  static merge(sets: readonly Latencies[]): Histogram {
    const first = sets.find((set) => set instanceof Histogram)!;
    const { bits } = first.#fold;
    const counts = new Map<number, number>();
    const total = { count: 0, sum: 0, cappedSum: 0, max: 0 };
    for (const set of sets) {
      const { cells, ...one } = set instanceof Histogram ? set.#fold : foldOf(set, bits, first.#cap);
      for (let i = 0; i < cells.length; i += 2)
        counts.set(cells[i]!, (counts.get(cells[i]!) ?? 0) + cells[i + 1]!);
      total.count += one.count;
      total.sum += one.sum;
      total.cappedSum += one.cappedSum;
      total.max = Math.max(total.max, one.max);
    }
    const cells = [...counts].sort(([a], [b]) => a - b).flat();
    return new Histogram({ ...total, bits, cells }, first.#cap);
  }
}

/** Exact values folded, to be pooled with others that are. */
function foldOf(values: Float64Array, bits: number, cap: number): HistogramFold {
  const fold: HistogramFold = { count: values.length, sum: 0, cappedSum: 0, max: 0, bits, cells: [] };
  const counts = new Map<number, number>();
  for (const value of values) {
    const cell = cellOf(value, bits);
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
    fold.sum += value;
    fold.cappedSum += Math.min(value, cap);
    fold.max = Math.max(fold.max, value);
  }
  fold.cells = [...counts].sort(([a], [b]) => a - b).flat();
  return fold;
}
