/**
 * One backend's circuit breaker. Closed, it lets everything through and counts failures in a row; so many open it, and
 * nothing goes through for a while; then it is half-open and lets so many trial requests through, no more. All of them
 * well close it, one failed opens it again. A client that left says nothing, and gives its trial back.
 *
 * Unlike passive marking, which lets the whole load back at once, it finds out with a request or two.
 * Source: Nygard, "Release It!"; Finagle's failure accrual (5 in a row, out for 5 s, then one probe). Pure: time is an argument.
 */
import type { OutcomeKind } from '../../strategies/strategy.ts';

export interface BreakerLimits {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** Whether a complete response of 500 or above is a failure. */
  readonly errors: boolean;
  /** How long it stays open, ms. */
  readonly open: number;
  /** Requests let through half-open, all of which must go well. */
  readonly trials: number;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

export class Breaker {
  state: BreakerState = 'closed';
  /** When it last changed, ms; −Infinity while it never has. */
  changedAt = Number.NEGATIVE_INFINITY;
  /** Failures in a row, closed. */
  failures = 0;
  /** Trials that are out, and those that went well, half-open. */
  out = 0;
  passed = 0;
  readonly #limits: BreakerLimits;

  constructor(limits: BreakerLimits) {
    this.#limits = limits;
  }

  /** Whether a request may go through now. */
  get admits(): boolean {
    if (this.state === 'half-open') return this.out + this.passed < this.#limits.trials;
    return this.state === 'closed';
  }

  /** When it half-opens by itself, ms; Infinity where it is not open. */
  get due(): number {
    return this.state === 'open' ? this.changedAt + this.#limits.open : Number.POSITIVE_INFINITY;
  }

  /** A request goes through. */
  started(): void {
    if (this.state === 'half-open') this.out++;
  }

  /** A request that began at `startedAt` has ended. Returns whether the state changed. */
  ended(kind: OutcomeKind, startedAt: number, at: number): boolean {
    // Of those from before a change it was judged already, or they were let through for another reason.
    if (startedAt < this.changedAt || this.state === 'open') return false;
    if (this.state === 'half-open') {
      if (this.out === 0) return false;
      this.out--;
    }
    if (kind === 'cancelled') return false;
    const failed = kind !== 'ok' && (kind !== 'error' || this.#limits.errors);
    if (this.state === 'half-open') {
      if (failed) return this.#become('open', at);
      return ++this.passed >= this.#limits.trials && this.#become('closed', at);
    }
    this.failures = failed ? this.failures + 1 : 0;
    return this.failures >= this.#limits.failures && this.#become('open', at);
  }

  /** Half-opens once its time has come. Returns whether the state changed. */
  tick(at: number): boolean {
    return at >= this.due && this.#become('half-open', at);
  }

  #become(state: BreakerState, at: number): true {
    this.state = state;
    this.changedAt = at;
    this.failures = this.out = this.passed = 0;
    return true;
  }
}
