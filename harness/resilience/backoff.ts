/**
 * How long a retry waits: anything up to base × 2^(retries so far), at most `max`. Full jitter, so that those who failed
 * together do not come back together. Source: AWS Architecture Blog, "Exponential backoff and jitter" (2015); base and
 * max are Envoy's (25 ms, ten times that).
 */
export interface BackoffLimits {
  /** ms. */
  readonly base: number;
  readonly max: number;
}

/** ms before the next attempt, of which `made` were made already (1 or more); `random` is uniform in [0, 1). */
export function backoffOf({ base, max }: BackoffLimits, made: number, random: number): number {
  return random * Math.min(max, base * 2 ** (made - 1));
}
