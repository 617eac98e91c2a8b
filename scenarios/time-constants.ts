/**
 * The longest time that a contender's behaviour takes to show: how long an average remembers, a newcomer is waited for, an ejection
 * or a slow start lasts. A trial shorter than three times that has not seen what its settings do in the long run.
 */
import type { BalancerSettings } from './balancer-settings.ts';

export interface TimeConstant {
  /** As the scenario names it. */
  readonly what: string;
  readonly ms: number;
}

/** A trial must last so many of them. */
export const enoughOf = 3;

/** Options by which strategies, ours and users' own, call such times. Penalties and lifetimes of answers are none: nothing settles by them. */
const remembered = ['tau', 'quiet', 'blackout', 'window'];

/** Undefined where everything it does shows at once. */
export function longestTimeConstant(
  options: Readonly<Record<string, unknown>>,
  { slowStart, outlier, passive, health }: BalancerSettings,
): TimeConstant | undefined {
  const times: TimeConstant[] = remembered.flatMap((what) => {
    const ms = options[what];
    return typeof ms === 'number' && ms > 0 ? [{ what, ms }] : [];
  });
  if (slowStart !== false) times.push({ what: 'slowStart.window', ms: slowStart.window });
  if (outlier !== false) times.push({ what: 'outlier.ejection', ms: outlier.interval + outlier.ejection });
  // An active check that passes ends it sooner.
  if (passive !== false && health === false) times.push({ what: 'passive.ejection', ms: passive.ejection });
  return times.reduce<TimeConstant | undefined>(
    (longest, it) => (longest === undefined || it.ms > longest.ms ? it : longest),
    undefined,
  );
}
