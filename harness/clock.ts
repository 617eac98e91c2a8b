/**
 * The one clock: monotonic milliseconds since boot, the same in every process and container of this machine
 * (CLOCK_MONOTONIC), so that times taken in the generator, the proxy, a backend and the harness can be subtracted.
 * `performance.now()` is the same clock from another origin, and much the cheaper to read.
 */
const origin = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Monotonic milliseconds, with a resolution well below a microsecond. */
export function now(): number {
  return origin + performance.now();
}
