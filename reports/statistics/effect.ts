/**
 * The smallest effect that a number of paired rounds would have found: what "no difference was found" is worth.
 *
 * From the noise of the differences (the median of their distances from their estimate, made a standard deviation), as for a one-sided
 * signed-rank test with this much doubt and power: (z₁₋α + z_power) · σ ÷ √(0.955 n), 0.955 being the test's efficiency against the
 * t test where noise is normal (3/π; Hodges and Lehmann 1956). With heavier tails it is better than that.
 */
import { normalQuantile } from '../../scenarios/service-times/normal.ts';
import { fewest, hodgesLehmann } from './signed-rank.ts';

const efficiency = 3 / Math.PI;
const madOfNormal = 0.6744897501960817;

/** In the differences' unit; Infinity where so few rounds find nothing, however large. */
export function detectable(differences: readonly number[], doubt: number, power = 0.8): number {
  const n = differences.length;
  if (n < fewest(doubt)) return Number.POSITIVE_INFINITY;
  return (
    ((normalQuantile(1 - doubt) + normalQuantile(power)) * spread(differences)) / Math.sqrt(efficiency * n)
  );
}

/** The standard deviation of a normal law with the same median distance from its middle. */
export function spread(differences: readonly number[]): number {
  const centre = hodgesLehmann(differences);
  const distances = differences.map((it) => Math.abs(it - centre)).sort((a, b) => a - b);
  const middle = distances.length >> 1;
  const median =
    distances.length % 2 === 1 ? distances[middle]! : (distances[middle - 1]! + distances[middle]!) / 2;
  return median / madOfNormal;
}
