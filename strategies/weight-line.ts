/**
 * Backends laid end to end on a line, each as long as its weight: a point on it belongs to one of them.
 *
 * Cost        O(log n) per look-up, plus O(tried²) where some are cut out; O(n) to fill. Nothing is allocated per look-up
 *
 * Those tried are cut out by moving the point past each of their intervals in turn, so what is left keeps its exact
 * proportions: no rejection, no loop of unknown length.
 */
import { Positions } from './positions.ts';
import type { Backend } from './strategy.ts';
import { allTried, wasTried } from './tried.ts';

export class WeightLine {
  readonly #positions = new Positions();
  #backends: readonly Backend[] = [];
  #starts = new Float64Array(1); // where each begins; the last entry is the total
  #cut = new Int32Array(16); // positions tried, ascending
  #cutCount = 0;

  get total(): number {
    return this.#starts[this.#backends.length]!;
  }

  fill(backends: readonly Backend[]): void {
    this.#backends = backends;
    this.#positions.update(backends);
    this.#starts = new Float64Array(backends.length + 1);
    for (let i = 0; i < backends.length; i++) this.#starts[i + 1] = this.#starts[i]! + backends[i]!.weight;
  }

  /** The position of the backend at a hash of 32 signed bits, taken as a fraction of the line. */
  atBits(bits: number): number {
    return this.#find(((bits >>> 0) / 2 ** 32) * this.#starts[this.#backends.length]!);
  }

  /** The position of the backend at the fraction u, in [0, 1), of the line without those tried (of the whole line when all were). */
  at(u: number, tried: readonly Backend[]): number {
    const skip = tried.length > 0 && !allTried(this.#backends, tried);
    this.#cutCount = 0;
    let length = this.total;
    if (skip) {
      for (let i = 0; i < tried.length; i++) {
        const position = this.#positions.at(tried[i]!.index);
        if (position >= 0 && this.#cutOut(position)) length -= this.#backends[position]!.weight;
      }
    }
    let point = u * Math.max(0, length);
    for (let i = 0; i < this.#cutCount; i++) {
      const position = this.#cut[i]!;
      if (point >= this.#starts[position]!) point += this.#backends[position]!.weight;
    }
    let position = this.#find(point);
    // Rounding may leave the point at the very end of the line, behind a backend that was cut out.
    while (skip && wasTried(this.#backends[position]!, tried)) {
      position = position === 0 ? this.#backends.length - 1 : position - 1;
    }
    return position;
  }

  /** The last backend that starts at the point or before it. */
  #find(point: number): number {
    let low = 0;
    let high = this.#backends.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= point) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** False where it was cut out already. */
  #cutOut(position: number): boolean {
    let at = this.#cutCount;
    while (at > 0 && this.#cut[at - 1]! > position) at--;
    if (at > 0 && this.#cut[at - 1] === position) return false;
    if (this.#cutCount === this.#cut.length) {
      const larger = new Int32Array(this.#cut.length * 2);
      larger.set(this.#cut);
      this.#cut = larger;
    }
    this.#cut.copyWithin(at + 1, at, this.#cutCount);
    this.#cut[at] = position;
    this.#cutCount++;
    return true;
  }
}
