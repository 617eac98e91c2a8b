/**
 * How many retries a balancer may add to the load: a share of its requests, and so many a second whatever the load. When
 * everything fails at once, retries would otherwise double the load on what is left, and keep it down after its cause has
 * gone. Over any ten seconds it lets through at most share × requests + min × 10 s.
 *
 * Each request puts in `share`, each retry takes out one, and what is ten seconds old is forgotten, in steps of one.
 * Source: Finagle `RetryBudget` (20%, 10/s, ten seconds), which Linkerd took over.
 */
export interface RetryBudgetLimits {
  /** Retries per request, 0 to 1. */
  readonly share: number;
  /** Retries per second, whatever the load. */
  readonly min: number;
}

const slotMs = 1_000;
const slots = 10;

export class RetryBudget {
  readonly #limits: RetryBudgetLimits;
  /** What each of the last ten seconds put in, less what it took out. */
  readonly #balances = new Float64Array(slots);
  #slot = 0;
  /** When the current slot is over, ms. */
  #until: number;
  /** Requests of the current slot, not yet in its balance. */
  #requests = 0;

  /** `now` and every `at` are ms of one monotonic clock. */
  constructor(limits: RetryBudgetLimits, now: number) {
    this.#limits = limits;
    this.#until = now + slotMs;
  }

  /** A request has come. */
  deposit(at: number): void {
    if (at >= this.#until) this.#advance(at);
    this.#requests++;
  }

  /** Whether a retry is affordable now. */
  affords(at: number): boolean {
    if (at >= this.#until) this.#advance(at);
    this.#settle();
    let balance = (this.#limits.min * slots * slotMs) / 1_000;
    for (const it of this.#balances) balance += it;
    // Sums of shares such as 0.2 fall short of whole numbers.
    return balance >= 1 - 1e-9;
  }

  /** Takes a retry out, where one is affordable; returns whether it was. */
  withdraw(at: number): boolean {
    if (!this.affords(at)) return false;
    this.#balances[this.#slot]! -= 1;
    return true;
  }

  #settle(): void {
    this.#balances[this.#slot]! += this.#requests * this.#limits.share;
    this.#requests = 0;
  }

  #advance(at: number): void {
    this.#settle();
    const passed = Math.floor((at - this.#until) / slotMs) + 1;
    for (let i = 0; i < Math.min(passed, slots); i++) {
      this.#slot = (this.#slot + 1) % slots;
      this.#balances[this.#slot] = 0;
    }
    this.#until += passed * slotMs;
  }
}
