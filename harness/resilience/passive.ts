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

/** Failures in a row, once an attempt has ended as `kind` and there were `before`. A number in the backend's own record: see pooled-backend.ts. */
export function failuresInARow(
  before: number,
  kind: OutcomeKind,
  { errors }: Pick<PassiveLimits, 'errors'>,
): number {
  if (kind === 'cancelled') return before;
  return kind === 'ok' || (kind === 'error' && !errors) ? 0 : before + 1;
}
