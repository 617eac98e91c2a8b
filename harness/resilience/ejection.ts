/**
 * How long a backend that real requests condemn stays out, and how many may be out at once. Who is condemned again stays
 * out longer, base × the number of its ejections, up to a maximum; one of them is forgotten for each `forget` ms that it
 * then serves. And the rest of the pool must be able to carry the load: at most a share of it is out, though always one.
 * Source: Envoy outlier detection (base_ejection_time, max_ejection_time, max_ejection_percent). Pure arithmetic.
 */
export interface EjectionLimits {
  /** Length of the first, ms. */
  readonly base: number;
  /** Length of the longest, ms. */
  readonly max: number;
  /** Time in service for which one is forgotten, ms. */
  readonly forget: number;
}

/** How many count against it after `served` ms in service, of `count` before. */
export function remembered(count: number, served: number, { forget }: EjectionLimits): number {
  return Math.max(0, count - Math.floor(served / forget));
}

/** Length of the `count`-th ejection that counts, from 1, ms. */
export function ejectionTime(count: number, { base, max }: EjectionLimits): number {
  return Math.min(base * count, Math.max(base, max));
}

/** Whether one more of so many members may go, where `out` are out already. `most` is a share of one. */
export function mayEject(out: number, members: number, most: number): boolean {
  // Shares such as 0.07 of 100 fall short of whole numbers.
  return out < Math.max(1, Math.floor(most * members + 1e-9));
}
