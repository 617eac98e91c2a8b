/**
 * A backend's average response time, in the four ways least-response-time knows, by backend index, ms.
 *
 * `started`   total of the responses ÷ requests started, as the article's balancer does: requests in flight pull it down
 * `finished`  mean of all responses
 * `ewma`      α = .1, as the article's statistics: avg ← .1·latency + .9·avg, the first sample as it is
 * `last-100`  mean of the last 100 responses
 */
export const averageKinds = ['started', 'finished', 'ewma', 'last-100'] as const;

const alpha = 0.1;
const window = 100;

export class ResponseAverage {
  readonly #kind: (typeof averageKinds)[number];
  #total: number[] = []; // of ewma: the average itself
  #count: number[] = [];
  #samples: Float64Array[] = [];

  constructor(kind: (typeof averageKinds)[number]) {
    this.#kind = kind;
  }

  /** Zero while nothing is known. */
  of(index: number): number {
    const count = this.#count[index] ?? 0;
    if (count === 0) return 0;
    if (this.#kind === 'ewma') return this.#total[index]!;
    return this.#total[index]! / (this.#kind === 'last-100' ? Math.min(count, window) : count);
  }

  /** Forgets everything; with an average, goes on as if `inFlight` + 1 requests had shown it. */
  reset(index: number, average = 0, inFlight = 0): void {
    this.#total[index] = 0;
    this.#count[index] = 0;
    if (this.#kind === 'last-100') this.#samples[index] = new Float64Array(window);
    if (average === 0) return;
    if (this.#kind === 'started') {
      this.#count[index] = 1 + inFlight;
      this.#total[index] = average * (1 + inFlight);
    } else this.add(index, average);
  }

  started(index: number): void {
    if (this.#kind === 'started') this.#count[index] = this.#count[index]! + 1;
  }

  /** A request that ended and says nothing. */
  withdrawn(index: number): void {
    if (this.#kind === 'started') this.#count[index] = Math.max(0, this.#count[index]! - 1);
  }

  add(index: number, latency: number): void {
    const total = this.#total[index]!;
    const count = this.#count[index]!;
    if (this.#kind === 'started') {
      this.#total[index] = total + latency;
      return;
    }
    this.#count[index] = count + 1;
    if (this.#kind === 'finished') this.#total[index] = total + latency;
    else if (this.#kind === 'ewma')
      this.#total[index] = count === 0 ? latency : alpha * latency + (1 - alpha) * total;
    else {
      const samples = this.#samples[index]!;
      const at = count % window;
      this.#total[index] = total + latency - samples[at]!;
      samples[at] = latency;
    }
  }
}
