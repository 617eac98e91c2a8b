/**
 * Whether a real run and its simulated twins come to the same conclusion: the same winner or tie by the scenario's objective,
 * error rates within a point, p99 within 15% where the run is not overloaded. `divergence.ts` compares request by request;
 * this asks what a reader would ask who has only one of the two. Pure.
 *
 * A tie here is what nobody would choose by: within 5% of the best (a share of errors: within a point). Past its capacity a run's
 * p99 is the length of its queues, which grows with every delay of the machine, so it is shown there and not held against.
 */
import type { Run } from '../harness/recording.ts';
import { listed } from './checks/check.ts';
import { median } from './latencies.ts';
import { phaseMeasures } from './measures.ts';
import { missed } from './metrics.ts';
import { inUnit, percent } from './numbers.ts';
import { criteria } from './ranking.ts';
import type { Agreement, ContenderAgreement, ContenderSummary, Finding, PhaseMeasures } from './summary.ts';
import type { TrialFold } from './trial-fold.ts';

export const limits = {
  /** Shares within which values of the objective tie, and within which p99 agree. */
  tie: 0.05,
  p99: 0.15,
  /** Share of requests: one point. */
  errors: 0.01,
  /** Failed, lost or late beyond this share, on either side: overloaded. */
  overload: 0.05,
} as const;

type Twinned = TrialFold & Required<Pick<TrialFold, 'simulated'>>;
const isTwinned = (fold: TrialFold): fold is Twinned =>
  fold.simulated !== undefined && fold.trial.status === 'complete';

/** Undefined where no complete trial has a twin, as in every simulation. */
export function agreementOf(
  run: Pick<Run, 'scenario'>,
  folds: readonly TrialFold[],
  contenders: readonly ContenderSummary[],
): Agreement | undefined {
  const sides = contenders.flatMap(({ name }) => {
    const own = folds.filter((fold) => fold.trial.contender === name).filter(isTwinned);
    return own.length === 0 ? [] : [{ name, own }];
  });
  if (sides.length === 0) return undefined;
  const all = sides.map(({ name, own }) => ofContender(name, own));
  const leaders = (side: 'measured' | 'simulated') => leadersOf(run, sides, side);
  const winner = { measured: leaders('measured'), simulated: leaders('simulated') };
  return {
    winner,
    contenders: all,
    findings: [winnerFinding(winner, sides.length), errorFinding(all), p99Finding(all)],
  };
}

function sideOf({ whole, simulated, cap }: Twinned, side: 'measured' | 'simulated'): PhaseMeasures {
  return phaseMeasures([side === 'measured' ? whole : simulated], cap, null);
}

/** Best first, with all who tie with the best; empty where nobody has a value. */
function leadersOf(
  { scenario }: Pick<Run, 'scenario'>,
  sides: readonly { name: string; own: readonly Twinned[] }[],
  side: 'measured' | 'simulated',
): string[] {
  const [{ of, better, unit }] = criteria[scenario.objective];
  const values = sides
    .flatMap(({ name, own }) => {
      const value = median(own.map((fold) => of(sideOf(fold, side))));
      return value === null ? [] : [{ name, value }];
    })
    .sort((a, b) => (better === 'lower' ? a.value - b.value : b.value - a.value));
  const best = values[0]?.value ?? 0;
  const slack = unit === 'share' ? limits.errors : limits.tie * best;
  return values.filter(({ value }) => Math.abs(value - best) <= slack).map(({ name }) => name);
}

function ofContender(name: string, own: readonly Twinned[]): ContenderAgreement {
  const pooled = (side: 'measured' | 'simulated') =>
    phaseMeasures(
      own.map((fold) => (side === 'measured' ? fold.whole : fold.simulated)),
      own[0]!.cap,
      null,
    );
  const [measured, simulated] = [pooled('measured'), pooled('simulated')];
  const [errors, p99] = [
    { measured: measured.errorRate, simulated: simulated.errorRate },
    { measured: measured.latencyMs.p99, simulated: simulated.latencyMs.p99 },
  ];
  const overloaded = [measured, simulated].some((it) => (missed(it.requests) ?? 0) > limits.overload);
  return {
    name,
    errorRate: { ...errors, agree: within(errors, (a, b) => Math.abs(a - b) <= limits.errors) },
    p99Ms: {
      ...p99,
      agree: overloaded ? null : within(p99, (a, b) => Math.max(a, b) <= Math.min(a, b) * (1 + limits.p99)),
    },
    overloaded,
  };
}

/** Null where one of the two is not known. */
function within(
  { measured, simulated }: { measured: number | null; simulated: number | null },
  close: (a: number, b: number) => boolean,
): boolean | null {
  return measured === null || simulated === null ? null : close(measured, simulated);
}

function winnerFinding({ measured, simulated }: Agreement['winner'], contenders: number): Finding {
  const check = 'winner';
  if (contenders < 2) return { check, ok: null, detail: 'one contender alone wins nothing' };
  if (measured.length === 0 || simulated.length === 0)
    return { check, ok: null, detail: 'there is no value to rank by' };
  const ok = simulated.includes(measured[0]!) && measured.includes(simulated[0]!);
  return { check, ok, detail: `measured: ${listed(measured)}; simulated: ${listed(simulated)}` };
}

function errorFinding(all: readonly ContenderAgreement[]): Finding {
  const apart = all.filter(({ errorRate }) => errorRate.agree === false);
  const said = ({ name, errorRate: { measured, simulated } }: ContenderAgreement) =>
    `${name}: measured ${percent(measured ?? 0)}, simulated ${percent(simulated ?? 0)}`;
  return {
    check: 'error rates within 1 point',
    ok: all.every(({ errorRate }) => errorRate.agree === null) ? null : apart.length === 0,
    detail: (apart.length > 0 ? apart : all).map(said).join('; '),
  };
}

function p99Finding(all: readonly ContenderAgreement[]): Finding {
  const judged = all.filter(({ p99Ms }) => p99Ms.agree !== null);
  const apart = judged.filter(({ p99Ms }) => p99Ms.agree === false);
  const said = ({ name, p99Ms: { measured, simulated } }: ContenderAgreement) =>
    `${name}: measured ${inUnit(measured, 'ms')}, simulated ${inUnit(simulated, 'ms')}`;
  return {
    check: 'p99 within 15% where not overloaded',
    ok: judged.length === 0 ? null : apart.length === 0,
    detail:
      judged.length === 0
        ? 'every contender is overloaded, or has no p99'
        : (apart.length > 0 ? apart : judged).map(said).join('; '),
  };
}
