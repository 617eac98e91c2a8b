/**
 * Whether a request may be tried again. A repetition is safe where the method is idempotent or not a byte of the
 * request left, and only while not a byte of a response has reached the client. A try that timed out is final unless
 * asked for: the client has waited a whole `tryTimeout` already, and repeating it is how overload feeds itself.
 * Source: RFC 9110 §9.2.2; nginx `proxy_next_upstream`.
 */
import type { OutcomeKind } from '../../strategies/strategy.ts';

export interface RetryLimits {
  /** Retries per request, beyond the first attempt. */
  readonly max: number;
  /** How an attempt must have ended. */
  readonly on: readonly ('unreachable' | 'reset' | 'timeout')[];
}

/**
 * Whether it is safe and wanted to try again; whether there is a backend to try it on is the dispatcher's to know.
 * `attempts` counts those made, the one that failed included.
 */
export function mayRetry(
  limits: RetryLimits,
  kind: OutcomeKind,
  request: { readonly attempts: number; readonly idempotent: boolean },
  ended: { readonly sent: boolean; readonly answered: boolean },
): boolean {
  if (ended.answered || request.attempts > limits.max) return false;
  if (!(limits.on as readonly string[]).includes(kind)) return false;
  return request.idempotent || !ended.sent;
}
