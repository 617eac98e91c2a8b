/**
 * How long a backend itself took, where it is known how many requests it serves at once: a request that found all its workers
 * busy waited for the first of them to be done, and what it took beyond that is service. Without a number of workers, all that
 * was logged is taken for service. The reverse of Lindley's recursion, for several workers.
 */
export class ServerTimes {
  /** When each worker is free again, ms; a heap would do for more than a few hundred. */
  readonly #free: number[];

  constructor(workers: number | undefined) {
    this.#free = workers === undefined ? [] : new Array<number>(workers).fill(Number.NEGATIVE_INFINITY);
  }

  /** Service of a request that was there from `sent` to `sent + took`, ms; to be asked in the order of sending. */
  service(sent: number, took: number): number {
    if (this.#free.length === 0) return took;
    let first = 0;
    for (let i = 1; i < this.#free.length; i++) if (this.#free[i]! < this.#free[first]!) first = i;
    const ended = sent + took;
    const start = Math.max(sent, Math.min(this.#free[first]!, ended));
    this.#free[first] = ended;
    return ended - start;
  }
}
