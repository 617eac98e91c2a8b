/**
 * The quantile of the latest samples: which of the recent counts of requests in flight is high.
 *
 * Formula     nearest rank: the ⌈q·n⌉-th smallest of the last n samples
 * Cost        O(1) per sample; to read, as many steps as the quantile is high, once after each sample. Nothing is allocated
 *
 * Samples are small whole numbers, so they are counted by value. Those above `most` count as `most`.
 */
const most = 4095;

export class RecentQuantile {
  readonly #rank: number;
  readonly #ring: Int32Array;
  readonly #times = new Int32Array(most + 1);
  #count = 0;
  #next = 0;
  #value = -1; // -1: to be found anew

  /** q in [0, 1], of the last `window` samples. */
  constructor(q: number, window: number) {
    this.#rank = q;
    this.#ring = new Int32Array(window);
  }

  add(sample: number): void {
    const value = sample < most ? Math.trunc(sample) : most;
    const { length } = this.#ring;
    if (this.#count === length) {
      const oldest = this.#ring[this.#next]!;
      this.#times[oldest] = this.#times[oldest]! - 1;
    } else this.#count++;
    this.#times[value] = this.#times[value]! + 1;
    this.#ring[this.#next] = value;
    this.#next = this.#next + 1 === length ? 0 : this.#next + 1;
    this.#value = -1;
  }

  /** Infinity while there is no sample. */
  get value(): number {
    if (this.#count === 0) return Infinity;
    if (this.#value < 0) this.#value = this.#find();
    return this.#value;
  }

  #find(): number {
    const rank = Math.max(1, Math.ceil(this.#rank * this.#count));
    let value = 0;
    for (let seen = this.#times[0]!; seen < rank; seen += this.#times[value]!) value++;
    return value;
  }
}
