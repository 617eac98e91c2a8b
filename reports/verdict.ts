/** What a run comes to: the order of its contenders, how sure it is, what was expected, and all that in a sentence. */
import type { Run } from '../harness/recording.ts';
import { loadFolder } from '../scenarios/registry.ts';
import type { Objective } from '../scenarios/scenario.ts';
import { type CheckDefinition, listed } from './checks/check.ts';
import { metricsByName } from './metrics.ts';
import { inUnit, percent, plural } from './numbers.ts';
import { criteria, rank, standings } from './ranking.ts';
import type { Standing } from './standing.ts';
import { bounds } from './statistics/signed-rank.ts';
import type { ContenderSummary, ExpectationResult, Interval, Verdict } from './summary.ts';

export const checks = await loadFolder<CheckDefinition>(new URL('./checks/', import.meta.url));

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

/** Two-sided. */
const certainty = 0.95;

/** ` [38.1 ms, 45.0 ms]`: where the objective of a contender lies by its rounds; empty where they are too few to say. */
function range({ rounds }: ContenderSummary, objective: Objective): string {
  const [{ of, unit }] = criteria[objective];
  const values = rounds.filter(({ status }) => status === 'complete').map(of);
  if (!values.every((value) => value !== null)) return '';
  const { lower, upper } = bounds(values, 1 - (1 - certainty) / 2);
  return Number.isFinite(lower) ? ` [${inUnit(lower, unit)}, ${inUnit(upper, unit)}]` : '';
}

function factsOf(
  best: ContenderSummary,
  value: number | null,
  objective: Objective,
  claims: boolean,
): string[] {
  const [{ label, unit }] = criteria[objective];
  return [
    ...(claims && objective !== 'errorRate'
      ? [`${label} ${inUnit(value, unit)}${range(best, objective)}`]
      : [
          ...(objective === 'goodput' ? [`goodput ${inUnit(best.goodput, '/s')}`] : []),
          ...(objective === 'throughput' ? [`throughput ${inUnit(best.throughput, '/s')}`] : []),
          ...(objective === 'mean' ? [`mean ${inUnit(best.latencyMs.mean, 'ms')}`] : []),
        ]),
    ...(claims && objective === 'p99' ? [] : [`p99 ${inUnit(best.latencyMs.p99, 'ms')}`]),
    `${percent(best.errorRate ?? 0)} errors`,
    // The error rate leaves them out, as nobody knows how they would have ended; they must not go unsaid for it.
    ...(best.requests.inFlightAtEnd > 0
      ? [`${plural(best.requests.inFlightAtEnd, 'request')} unanswered at the end`]
      : []),
  ];
}

/** `1.32 times as good as the next, random`, or by how much its share of errors is smaller. */
function lead(next: string, { scale, estimate }: Interval, its: Interval | undefined): string {
  // The best was then compared with whoever comes after it, or with nobody.
  if (estimate === null || its?.estimate === null)
    return `ahead of ${next}, which had no good answer in some round`;
  return scale === 'difference'
    ? `by ${percent(-estimate)} of the requests against the next, ${next}`
    : `${(1 / estimate).toFixed(2)} times as good as the next, ${next}`;
}

function sentence(
  contenders: readonly ContenderSummary[],
  ranking: Verdict['ranking'],
  objective: Objective,
  { leaders, intervals }: Standing,
  rounds: number,
): string {
  const best = contenders.find(({ name }) => name === ranking[0]?.contender);
  if (!best) return 'No contender completed a trial under load, so there is no order.';
  const claims = intervals.length > 0;
  const [{ label, unit }] = criteria[objective];
  const sacrificed = metricsByName.sacrificed.of(best);
  const cost = sacrificed === undefined ? '' : `, ${plural(sacrificed, 'request')} sacrificed to the faults`;
  const facts = `${best.name}: ${factsOf(best, ranking[0]!.value, objective, claims).join(', ')}${cost}`;
  const next = ranking[1];
  if (next === undefined) return `${facts}.`;
  if (!claims)
    return `${facts}. Next: ${next.contender}, ${label} ${inUnit(next.value, unit)} against ${inUnit(ranking[0]!.value, unit)}. ${observed(rounds)}`;
  const certain = `${percent(certainty)} certain, over ${plural(rounds, 'round')}`;
  if (leaders.length === 1) {
    const mine = intervals.find(({ contender }) => contender === best.name)!;
    const its = intervals.find(({ contender }) => contender === next.contender);
    return `${facts}. The best, ${lead(next.contender, mine, its)}; ${certain}.`;
  }
  const others = leaders.filter((name) => name !== best.name);
  return `${facts}; ties with ${listed(others)} (${certain}).`;
}

export function verdictOf(run: Run, contenders: readonly ContenderSummary[]): Verdict {
  const { objective } = run.scenario;
  const standing = standings(contenders, objective);
  const { ties, proven, intervals, leaders } = standing;
  const ranking = rank(contenders, objective, leaders);
  const rounds = Math.max(
    0,
    ...contenders.map((it) => it.rounds.filter(({ status }) => status === 'complete').length),
  );
  return {
    ...{ objective, ranking, ties, proven, intervals },
    sentence: sentence(contenders, ranking, objective, standing, rounds),
    expectations: expectationsOf(run, contenders),
  };
}
