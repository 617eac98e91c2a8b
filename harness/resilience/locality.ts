/**
 * How much of the load stays at home. Zones stand in levels, the own one first, then the others by distance. Each level can
 * carry its share of available backends × the overprovisioning, so at 1.4 a level keeps everything until less than
 * 1/1.4 = 71% of it is available; what it cannot carry goes to the next, by the same rule. Where all of them together
 * cannot carry everything, each gets in proportion to what it can.
 * Source: Envoy's priority levels (overprovisioning_factor 140). Pure arithmetic.
 */
export interface Level {
  readonly available: number;
  readonly members: number;
}

/** What each level gets, in order, 0 to 1; together 1, or 0 where nobody is available. */
export function levelShares(levels: readonly Level[], overprovisioning: number): number[] {
  let left = 1;
  const shares = levels.map(({ available, members }) => {
    const share = members === 0 ? 0 : Math.min(left, (overprovisioning * available) / members);
    left -= share;
    return share;
  });
  const total = 1 - left;
  return left <= 0 || total === 0 ? shares : shares.map((it) => it / total);
}
