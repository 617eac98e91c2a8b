/**
 * For how long a backend that has failed is passed over: the answer to the black hole, which looks idle and fast.
 *
 * 100 ms after the first failure, twice as long after each that follows without a success between, up to a limit. An
 * isolated error thus costs a backend next to nothing; one that fails every request gets one try per limit. Failures
 * while it is passed over (of requests sent before) count as the same one.
 */
const first = 100;

export class Aversion {
  readonly #limit: number;
  #failures = new Int32Array(0); // in a row
  #until = new Float64Array(0);

  /** `limit` in ms; 0 passes nobody over. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Makes room for indices below `length`. */
  grow(length: number): void {
    if (length <= this.#failures.length) return;
    const failures = new Int32Array(length);
    failures.set(this.#failures);
    this.#failures = failures;
    const until = new Float64Array(length).fill(-Infinity);
    until.set(this.#until);
    this.#until = until;
  }

  /** A clean sheet: after a success, or where the index begins anew. */
  succeeded(index: number): void {
    this.#failures[index] = 0;
    this.#until[index] = -Infinity;
  }

  failed(index: number, now: number): void {
    if (now < this.#until[index]!) return;
    const failures = Math.min(this.#failures[index]! + 1, 30);
    this.#failures[index] = failures;
    this.#until[index] = now + Math.min(this.#limit, first * 2 ** (failures - 1));
  }

  /** Whether it is passed over at this time, ms. */
  at(index: number, now: number): boolean {
    return now < this.#until[index]!;
  }
}
