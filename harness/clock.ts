/**
 * The one clock: monotonic milliseconds since boot, the same in every process and container of this machine
 * (CLOCK_MONOTONIC), so that times taken in the generator, the proxy, a backend and the harness can be subtracted.
 * `performance.now()` is the same clock from another origin, and much the cheaper to read.
 */
const origin = measuredOrigin();

/**
 * The largest of several differences. Both clocks are read one after the other, and what lies between counts as an
 * error: the first read of `performance` loads it, which was seen to take 1.1 to 2.2 ms.
 */
function measuredOrigin(): number {
  let nearest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < 20; i++)
    nearest = Math.max(nearest, Number(process.hrtime.bigint()) / 1e6 - performance.now());
  return nearest;
}

/** Monotonic milliseconds, with a resolution well below a microsecond. */
export function now(): number {
  return origin + performance.now();
}
