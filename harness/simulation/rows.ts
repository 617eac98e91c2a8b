/**
 * Rows of numbers side by side. A number with a fraction, or a time, would as a property be an object of its own on the heap;
 * with tens of thousands of requests in flight, what costs time is how far memory is walked, and a row lies together.
 */

/** Values in one block. A block is freed with the last that has a row in it. */
const blockLength = 4_096;

export class Rows {
  readonly #length: number;
  #block = new Float64Array(0);
  #next = 0;

  /** `length` values a row. */
  constructor(length: number) {
    this.#length = length;
  }

  /** A row of zeros: the next `length` values of `block` from `at` on, to be asked for in this order. */
  at(): number {
    if (this.#next === this.#block.length) {
      this.#block = new Float64Array(blockLength);
      this.#next = 0;
    }
    const at = this.#next;
    this.#next += this.#length;
    return at;
  }

  /** Where the row that `at` gave last stands. */
  get block(): Float64Array {
    return this.#block;
  }
}
