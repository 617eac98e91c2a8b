/**
 * A backend's average response time that counts less the longer the backend is left alone, by backend index, ms.
 *
 * Formula     avg ← .05·sample + .95·avg, the first sample whole; read as avg·½^k after k whole quiet periods without a
 *             request. The halves are made by `fade`, so that between two calls of it a reading does not change
 * Source      nginx ≥ 1.31, ngx_http_upstream_least_time_module: there in whole seconds, and k counts from a time that
 *             moves at most once in a period, so that even a busy backend looks better for a moment in each
 */
const alpha = 0.05;
/** Halvings after which nothing is left of any average. */
const most = 64;

export class FadingAverage {
  readonly #quiet: number;
  #average = new Float64Array(0);
  #sampled = new Uint8Array(0); // whether any of it is the backend's own
  #sentAt = new Float64Array(0); // when it was last sent a request
  #halvings = new Uint8Array(0); // made since then

  /** `quiet`: milliseconds without a request after which an average counts half. */
  constructor(quiet: number) {
    this.#quiet = quiet;
  }

  /** Makes room for indices below `length`. */
  resize(length: number): void {
    if (length <= this.#average.length) return;
    const [average, sampled, sentAt, halvings] = [this.#average, this.#sampled, this.#sentAt, this.#halvings];
    this.#average = new Float64Array(length);
    this.#sampled = new Uint8Array(length);
    this.#sentAt = new Float64Array(length);
    this.#halvings = new Uint8Array(length);
    this.#average.set(average);
    this.#sampled.set(sampled);
    this.#sentAt.set(sentAt);
    this.#halvings.set(halvings);
  }

  /** As it counts now. */
  of(index: number): number {
    const halvings = this.#halvings[index]!;
    return halvings === 0 ? this.#average[index]! : this.#average[index]! * 2 ** -halvings;
  }

  /** Without the halves. */
  whole(index: number): number {
    return this.#average[index]!;
  }

  /** Starts anew from an average that the first sample of its own will replace. */
  reset(index: number, average: number, now: number): void {
    this.#average[index] = average;
    this.#sampled[index] = 0;
    this.#sentAt[index] = now;
    this.#halvings[index] = 0;
  }

  /** A request was sent: the average counts whole again, or, with `forget`, stays what the quiet has left of it. */
  sent(index: number, now: number, forget: boolean): void {
    if (forget) {
      this.fade(index, now);
      this.#average[index] = this.of(index);
    }
    this.#sentAt[index] = now;
    this.#halvings[index] = 0;
  }

  add(index: number, sample: number): void {
    const first = this.#sampled[index] === 0;
    this.#average[index] = first ? sample : alpha * sample + (1 - alpha) * this.#average[index]!;
    this.#sampled[index] = 1;
  }

  /** Makes the halves that are due. */
  fade(index: number, now: number): void {
    const sentAt = this.#sentAt[index]!;
    const periods = Math.floor((now - sentAt) / this.#quiet);
    // Rounding may leave the division just short of a period that is over.
    const over = sentAt + this.#quiet * (periods + 1) <= now ? periods + 1 : periods;
    this.#halvings[index] = Math.min(most, over);
  }

  /** When the next half is due, later than the `now` of the last `fade`; Infinity where nothing would be left to halve. */
  nextAt(index: number): number {
    const halvings = this.#halvings[index]!;
    return halvings === most ? Number.POSITIVE_INFINITY : this.#sentAt[index]! + this.#quiet * (halvings + 1);
  }
}
