/** From the folds of one trial, or of several pooled, to the measures of summary.json. Pure. */
import type { Run } from '../harness/recording.ts';
import { divergenceOf } from './divergence.ts';
import { addEjections } from './ejections.ts';
import type { Repeated } from './executions.ts';
import { describe, median, pooled } from './latencies.ts';
import { pooledRegret } from './regret.ts';
import type { Sample } from './sample.ts';
import { addAttempts, jain, sharesOf, total } from './shares.ts';
import type { Failover, FailoverNumber, Measures, Phase, PhaseMeasures, Requests } from './summary.ts';
import type { TrialFold } from './trial-fold.ts';

function addRequests(all: readonly Requests[]): Requests {
  const sum: Requests = {
    ...{ sent: 0, ok: 0, failed: 0, lost: 0, inFlightAtEnd: 0, notSent: 0, late: 0 },
    byOutcome: {},
  };
  const keys = ['sent', 'ok', 'failed', 'lost', 'inFlightAtEnd', 'notSent', 'late'] as const;
  for (const one of all) {
    for (const key of keys) sum[key] += one[key];
    if (one.aborted !== undefined) sum.aborted = (sum.aborted ?? 0) + one.aborted;
    for (const [name, count] of Object.entries(one.byOutcome))
      sum.byOutcome[name] = (sum.byOutcome[name] ?? 0) + count;
  }
  return sum;
}

/** @param attempts picked in the same stretches; null where attempts are no requests'; @param repeated null where nobody knows */
export function phaseMeasures(
  samples: readonly Sample[],
  cap: number,
  attempts: number | null,
  repeated: Repeated | null = null,
): PhaseMeasures {
  const total = (of: (sample: Sample) => number) => samples.reduce((sum, sample) => sum + of(sample), 0);
  const seconds = total((it) => it.seconds);
  const requests = addRequests(samples.map((it) => it.requests));
  const ok = pooled(samples.map((it) => it.ok));
  const perSecond = (count: number) => (seconds > 0 ? count / seconds : 0);
  return {
    seconds,
    requests,
    throughput: perSecond(total((it) => it.complete)),
    goodput: perSecond(total((it) => it.good)),
    errorRate: requests.sent === 0 ? null : (requests.failed + requests.lost) / requests.sent,
    duplicated: repeated?.known ?? null,
    perhapsDuplicated: repeated?.perhaps ?? null,
    attemptsPerRequest: attempts === null || requests.sent === 0 ? null : attempts / requests.sent,
    latencyMs: describe(ok),
    deadlineLatencyMs: describe(
      pooled([ok, ...samples.map((it) => it.open)]),
      cap,
      total((it) => it.atDeadline),
    ),
  };
}

/** One fault over several rounds: medians. A round in which the fault did not take has no part in it. */
function poolFailover(folds: readonly TrialFold[]): Failover[] {
  const groups = new Map<string, Failover[]>();
  for (const failover of folds.flatMap((fold) => fold.failover)) {
    const key = `${failover.fault}.${failover.occurrence}`;
    groups.set(key, [...(groups.get(key) ?? []), failover]);
  }
  return [...groups.values()].map((all) => {
    const middle = (of: (failover: Failover) => number | null) => median(all.map(of));
    const { fault, occurrence, kind, backends } = all[0]!;
    const unknown = Object.assign({}, ...all.map((it) => it.unknown)) as NonNullable<Failover['unknown']>;
    const known = (key: FailoverNumber) => (key in unknown ? null : middle((it) => it[key]));
    return {
      ...{ fault, occurrence, kind, backends },
      askedMs: middle((it) => it.askedMs) ?? 0,
      takenMs: middle((it) => it.takenMs) ?? 0,
      healedMs: middle((it) => it.healedMs),
      ejectedMs: middle((it) => it.ejectedMs),
      detectMs: middle((it) => it.detectMs),
      recoverMs: known('recoverMs'),
      sacrificed: known('sacrificed'),
      duplicated: known('duplicated'),
      perhapsDuplicated: middle((it) => it.perhapsDuplicated),
      delayed: known('delayed'),
      lostGoodput: known('lostGoodput'),
      lastSentMs: middle((it) => it.lastSentMs),
      victimShare: known('victimShare'),
      overshoot: known('overshoot'),
      readmittedMs: middle((it) => it.readmittedMs),
      returnedShare: known('returnedShare'),
      fairAgainMs: known('fairAgainMs'),
      ...(Object.keys(unknown).length > 0 ? { unknown } : {}),
    };
  });
}

/** Of all rounds; null where one does not know. */
function repeatedIn(folds: readonly TrialFold[], phase: Phase | 'all'): Repeated | null {
  const all = folds.flatMap(({ repeated }) => (typeof repeated === 'string' ? [] : [repeated[phase]]));
  if (all.length < folds.length) return null;
  return {
    known: all.reduce((sum, { known }) => sum + known, 0),
    perhaps: all.reduce((sum, { perhaps }) => sum + perhaps, 0),
  };
}

/** @param folds at least one */
export function measuresOf(run: Pick<Run, 'backends' | 'driver'>, folds: readonly TrialFold[]): Measures {
  const cap = folds[0]!.cap;
  const phased = folds.flatMap(({ phases }) => (phases ? [phases] : []));
  const attempts = addAttempts(
    folds.map((fold) => fold.attempts),
    run.backends.length,
  );
  const tries = (picks: Float64Array) => (attempts.ofConnections ? null : total(picks));
  const sent = folds.reduce((sum, fold) => sum + fold.sentWithWarmup, 0);
  const regret = pooledRegret(folds.flatMap((fold) => fold.regret ?? []));
  const twins = folds.flatMap(({ twin }) => (twin === undefined ? [] : [twin]));
  const cpu = folds.reduce((sum, { trial }) => sum + (trial.cpu?.proxyMicros ?? 0), 0);
  const ofPhase = (phase: Phase) =>
    phaseMeasures(
      phased.map((it) => it[phase]),
      cap,
      tries(attempts.phases[phase]),
      repeatedIn(folds, phase),
    );
  return {
    ...phaseMeasures(
      folds.map((fold) => fold.whole),
      cap,
      tries(attempts.picks),
      repeatedIn(folds, 'all'),
    ),
    phases:
      phased.length === 0
        ? null
        : {
            before: ofPhase('before'),
            during: ofPhase('during'),
            after: ofPhase('after'),
          },
    perBackend: sharesOf(
      attempts,
      run.backends,
      addEjections(
        folds.map((fold) => fold.ejections),
        run.backends.length,
      ),
    ),
    fairness: jain(
      [...attempts.picks],
      run.backends.map(({ weight }) => weight),
    ),
    retries: attempts.retries,
    failover: poolFailover(folds),
    ...(run.driver === 'simulation'
      ? {}
      : { cpuMicrosPerRequest: sent === 0 || cpu === 0 ? null : cpu / sent }),
    ...(regret && { regret }),
    ...(twins.length === 0 ? {} : { simulated: divergenceOf(twins) }),
  };
}
