/**
 * A backend's average response time, in the four ways least-response-time knows, by backend index, ms.
 *
 * `started`   total of the responses ÷ requests started, as the article's balancer does: requests in flight pull it down
 * `finished`  mean of all responses
 * `ewma`      α = .1, as the article's statistics: avg ← .1·latency + .9·avg, the first sample as it is
 * `last-100`  mean of the last 100 responses
 *
 * Everything lies in typed arrays, the averages too, and a latency arrives inside its outcome: a number handed to or from
 * a function that is not compiled into its caller is put on the heap, at every call.
 */
import type { Outcome } from './strategy.ts';

export const averageKinds = ['started', 'finished', 'ewma', 'last-100'] as const;

const alpha = 0.1;
const window = 100;

export class ResponseAverage {
  readonly #kind: (typeof averageKinds)[number];
  /** By index, ms; zero while nothing is known. Kept up to date; another array once an index beyond its end is reset. */
  current = new Float64Array(16);
  #total = new Float64Array(16); // of ewma: the average itself
  #count = new Float64Array(16);
  #samples: Float64Array[] = [];

  constructor(kind: (typeof averageKinds)[number]) {
    this.#kind = kind;
  }

  /** Zero while nothing is known. */
  of(index: number): number {
    return this.current[index] ?? 0;
  }

  /** Forgets everything; with an average, goes on as if `inFlight` + 1 requests had shown it. */
  reset(index: number, average = 0, inFlight = 0): void {
    if (index >= this.current.length) this.#grow(index + 1);
    this.#total[index] = 0;
    this.#count[index] = 0;
    this.current[index] = 0;
    if (this.#kind === 'last-100') this.#samples[index] = new Float64Array(window);
    if (average === 0) return;
    if (this.#kind === 'started') {
      this.#count[index] = 1 + inFlight;
      this.#total[index] = average * (1 + inFlight);
      this.#settle(index);
    } else this.add(index, average);
  }

  started(index: number): void {
    if (this.#kind !== 'started') return;
    this.#count[index] = this.#count[index]! + 1;
    this.#settle(index);
  }

  /** A request that ended and says nothing. */
  withdrawn(index: number): void {
    if (this.#kind !== 'started') return;
    this.#count[index] = Math.max(0, this.#count[index]! - 1);
    this.#settle(index);
  }

  /** A response that took so long. */
  add(index: number, latency: number): void {
    this.ended(index, { kind: 'ok', latency, firstByte: latency }, 0);
  }

  /** A request has ended; where it is not ok it counts as no shorter than `penalty`, where cancelled it says nothing. */
  ended(index: number, outcome: Outcome, penalty: number): void {
    if (outcome.kind === 'cancelled') {
      this.withdrawn(index);
      return;
    }
    const latency = outcome.kind === 'ok' ? outcome.latency : Math.max(outcome.latency, penalty);
    const total = this.#total[index]!;
    const count = this.#count[index]!;
    if (this.#kind !== 'started') this.#count[index] = count + 1;
    if (this.#kind === 'ewma')
      this.#total[index] = count === 0 ? latency : alpha * latency + (1 - alpha) * total;
    else if (this.#kind === 'last-100') {
      const samples = this.#samples[index]!;
      const at = count % window;
      this.#total[index] = total + latency - samples[at]!;
      samples[at] = latency;
    } else this.#total[index] = total + latency;
    this.#settle(index);
  }

  /** The average from its parts. */
  #settle(index: number): void {
    const total = this.#total[index]!;
    const count = this.#count[index]!;
    if (count === 0) this.current[index] = 0;
    else if (this.#kind === 'ewma') this.current[index] = total;
    else this.current[index] = total / (this.#kind === 'last-100' ? Math.min(count, window) : count);
  }

  #grow(least: number): void {
    const larger = (old: Float64Array) => {
      const grown = new Float64Array(Math.max(least, 2 * old.length));
      grown.set(old);
      return grown;
    };
    this.#total = larger(this.#total);
    this.#count = larger(this.#count);
    this.current = larger(this.current);
  }
}
