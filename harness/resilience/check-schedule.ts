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

/**
 * The same with jitter: the k-th point is up to `jitter` × interval later, by `draw(k)` in [0, 1), so that many balancers, and
 * the backends of one, are not checked all at once. One point never overtakes the next.
 */
export function nextJittered(
  origin: number,
  interval: number,
  jitter: number,
  draw: (k: number) => number,
  at: number,
): number {
  if (jitter === 0) return nextCheck(origin, interval, at);
  const point = (k: number) => origin + (k + jitter * draw(k)) * interval;
  let k = Math.max(0, Math.floor((at - origin) / interval));
  while (point(k) <= at) k++;
  return point(k);
}

/** The longest that a backend which fails every check from some moment on can stay in rotation, ms. */
export function detectionBound(health: {
  interval: number;
  timeout: number;
  unhealthy: number;
  jitter?: number;
}): number {
  return health.interval * (health.unhealthy + (health.jitter ?? 0)) + health.timeout;
}
