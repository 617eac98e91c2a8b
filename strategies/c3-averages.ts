/**
 * What C3 remembers of each backend, by index: averages of response time, service time (ms) and queue, and when it last
 * answered. All are EWMA, new ← α·sample + (1−α)·old, the first sample as it is.
 *
 * Sums over those that have answered are kept, so that the mean is at hand for one that has not. Allocates in `grow` only.
 */
import type { Backend } from './strategy.ts';

export class C3Averages {
  readonly #alpha: number;
  #response = new Float64Array(0);
  #service = new Float64Array(0);
  #queue = new Float64Array(0);
  #heard = new Float64Array(0); // ms; NaN before it has answered
  /** How many are counted, and sums of their response times, service times and queues. In an array: as fields they would be boxed anew. */
  #known = 0;
  readonly #sums = new Float64Array(3);

  constructor(alpha: number) {
    this.#alpha = alpha;
  }

  /** Makes room for indices below `length`. */
  grow(length: number): void {
    if (length <= this.#heard.length) return;
    this.#response = grown(this.#response, length);
    this.#service = grown(this.#service, length);
    this.#queue = grown(this.#queue, length);
    this.#heard = grown(this.#heard, length);
  }

  /** Only these are in the means from now on; all that is learned later is of them. */
  countOnly(available: readonly Backend[]): void {
    this.#known = 0;
    this.#sums.fill(0);
    for (const { index } of available) this.#count(index, 1);
  }

  /** As if it had never answered. */
  forget(index: number): void {
    this.#heard[index] = Number.NaN;
  }

  /** R, ms: its own, or the mean; 1 where nobody has answered. */
  response(index: number): number {
    if (!Number.isNaN(this.#heard[index]!)) return this.#response[index]!;
    return this.#known === 0 ? 1 : this.#sums[0]! / this.#known;
  }

  /** 1/μ, ms: its own, or the mean; 1 where nobody has answered. */
  service(index: number): number {
    if (!Number.isNaN(this.#heard[index]!)) return this.#service[index]!;
    return this.#known === 0 ? 1 : this.#sums[1]! / this.#known;
  }

  /** q̄: its own, or the mean; 0 where nobody has answered. */
  queue(index: number): number {
    if (!Number.isNaN(this.#heard[index]!)) return this.#queue[index]!;
    return this.#known === 0 ? 0 : this.#sums[2]! / this.#known;
  }

  /** A good response took `latency` ms, and carried what `backend.reported` says, if it reports. */
  answered({ index, reported }: Backend, latency: number, now: number): void {
    const service = reported !== undefined && reported.serviceTime > 0 ? reported.serviceTime : latency;
    const queue = reported === undefined ? 0 : reported.inFlight;
    if (Number.isNaN(this.#heard[index]!)) {
      this.#response[index] = latency;
      this.#service[index] = service;
      this.#queue[index] = queue;
    } else {
      this.#count(index, -1);
      this.#response[index] = this.#blend(latency, this.#response[index]!);
      // A report of nothing finished says nothing of the service time.
      if (reported === undefined || reported.serviceTime > 0)
        this.#service[index] = this.#blend(service, this.#service[index]!);
      this.#queue[index] = this.#blend(queue, this.#queue[index]!);
    }
    this.#heard[index] = now;
    this.#count(index, 1);
  }

  /** A failure after `latency` ms makes a backend look slower, never faster. */
  failed(index: number, latency: number, now: number): void {
    if (Number.isNaN(this.#heard[index]!)) return;
    const old = this.#response[index]!;
    this.#count(index, -1);
    this.#response[index] = this.#blend(Math.max(latency, old), old);
    this.#heard[index] = now;
    this.#count(index, 1);
  }

  /** Halves its averages for each `quiet` ms since it last answered; whether that changed anything. */
  halve(index: number, quiet: number, now: number): boolean {
    const times = Math.floor((now - this.#heard[index]!) / quiet);
    if (!(times > 0)) return false; // also where it has never answered
    const factor = 0.5 ** times;
    this.#count(index, -1);
    this.#response[index] = this.#response[index]! * factor;
    this.#service[index] = this.#service[index]! * factor;
    this.#queue[index] = this.#queue[index]! * factor;
    this.#heard[index] = this.#heard[index]! + times * quiet;
    this.#count(index, 1);
    return true;
  }

  #blend(sample: number, old: number): number {
    return this.#alpha * sample + (1 - this.#alpha) * old;
  }

  #count(index: number, sign: 1 | -1): void {
    if (Number.isNaN(this.#heard[index]!)) return;
    this.#known += sign;
    this.#sums[0]! += sign * this.#response[index]!;
    this.#sums[1]! += sign * this.#service[index]!;
    this.#sums[2]! += sign * this.#queue[index]!;
  }
}

function grown(from: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length);
  larger.set(from);
  return larger;
}
