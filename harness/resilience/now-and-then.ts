/** Telling of what may happen thousands of times a second: at once when it begins, then at most once a second, with the count. */
const everyMs = 1_000;

export class NowAndThen {
  #untold = 0;
  #since = Number.NEGATIVE_INFINITY;

  /** It has happened again at `at`, ms. Returns how often since it was last told of, where it is to be told now; 0 where not. */
  happened(at: number): number {
    this.#untold++;
    if (at < this.#since + everyMs) return 0;
    this.#since = at;
    const untold = this.#untold;
    this.#untold = 0;
    return untold;
  }
}
