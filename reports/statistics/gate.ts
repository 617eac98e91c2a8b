/**
 * Whether a candidate is worse than its baseline, by more than is tolerated, over paired rounds: the same requests and faults each
 * round, both on one machine within minutes.
 *
 * Per metric the logarithm of candidate ÷ baseline in each round, turned so that above 0 is worse. *Regressed*: the exact one-sided
 * signed-rank test, adjusted by Holm over all metrics that are gated, rejects "no worse" at α, and the Hodges-Lehmann estimate is beyond
 * 1 + δ. *Passed*: the one-sided upper bound at 1 − α is below 1 + δ. *Inconclusive* otherwise. Together: regressed when any metric
 * is, passed when all are. A share of errors has no ratio where there are none, so it is judged by its difference: regressed when the
 * test rejects and the difference is beyond its own limit; passed when the upper bound is within.
 */
import { detectable } from './effect.ts';
import { holm } from './holm.ts';
import { bounds, fewest, hodgesLehmann, signedRank } from './signed-rank.ts';

export interface Paired {
  readonly metric: string;
  readonly better: 'lower' | 'higher';
  /** By round, in the same order. */
  readonly base: readonly number[];
  readonly head: readonly number[];
  /** Compared by difference instead of ratio, against this limit, in the metric's own unit. */
  readonly difference?: number;
}

export type GateVerdict = 'regressed' | 'pass' | 'inconclusive';

export interface MetricVerdict {
  readonly metric: string;
  readonly verdict: GateVerdict;
  /** `ratio`: above 1 is worse; `difference`: above 0 is. Estimate and bounds are in that scale. */
  readonly scale: 'ratio' | 'difference';
  readonly estimate: number;
  /** One-sided, each on its own with 1 − α. Infinite (0 for a ratio's lower one) where rounds are too few. */
  readonly lower: number;
  readonly upper: number;
  /** Of "no worse", adjusted over all metrics. */
  readonly p: number;
  /** The smallest effect that so many rounds would have found in 80 of 100 such comparisons, in the same scale; never below what is tolerated. */
  readonly detectable: number;
}

export interface Gate {
  readonly verdict: GateVerdict;
  readonly rounds: number;
  /** Fewest rounds with which this many metrics can be decided at all. */
  readonly fewest: number;
  readonly metrics: readonly MetricVerdict[];
}

/** @param tolerated δ, as a share: 0.05 lets 5% pass */
export function gate(metrics: readonly Paired[], tolerated = 0.05, doubt = 0.05): Gate {
  const worse = metrics.map(worsening);
  const ps = holm(worse.map((it) => signedRank(it).greater));
  const each = metrics.map((metric, i): MetricVerdict => {
    const isRatio = metric.difference === undefined;
    const limit = isRatio ? Math.log1p(tolerated) : metric.difference!;
    const estimate = hodgesLehmann(worse[i]!);
    const { lower, upper } = bounds(worse[i]!, 1 - doubt);
    const verdict =
      ps[i]! <= doubt && estimate > limit ? 'regressed' : upper < limit ? 'pass' : 'inconclusive';
    const scaled = isRatio ? Math.exp : (it: number) => it;
    return {
      metric: metric.metric,
      verdict,
      scale: isRatio ? 'ratio' : 'difference',
      estimate: scaled(estimate),
      lower: scaled(lower),
      upper: scaled(upper),
      p: ps[i]!,
      detectable: scaled(Math.max(limit, detectable(worse[i]!, doubt / metrics.length))),
    };
  });
  const verdict = together(each.map((it) => it.verdict));
  const rounds = Math.min(...metrics.map(({ base }) => base.length));
  return { verdict, rounds, fewest: fewest(doubt / metrics.length), metrics: each };
}

/** Regressed when any is, passed when all are. */
export function together(verdicts: readonly GateVerdict[]): GateVerdict {
  if (verdicts.includes('regressed')) return 'regressed';
  return verdicts.every((it) => it === 'pass') ? 'pass' : 'inconclusive';
}

/** By round, above 0 where the candidate is worse. Rounds in which both are 0 are even; only one of them: infinitely apart. */
function worsening({ better, base, head, difference }: Paired): number[] {
  if (base.length !== head.length)
    throw new RangeError(`expected as many rounds of both, got ${base.length} and ${head.length}`);
  const sign = better === 'lower' ? 1 : -1;
  return base.map((before, round) => {
    const after = head[round]!;
    if (difference !== undefined) return sign * (after - before);
    return before === after ? 0 : sign * Math.log(after / before);
  });
}
