/**
 * From where to where: the zones in tiers, nearest first, as one region sees them, and what part of its requests goes to
 * each tier.
 *
 * `whole`: all to the nearest tier whose share of available members reaches `healthShare`. `gradual`: each tier takes
 * (its share ÷ `healthShare`) of what the nearer ones left, at most all (Envoy's priority levels, where healthShare
 * is 1 ÷ the overprovisioning factor of 1.4). Where no tier has its share, both are `gradual`, and parts that add up to
 * less than everything are scaled up: giving the nearest all of it would fell that too.
 */
import type { Pool } from './strategy.ts';

export interface Plan {
  /** Indices of zones, one list per tier, nearest tier first. */
  readonly tiers: readonly (readonly number[])[];
  /** Up to which u in [0, 1) a request goes to that tier or a nearer one. */
  readonly until: Float64Array;
  /** The tier that gets everything; -1 when several share. */
  readonly only: number;
}

/** `latencies`: to each zone, ms; Infinity where unknown. Equal ones are one tier. */
export function planFor(
  zones: readonly Pool[],
  latencies: readonly number[],
  healthShare: number,
  spill: 'whole' | 'gradual',
): Plan {
  const steps = [...new Set(latencies)].sort((a, b) => a - b);
  const tiers = steps.map((step) => [...zones.keys()].filter((zone) => latencies[zone] === step));
  const parts = tiers.map((tier) => {
    const members = tier.reduce((sum, zone) => sum + zones[zone]!.members.length, 0);
    const available = tier.reduce((sum, zone) => sum + zones[zone]!.available.length, 0);
    // Compared without dividing, so that 1 of 3 reaches a third.
    return available === 0 ? 0 : available >= members * healthShare ? 1 : available / members / healthShare;
  });
  const healthy = parts.indexOf(1);
  if (spill === 'whole' && healthy >= 0) parts.fill(0).fill(1, healthy, healthy + 1);

  const until = new Float64Array(tiers.length);
  let sum = 0;
  parts.forEach((part, tier) => {
    sum = Math.min(1, sum + part);
    until[tier] = sum;
  });
  if (sum > 0) for (let tier = 0; tier < until.length; tier++) until[tier] = until[tier]! / sum;
  const first = until.findIndex((bound) => bound > 0);
  return { tiers, until, only: first >= 0 && until[first] === 1 ? first : -1 };
}
