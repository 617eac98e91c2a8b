/**
 * Marking a backend down on what real requests meet: so many connection failures, resets and timeouts in a row. It
 * notices within a few requests what an active check notices within a few intervals, and what a check that takes
 * another road (its own path, its own connection) may never notice.
 *
 * A complete response of 500 or above is an answer: it ends the row of failures, unless `errors` asks that it count.
 * A client that left says nothing. Source: Envoy's consecutive (locally originated) failures; nginx `max_fails`.
 */
import type { OutcomeKind } from '../../strategies/strategy.ts';

export interface PassiveLimits {
  /** Failures in a row that mark a backend down. */
  readonly failures: number;
  /** Whether a complete response of 500 or above is a failure too. */
  readonly errors: boolean;
}

export class PassiveHealth {
  /** Failures in a row. */
  consecutive = 0;

  /** Takes in one attempt's end. Returns whether this one fills the row: the backend is to be marked down. */
  ended(kind: OutcomeKind, limits: PassiveLimits): boolean {
    if (kind === 'cancelled') return false;
    if (kind === 'ok' || (kind === 'error' && !limits.errors)) {
      this.consecutive = 0;
      return false;
    }
    this.consecutive++;
    if (this.consecutive < limits.failures) return false;
    this.consecutive = 0;
    return true;
  }
}
