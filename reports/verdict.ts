/**
 * Who came first. Contenders are ranked by the scenario's objective, then by a second metric: the median over complete
 * rounds of each. A contender that failed, has no complete round or sent nothing is not ranked. The order is what was observed; nothing here
 * claims that it would be observed again.
 */
import type { Run } from '../harness/recording.ts';
import { loadFolder } from '../scenarios/registry.ts';
import type { Objective } from '../scenarios/scenario.ts';
import type { CheckDefinition } from './checks/check.ts';
import { median } from './latencies.ts';
import { isBetter, metricsByName } from './metrics.ts';
import { inUnit, percent, plural } from './numbers.ts';
import type { ContenderSummary, ExpectationResult, Measures, Verdict } from './summary.ts';

export const checks = await loadFolder<CheckDefinition>(new URL('./checks/', import.meta.url));

export interface Criterion {
  label: string;
  unit: 'ms' | '/s' | 'share';
  better: 'higher' | 'lower';
  of(measures: Measures): number | null;
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

/** Best first; equals by name. */
export function rank(contenders: readonly ContenderSummary[], objective: Objective): Verdict['ranking'] {
  const [first, second] = criteria[objective];
  return contenders
    .filter(({ status, requests }) => status === 'complete' && requests.sent > 0)
    .map((contender) => ({
      contender: contender.name,
      value: ofRounds(contender, first),
      next: ofRounds(contender, second),
    }))
    .sort((a, b) => {
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

export function expectationsOf(run: Run, contenders: readonly ContenderSummary[]): ExpectationResult[] {
  return run.scenario.expect.map((expectation) => {
    const check = [...checks.values()].find((it) => it.accepts(expectation));
    if (!check) throw new Error(`no check accepts the expectation ${JSON.stringify(expectation)}`);
    return check.judge(expectation, contenders);
  });
}

/** How the order came about, in a few words. */
export function observed(rounds: number): string {
  return `Observed order of ${plural(rounds, 'round')}, not proven.`;
}

function sentence(
  contenders: readonly ContenderSummary[],
  ranking: Verdict['ranking'],
  objective: Objective,
) {
  const best = contenders.find(({ name }) => name === ranking[0]?.contender);
  if (!best) return 'No contender completed a trial under load, so there is no order.';
  const [criterion] = criteria[objective];
  const facts = [
    ...(objective === 'goodput' ? [`goodput ${inUnit(best.goodput, '/s')}`] : []),
    ...(objective === 'throughput' ? [`throughput ${inUnit(best.throughput, '/s')}`] : []),
    ...(objective === 'mean' ? [`mean ${inUnit(best.latencyMs.mean, 'ms')}`] : []),
    `p99 ${inUnit(best.latencyMs.p99, 'ms')}`,
    `${percent(best.errorRate ?? 0)} errors`,
    // The error rate leaves them out, as nobody knows how they would have ended; they must not go unsaid for it.
    ...(best.requests.inFlightAtEnd > 0
      ? [`${plural(best.requests.inFlightAtEnd, 'request')} unanswered at the end`]
      : []),
  ];
  const next = ranking[1];
  const ahead = next
    ? ` Next: ${next.contender}, ${criterion.label} ${inUnit(next.value, criterion.unit)} against ${inUnit(ranking[0]!.value, criterion.unit)}.`
    : '';
  const sacrificed = metricsByName.sacrificed.of(best);
  const cost = sacrificed === undefined ? '' : `, ${plural(sacrificed, 'request')} sacrificed to the faults`;
  return `${best.name}: ${facts.join(', ')}${cost}.${ahead}`;
}

export function verdictOf(run: Run, contenders: readonly ContenderSummary[]): Verdict {
  const { objective } = run.scenario;
  const ranking = rank(contenders, objective);
  const rounds = Math.max(
    0,
    ...contenders.map((it) => it.rounds.filter(({ status }) => status === 'complete').length),
  );
  return {
    objective,
    ranking,
    ties: [],
    proven: false,
    sentence: `${sentence(contenders, ranking, objective)}${ranking.length > 1 ? ` ${observed(rounds)}` : ''}`,
    expectations: expectationsOf(run, contenders),
  };
}
