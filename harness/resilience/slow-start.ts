/**
 * A backend that has just come (back) gets its share little by little: cold caches, empty connection pools and code not
 * yet compiled make it slower than its weight says. Its weight counts for max(min, (t / window)^(1 / aggression)) after
 * t ms; aggression 1 is linear, above it the share rises fast at first. Pure arithmetic on the time since it came back.
 *
 * In steps, since each change of a weight makes strategies rebuild what they keep. Within a step the share is that of
 * the step's beginning, so it never runs ahead of the formula.
 * Source: Envoy `slow_start_config` (aggression 1, min_weight_percent 10%). HAProxy `slowstart` moves in steps too.
 */
export interface SlowStartLimits {
  /** ms until the whole weight counts. */
  readonly window: number;
  /** Above 0; 1 is linear. */
  readonly aggression: number;
  /** Least share of the weight, 0 to 1. */
  readonly min: number;
  /** Changes of the weight over the window. */
  readonly steps: number;
}

/** The share of its weight that counts `elapsed` ms after it came back, 0 to 1. */
export function slowShare({ window, aggression, min, steps }: SlowStartLimits, elapsed: number): number {
  if (elapsed >= window) return 1;
  const step = stepAt(window, steps, elapsed);
  return Math.max(min, (step / steps) ** (1 / aggression));
}

/** When the share next changes, ms after it came back; above `elapsed`, and `window` at the latest. */
export function nextSlowStep({ window, steps }: SlowStartLimits, elapsed: number): number {
  return ((stepAt(window, steps, elapsed) + 1) * window) / steps;
}

/** Rounding may leave a moment a little before the step it was put at. */
function stepAt(window: number, steps: number, elapsed: number): number {
  return Math.floor((elapsed / window) * steps + 1e-6);
}
