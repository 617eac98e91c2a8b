/**
 * Popularity by Zipf's law: P(rank k) ∝ k^−s over ranks 1 … n, in constant time and memory per draw.
 *
 * Rejection-inversion: W. Hörmann, G. Derflinger, Rejection-inversion to generate variates from monotone discrete
 * distributions, ACM TOMACS 6 (1996). A rejection takes the next attempt of the same request's draws, so that no request's
 * luck depends on another's.
 */
import type { Source } from './random.ts';

export class Zipf {
  readonly #n: number;
  readonly #s: number;
  /** H at the left end, and the length from there to H at the right end. */
  readonly #left: number;
  readonly #span: number;
  /** Within this distance below a rank, acceptance is certain: the squeeze. */
  readonly #sure: number;

  /** Ranks 1 … n (n ≥ 1), exponent s ≥ 0; 0 is uniform. */
  constructor(n: number, s: number) {
    this.#n = n;
    this.#s = s;
    this.#left = this.#integral(1.5) - 1;
    this.#span = this.#integral(n + 0.5) - this.#left;
    this.#sure = 2 - this.#inverse(this.#integral(2.5) - 2 ** -s);
  }

  /** The rank of one request, from 1 to n. */
  rank(draws: Source, request: number): number {
    for (let attempt = 0; ; attempt++) {
      const area = this.#left + draws.draw(request, attempt) * this.#span;
      const x = this.#inverse(area);
      const k = Math.min(this.#n, Math.max(1, Math.round(x)));
      if (k - x <= this.#sure || area >= this.#integral(k + 0.5) - k ** -this.#s) return k;
    }
  }

  /** H(x) = ∫₁ˣ t^−s dt, written so that s near 1 loses nothing. */
  #integral(x: number): number {
    const log = Math.log(x);
    const t = (1 - this.#s) * log;
    return Math.abs(t) < 1e-8 ? log * (1 + t / 2) : (Math.expm1(t) / t) * log;
  }

  #inverse(area: number): number {
    // Rounding may carry the argument past the pole at −1, which stands for x = ∞ or 0.
    const t = Math.max(-1, area * (1 - this.#s));
    return Math.exp(Math.abs(t) < 1e-8 ? area * (1 - t / 2) : (Math.log1p(t) / t) * area);
  }
}
