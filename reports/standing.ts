/**
 * How ranked contenders stand against the best of them, over paired rounds: who may be the best, who is not, and by how much.
 * The values are the objective's, one a round; ratios are compared by their logarithms, a share of errors by difference.
 */
import { roundsToProve } from '../scenarios/plan.ts';
import { againstBest } from './statistics/best.ts';
import type { Interval, Verdict } from './summary.ts';

export interface Standing extends Pick<Verdict, 'ties' | 'proven' | 'intervals'> {
  /** Contenders that may be the best; one alone where the order is proven. */
  leaders: string[];
}

/** One ranked contender: its objective in each complete round, by the round's number; null where a round has none. */
export interface Ranked {
  name: string;
  values: ReadonlyMap<number, number | null>;
}

const nothing: Standing = { ties: [], proven: false, intervals: [], leaders: [] };

export function standingOf(
  contenders: readonly Ranked[],
  { better, scale }: { better: 'higher' | 'lower'; scale: Interval['scale'] },
): Standing {
  const common = [...(contenders[0]?.values.keys() ?? [])].filter((round) =>
    contenders.every(({ values }) => values.has(round)),
  );
  if (contenders.length < 2 || common.length < roundsToProve(contenders.length)) return nothing;
  const costs = contenders.map(({ values }) =>
    common.map((round) => costOf(values.get(round) ?? null, better, scale)),
  );
  // One without a good answer in some round cannot be the best of those that had one in each.
  const sound = costs.map((rounds) => rounds.every(Number.isFinite));
  const compared = contenders.filter((_, i) => sound[i]);
  if (compared.length === 0) return nothing;
  const against = againstBest(costs.filter((_, i) => sound[i]));
  const scaled = scale === 'ratio' ? Math.exp : (it: number) => it;
  const intervals = contenders.map(({ name }): Interval => {
    const it = against[compared.findIndex((one) => one.name === name)];
    if (it === undefined) return { contender: name, scale, estimate: null, lower: null, upper: null };
    const end = (value: number) => (Number.isFinite(value) ? scaled(value) : null);
    return {
      contender: name,
      scale,
      estimate: scaled(it.estimate),
      lower: end(it.lower),
      upper: end(it.upper),
    };
  });
  const leaders = compared.filter((_, i) => against[i]!.mayBeBest).map(({ name }) => name);
  return { intervals, leaders, proven: leaders.length === 1, ties: leaders.length > 1 ? [leaders] : [] };
}

/** Less is better; Infinity where there is nothing to compare. */
function costOf(value: number | null, better: 'higher' | 'lower', scale: Interval['scale']): number {
  if (value === null) return Number.POSITIVE_INFINITY;
  if (scale === 'difference') return better === 'lower' ? value : -value;
  return better === 'lower' ? Math.log(value) : -Math.log(value);
}
