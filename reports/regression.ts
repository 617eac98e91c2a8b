/**
 * Two recordings of the same scenario, round against round: is the candidate worse than the baseline? The statistics are those of
 * `statistics/gate.ts`; here stand which numbers are compared, and what must be the same for a comparison to mean anything.
 */
import type { Environment, Run } from '../harness/recording.ts';
import { missed } from './metrics.ts';
import { type Gate, type GateVerdict, gate, type Paired, together } from './statistics/gate.ts';
import type { ContenderSummary, RoundSummary, Summary } from './summary.ts';

export const comparisonVersion = 1;

export interface Side {
  run: Run;
  summary: Summary;
}

export interface Tolerance {
  /** δ: by so much a ratio may be worse, as a share. */
  ratio: number;
  /** By so much the share of requests that failed, were lost or came late may be larger. */
  errors: number;
}

/** One contender, as it was and as it is. */
export interface ContenderComparison extends Gate {
  contender: string;
}

/** `comparison.json`. */
export interface RunComparison {
  schemaVersion: typeof comparisonVersion;
  scenario: string;
  base: string;
  head: string;
  tolerance: Tolerance;
  verdict: GateVerdict;
  contenders: ContenderComparison[];
  /** Sentences a reader must know before believing the verdict. */
  notes: string[];
}

/** Why two recordings cannot be compared, in a sentence. */
export class Incomparable extends Error {}

/** What is gated: three percentiles that count errors at the deadline, goodput, and what went wrong. */
const gated: readonly { metric: string; better: Paired['better']; of(round: RoundSummary): number | null }[] =
  [
    { metric: 'p50', better: 'lower', of: (it) => it.deadlineLatencyMs.p50 },
    { metric: 'p95', better: 'lower', of: (it) => it.deadlineLatencyMs.p95 },
    { metric: 'p99', better: 'lower', of: (it) => it.deadlineLatencyMs.p99 },
    { metric: 'goodput', better: 'higher', of: (it) => it.goodput },
  ];

/**
 * Compares every contender that both have; throws `Incomparable` where there is none, or where the two were not asked the same.
 * @param meant paths of the scenario, such as `fleet.0`, that may differ because their difference is what is compared
 */
export function compareRuns(
  base: Side,
  head: Side,
  tolerance: Tolerance,
  meant: readonly string[] = [],
): RunComparison {
  const isMeant = (path: string) => meant.some((it) => path === it || path.startsWith(`${it}.`));
  const different = differences(asked(base.run), asked(head.run)).filter((path) => !isMeant(path));
  if (different.length > 0)
    throw new Incomparable(
      `expected two runs of the same scenario, got different ${different.slice(0, 4).join(', ')}` +
        `${different.length > 4 ? ` and ${different.length - 4} more` : ''}; ` +
        'compare runs that differ in their contenders or their code only, or say with --different what is meant to differ',
    );
  const contenders = base.summary.contenders.flatMap((before) => {
    const after = head.summary.contenders.find(({ name }) => name === before.name);
    return after === undefined ? [] : [{ contender: before.name, ...gateOf(before, after, tolerance) }];
  });
  if (contenders.length === 0)
    throw new Incomparable(
      `expected a contender that is in both, got ${names(base)} in the first and ${names(head)} in the second`,
    );
  return {
    schemaVersion: comparisonVersion,
    scenario: base.run.scenario.name,
    base: base.run.id,
    head: head.run.id,
    tolerance,
    verdict: together(contenders.map(({ verdict }) => verdict)),
    contenders,
    notes: [...notesOn(base, head), ...failuresIn(base, head)],
  };
}

const names = ({ summary }: Side) => summary.contenders.map(({ name }) => name).join(', ') || 'none';

function gateOf(before: ContenderSummary, after: ContenderSummary, tolerance: Tolerance): Gate {
  const complete = ({ rounds }: ContenderSummary) => rounds.filter(({ status }) => status === 'complete');
  const pairs = complete(before).flatMap((base) => {
    const head = complete(after).find(({ round, seed }) => round === base.round && seed === base.seed);
    return head === undefined ? [] : [{ base, head }];
  });
  const column = (of: (round: RoundSummary) => number | null, better: Paired['better']) => {
    // A round without a single good answer is as bad as can be.
    const worst = better === 'lower' ? Number.POSITIVE_INFINITY : 0;
    return {
      base: pairs.map((it) => of(it.base) ?? worst),
      head: pairs.map((it) => of(it.head) ?? worst),
    };
  };
  const ratios = gated.map(({ metric, better, of }): Paired => ({ metric, better, ...column(of, better) }));
  const errors: Paired = {
    ...{ metric: 'missed', better: 'lower', difference: tolerance.errors },
    ...column((it) => missed(it.requests) ?? 1, 'lower'),
  };
  return gate([...ratios, errors], tolerance.ratio);
}

/** What both were asked: the scenario, less what does not change any request or fault. */
function asked({ scenario, driver, seed }: Run): Record<string, unknown> {
  const {
    contenders: _,
    name: __,
    about: ___,
    expect: ____,
    rounds: _____,
    objective: ______,
    ...world
  } = scenario;
  return { ...world, driver, seed };
}

/** Paths at which two plain values differ. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (Object.is(a, b)) return [];
  if (!isObject(a) || !isObject(b)) return [path];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], path === '' ? key : `${path}.${key}`),
  );
}

const isObject = (it: unknown): it is Record<string, unknown> => typeof it === 'object' && it !== null;

/** What makes one machine another, as far as a recording tells. */
const machine = [
  'platform',
  'cpuModel',
  'cpus',
  'memoryBytes',
  'kernel',
] as const satisfies (keyof Environment)[];

/** Whether both were measured on machines that cannot be told apart; simulations do not depend on theirs. */
export function sameMachine(base: Run, head: Run): boolean {
  return base.driver === 'simulation' || machine.every((it) => base.environment[it] === head.environment[it]);
}

/** A sentence each: contenders that are compared and failed, whose numbers are those of fewer rounds, or of none. */
export function failuresIn(base: Side, head: Side): string[] {
  const sides = [['baseline', base, head] as const, ['candidate', head, base] as const];
  return sides.flatMap(([which, { summary }, other]) =>
    summary.contenders
      .filter(
        ({ name, status }) => status === 'failed' && other.summary.contenders.some((it) => it.name === name),
      )
      .map(
        ({ name, error }) =>
          `${name} of the ${which} failed: ${error?.split('\n')[0] ?? 'it did not say why'}`,
      ),
  );
}

function notesOn(base: Side, head: Side): string[] {
  const notes: string[] = [];
  if (!sameMachine(base.run, head.run))
    notes.push('The two were measured on different machines, so differences may be theirs.');
  for (const [which, { summary }] of [['baseline', base] as const, ['candidate', head] as const])
    if (summary.status !== 'complete') notes.push(`The ${which} is ${summary.status}.`);
  return notes;
}
