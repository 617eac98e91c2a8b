/**
 * Whether a request may be tried again. A repetition is safe where the method is idempotent or not a byte of the
 * request left, and only while not a byte of a response has reached the client. A try that timed out is final unless
 * asked for: the client has waited a whole `tryTimeout` already, and repeating it is how overload feeds itself.
 * Source: RFC 9110 §9.2.2; nginx `proxy_next_upstream`; Envoy `retriable_status_codes`.
 */
import type { OutcomeKind } from '../../strategies/strategy.ts';

export interface RetryLimits {
  /** Retries per request, beyond the first attempt. */
  readonly max: number;
  /** How an attempt must have ended. */
  readonly on: readonly ('unreachable' | 'reset' | 'timeout')[];
  /** Or the status of its complete response, where that was not passed on. */
  readonly statuses: readonly number[];
}

/**
 * Whether it is safe and wanted to try again; whether there is a backend to try it on is the dispatcher's to know.
 * `attempts` counts those made, the one that failed included.
 */
export function mayRetry(
  limits: RetryLimits,
  kind: OutcomeKind,
  request: { readonly attempts: number; readonly idempotent: boolean },
  ended: { readonly status: number; readonly sent: boolean; readonly answered: boolean },
): boolean {
  if (ended.answered || request.attempts > limits.max) return false;
  const listed = ended.status > 0 ? limits.statuses : limits.on;
  if (!(listed as readonly unknown[]).includes(ended.status > 0 ? ended.status : kind)) return false;
  return request.idempotent || !ended.sent;
}
