/**
 * The order of contenders: by the scenario's objective, then by a second metric, the median over complete rounds of each. A contender
 * that failed, has no complete round or sent nothing is not ranked. Where rounds are enough to say who may be the best, those come first.
 */
import type { Objective } from '../scenarios/scenario.ts';
import { median } from './latencies.ts';
import { isBetter } from './metrics.ts';
import { type Standing, standingOf } from './standing.ts';
import type { ContenderSummary, PhaseMeasures, Verdict } from './summary.ts';

export interface Criterion {
  label: string;
  unit: 'ms' | '/s' | 'share';
  better: 'higher' | 'lower';
  of(measures: PhaseMeasures): number | null;
}

const goodput: Criterion = { ...plain('goodput', '/s', 'higher'), of: (it) => it.goodput };
const p99: Criterion = {
  ...plain('p99 with errors at the deadline', 'ms', 'lower'),
  of: (it) => it.deadlineLatencyMs.p99,
};

function plain<U extends Criterion['unit']>(label: string, unit: U, better: Criterion['better']) {
  return { label, unit, better };
}

/** What an objective ranks by, and what decides between equals. */
export const criteria: Readonly<Record<Objective, readonly [Criterion, Criterion]>> = {
  goodput: [goodput, p99],
  p99: [p99, goodput],
  throughput: [{ ...plain('throughput', '/s', 'higher'), of: (it) => it.throughput }, p99],
  mean: [
    { ...plain('mean with errors at the deadline', 'ms', 'lower'), of: (it) => it.deadlineLatencyMs.mean },
    goodput,
  ],
  errorRate: [{ ...plain('error rate', 'share', 'lower'), of: (it) => it.errorRate }, goodput],
};

function ofRounds({ rounds }: ContenderSummary, criterion: Criterion): number | null {
  return median(rounds.filter(({ status }) => status === 'complete').map((round) => criterion.of(round)));
}

const isRanked = ({ status, requests }: ContenderSummary) => status === 'complete' && requests.sent > 0;

/** Best first; equals by name. */
export function rank(
  contenders: readonly ContenderSummary[],
  objective: Objective,
  leaders: readonly string[] = [],
): Verdict['ranking'] {
  const [first, second] = criteria[objective];
  return contenders
    .filter(isRanked)
    .map((contender) => ({
      contender: contender.name,
      value: ofRounds(contender, first),
      next: ofRounds(contender, second),
    }))
    .sort((a, b) => {
      const leads = Number(leaders.includes(b.contender)) - Number(leaders.includes(a.contender));
      if (leads !== 0) return leads;
      for (const [criterion, x, y] of [
        [first, a.value, b.value] as const,
        [second, a.next, b.next] as const,
      ]) {
        if (isBetter(criterion, x ?? undefined, y ?? undefined)) return -1;
        if (isBetter(criterion, y ?? undefined, x ?? undefined)) return 1;
      }
      return a.contender < b.contender ? -1 : 1;
    })
    .map(({ contender, value }, index) => ({ place: index + 1, contender, value }));
}

/** Who of the ranked contenders may be the best, as far as their rounds can tell. */
export function standings(contenders: readonly ContenderSummary[], objective: Objective): Standing {
  const [criterion] = criteria[objective];
  return standingOf(
    contenders.filter(isRanked).map(({ name, rounds }) => ({
      name,
      values: new Map(
        rounds.filter(({ status }) => status === 'complete').map((it) => [it.round, criterion.of(it)]),
      ),
    })),
    { better: criterion.better, scale: criterion.unit === 'share' ? 'difference' : 'ratio' },
  );
}
