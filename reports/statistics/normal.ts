/** The normal distribution function, for what is too large to be counted out. */

const logOfSqrt2Pi = 0.5 * Math.log(2 * Math.PI);

/**
 * P(Z ≤ z). G. Marsaglia, Evaluating the Normal Distribution, Journal of Statistical Software 11(4), 2004: its series, good to 1e-15
 * in the middle; beyond ±8, where it is 0 or 1 to that, so it is here.
 */
export function normalBelow(z: number): number {
  if (z < -8) return 0;
  if (z > 8) return 1;
  let sum = z;
  let term = z;
  for (let i = 3, before = Number.NaN; sum !== before; i += 2) {
    before = sum;
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-0.5 * z * z - logOfSqrt2Pi);
}
