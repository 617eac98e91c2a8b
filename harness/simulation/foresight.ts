/**
 * When each worker of a backend will be free, requests queued there included: known ahead, since a request carries the
 * quantile of its service time and the queue is first come, first served. What the oracle sees.
 *
 * Exact where service depends on the quantile alone; under contention, pauses, warm-up or work that is cancelled it is
 * an estimate. O(workers) for each request.
 */
export class Foresight {
  readonly #free: Float64Array;

  constructor(workers: number) {
    this.#free = new Float64Array(workers);
  }

  /** When a request that arrives at `now` would start, ms. */
  start(now: number): number {
    return Math.max(now, this.#free[this.#earliest()]!);
  }

  /** A request was let in that takes `service` ms once it starts. */
  admitted(now: number, service: number): void {
    const at = this.#earliest();
    this.#free[at] = Math.max(now, this.#free[at]!) + service;
  }

  /** The process has begun anew. */
  clear(): void {
    this.#free.fill(0);
  }

  /** Everything is put off by `ms`. */
  putOff(ms: number): void {
    for (let i = 0; i < this.#free.length; i++) this.#free[i]! += ms;
  }

  #earliest(): number {
    const free = this.#free;
    let least = 0;
    for (let i = 1; i < free.length; i++) if (free[i]! < free[least]!) least = i;
    return least;
  }
}
