/**
 * Latencies counted in log-linear cells (recording-folds.ts has the layout and its error): fine ones for what a report prints, coarse
 * ones for each slot of its timeline.
 */
import { cellOf, type HistogramFold, octaves } from './recording-folds.ts';

/** Cell, count, cell, count …, without empty ones. */
export function sparse(counts: ArrayLike<number>): number[] {
  const cells: number[] = [];
  for (let cell = 0; cell < counts.length; cell++) if (counts[cell]! > 0) cells.push(cell, counts[cell]!);
  return cells;
}

/** Fine enough for the percentiles a report prints: off by at most 0.05%. */
const fine = 10;

export class Latencies {
  readonly #counts = new Float64Array((octaves << fine) + 1);
  readonly #cap: number;
  #count = 0;
  #sum = 0;
  #cappedSum = 0;
  #max = 0;

  /** @param cap µs */
  constructor(cap: number) {
    this.#cap = cap;
  }

  /** µs */
  add(micros: number): void {
    this.#counts[cellOf(micros, fine)]!++;
    this.#count++;
    this.#sum += micros;
    this.#cappedSum += micros < this.#cap ? micros : this.#cap;
    if (micros > this.#max) this.#max = micros;
  }

  fold(): HistogramFold {
    return {
      ...{ count: this.#count, sum: this.#sum, cappedSum: this.#cappedSum, max: this.#max },
      ...{ bits: fine, cells: sparse(this.#counts) },
    };
  }
}

/** Coarser, as there is one to every slot of a timeline: off by at most 0.8%. */
export const coarse = 6;

/** As long as the largest latency needs. */
export class SlotLatencies {
  counts = new Uint32Array(24 << coarse);

  add(micros: number): void {
    const cell = cellOf(micros, coarse);
    if (cell >= this.counts.length) this.#grow(cell + 1);
    this.counts[cell]!++;
  }

  /** Takes over what another one counted. */
  merge({ counts }: SlotLatencies): void {
    if (counts.length > this.counts.length) this.#grow(counts.length);
    for (let cell = 0; cell < counts.length; cell++) this.counts[cell]! += counts[cell]!;
  }

  #grow(length: number): void {
    const grown = new Uint32Array(Math.max(length, this.counts.length + (2 << coarse)));
    grown.set(this.counts);
    this.counts = grown;
  }
}
