/** Whether a balancer tries a request again, what it can afford of that, and how long it waits before. */
import { Source, stream } from '../scenarios/random.ts';
import type { BalancerSettings } from '../scenarios/scenario.ts';
import type { OutcomeKind } from '../strategies/strategy.ts';
import type { AttemptEnd, Dispatch } from './dispatch.ts';
import type { BalancerEvent } from './pool.ts';
import { backoffOf } from './resilience/backoff.ts';
import { NowAndThen } from './resilience/now-and-then.ts';
import { mayRetry } from './resilience/retries.ts';
import { RetryBudget } from './resilience/retry-budget.ts';

export class DispatchRetries {
  /** Undefined where there is no limit. */
  readonly budget: RetryBudget | undefined;
  readonly #limits: BalancerSettings['retries'];
  readonly #onEvent: (event: BalancerEvent) => void;
  readonly #refusals = new NowAndThen();
  /** Of waits. */
  readonly #draws: Source;

  constructor(
    limits: BalancerSettings['retries'],
    seed: number,
    now: number,
    onEvent: (event: BalancerEvent) => void,
  ) {
    this.#limits = limits;
    this.#onEvent = onEvent;
    this.#draws = new Source(seed, stream.retries);
    this.budget = limits.budget === false ? undefined : new RetryBudget(limits.budget, now);
  }

  /** Whether it is safe and wanted; not whether there is a backend for it, nor whether it can be afforded. */
  allows(dispatch: Dispatch, kind: OutcomeKind, detail: Omit<AttemptEnd, 'firstByte'>): boolean {
    return mayRetry(this.#limits, kind, dispatch, detail);
  }

  /** Whether a retry keeps away from backends that its request has tried. Source: HAProxy `redispatch`, Envoy `previous_hosts`. */
  get elsewhere(): boolean {
    return this.#limits.elsewhere;
  }

  /** Pays for a retry; false where the budget does not allow it. */
  pay(at: number): boolean {
    if (this.budget === undefined || this.budget.withdraw(at)) return true;
    const refused = this.#refusals.happened(at);
    if (refused > 0) this.#onEvent({ t: at, type: 'retry-budget', refused });
    return false;
  }

  /** ms before the next attempt; 0 where there is no back-off. */
  backoff({ attempts, luck }: Dispatch): number {
    const { backoff } = this.#limits;
    return backoff === false ? 0 : backoffOf(backoff, attempts, this.#draws.draw(luck, attempts));
  }
}
