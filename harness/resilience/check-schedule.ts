/**
 * When active checks begin: on a fixed grid of the interval, counted from when the backend joined. A check begins on
 * time even while the one before is still out, so that slow failures do not thin the checks, and a fault is noticed
 * at most interval × threshold + timeout after it takes hold. Pure arithmetic: a stalled process skips points, it does
 * not make up for them in a burst.
 */

/** The first point of the grid origin, origin + interval, … that lies after `at`. All in ms. */
export function nextCheck(origin: number, interval: number, at: number): number {
  if (at < origin) return origin;
  const next = origin + (Math.floor((at - origin) / interval) + 1) * interval;
  // Rounding may leave it on `at` itself.
  return next > at ? next : next + interval;
}

/** The longest that a backend which fails every check from some moment on can stay in rotation, ms. */
export function detectionBound(health: { interval: number; timeout: number; unhealthy: number }): number {
  return health.interval * health.unhealthy + health.timeout;
}
