/**
 * Monotonic milliseconds since boot, the same clock as `harness/clock.ts` (which this folder may not import):
 * CLOCK_MONOTONIC is one for host and containers, so times told over the control port can be compared with the harness's.
 */
const origin = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export function now(): number {
  return origin + performance.now();
}
