/**
 * Several contenders against the best of them, which is chosen from the same data: intervals that hold together.
 *
 * Contenders met the same rounds, so differences are taken round by round and smaller is better. Hsu's multiple comparisons with the
 * best (Constrained simultaneous confidence intervals for multiple comparisons with the best, Annals of Statistics 12, 1984), built on
 * the exact signed-rank bounds of each pair instead of normal ones: if b is the best, the bounds of all others against b hold together
 * with 1 − α when each of the k − 1 holds with 1 − α/(k − 1), and nothing but these is needed, whoever b is.
 */
import { bounds, hodgesLehmann } from './signed-rank.ts';

export interface AgainstBest {
  /** Hodges-Lehmann estimate of the difference to the best of the others; below 0 for the best. */
  readonly estimate: number;
  /** It holds with 1 − α for all contenders together that the true difference is within. */
  readonly lower: number;
  readonly upper: number;
  /** Whether it may be the best: 0 or less is within. */
  readonly mayBeBest: boolean;
}

/**
 * @param values by contender, then by round; smaller is better; finite
 * @param doubt α, the chance that any of the intervals is wrong
 */
export function againstBest(values: readonly (readonly number[])[], doubt = 0.05): AgainstBest[] {
  const k = values.length;
  if (k < 2) return values.map(() => ({ estimate: 0, lower: 0, upper: 0, mayBeBest: true }));
  const confidence = 1 - doubt / (k - 1);
  const differences = (i: number, j: number) => values[i]!.map((value, round) => value - values[j]![round]!);
  const pairs = values.map((_, i) =>
    values.map((_, j) => {
      if (i === j) return { estimate: 0, upper: 0 };
      const between = differences(i, j);
      return { estimate: hodgesLehmann(between), upper: bounds(between, confidence).upper };
    }),
  );
  const others = (i: number) => values.map((_, j) => j).filter((j) => j !== i);
  // The true best has nobody below it, so all upper bounds against it are 0 or more.
  const mayBeBest = values.map((_, i) => others(i).every((j) => pairs[j]![i]!.upper >= 0));
  return values.map((_, i) => {
    const rivals = others(i);
    const candidates = rivals.filter((j) => mayBeBest[j]);
    return {
      estimate: Math.max(...rivals.map((j) => pairs[i]![j]!.estimate)),
      lower: mayBeBest[i] ? Math.min(0, -Math.min(...rivals.map((j) => pairs[j]![i]!.upper))) : 0,
      upper: Math.max(0, ...candidates.map((j) => pairs[i]![j]!.upper)),
      mayBeBest: mayBeBest[i]!,
    };
  });
}
