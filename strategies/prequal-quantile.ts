/**
 * The quantile of the latest samples: which of the recent counts of requests in flight is high.
 *
 * Formula     nearest rank: the ⌈q·n⌉-th smallest of the last n samples
 * Cost        O(window) per sample, by moving within one array; O(1) to read. Nothing is allocated
 */
export class RecentQuantile {
  readonly #ring: Float64Array;
  readonly #sorted: Float64Array;
  #count = 0;
  #next = 0;

  constructor(window: number) {
    this.#ring = new Float64Array(window);
    this.#sorted = new Float64Array(window);
  }

  add(sample: number): void {
    const { length } = this.#ring;
    if (this.#count === length) this.#remove(this.#ring[this.#next]!);
    let at = this.#count++;
    for (; at > 0 && this.#sorted[at - 1]! > sample; at--) this.#sorted[at] = this.#sorted[at - 1]!;
    this.#sorted[at] = sample;
    this.#ring[this.#next] = sample;
    this.#next = this.#next + 1 === length ? 0 : this.#next + 1;
  }

  /** q in (0, 1). Infinity while there is no sample. */
  at(q: number): number {
    if (this.#count === 0) return Infinity;
    return this.#sorted[Math.max(0, Math.ceil(q * this.#count) - 1)]!;
  }

  #remove(sample: number): void {
    this.#count--;
    let at = 0;
    while (this.#sorted[at] !== sample) at++;
    for (; at < this.#count; at++) this.#sorted[at] = this.#sorted[at + 1]!;
  }
}
