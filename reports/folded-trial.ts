/**
 * What a report keeps of a trial whose rows were folded while it ran: the same shape as `trial-fold.ts` makes of rows, from
 * `folds.json`. Counts, means and maxima are the same; percentiles are within the error of the histograms. Pure.
 */
import {
  causes,
  type Event,
  type Folds,
  fingerprint,
  outcomes,
  type Run,
  type Trial,
} from '../harness/recording.ts';
import { countEjections } from './ejections.ts';
import { foldedAway, foldedFailover, mergedCells, rankIn } from './folded-failover.ts';
import { Histogram } from './histogram.ts';
import { pooled } from './latencies.ts';
import { type Sample, wayToEnd } from './sample.ts';
import { ofConnections } from './served.ts';
import type { AttemptCounts } from './shares.ts';
import type { Phase, Requests } from './summary.ts';
import { countEnd, emptyLines, type TimelineRow } from './timeline.ts';
import { panickedIn, strangersIn, type TrialFold } from './trial-fold.ts';
import { faultTime, faultWindows, gone, phaseSeconds, type Stretch } from './windows.ts';

const phaseNames = ['before', 'during', 'after'] as const;

export function foldedTrial(run: Run, trial: Trial, folds: Folds, events: readonly Event[]): TrialFold {
  const mine = events.filter((event) => event.trial === trial.id).sort((a, b) => a.t - b.t);
  const windows = faultWindows(run, trial, mine);
  const union = faultTime(windows, trial.windowMs);
  const seconds = phaseSeconds(union, trial.windowMs);
  const parts = phaseNames.map((phase) => sampleOf(folds, phase, seconds[phase]));
  const contradiction = contradictionOf(trial, folds, union);
  const lived = windows
    .filter(({ taken }) => folds.requests > 0 && taken < trial.windowMs)
    .map((window) => ({ window, ...foldedFailover(run, trial, window, folds, mine) }));
  return {
    trial,
    windows,
    whole: together(parts, trial.windowMs / 1000),
    phases:
      union.length === 0 || contradiction !== undefined
        ? null
        : { before: parts[0]!, during: parts[1]!, after: parts[2]! },
    cap: folds.capMs * 1000,
    attempts: { ...attemptsOf(folds), ...(ofConnections(run, trial) ? { ofConnections: true } : {}) },
    ejections: countEjections(mine, run.backends, union, trial.windowMs),
    failover: lived.map(({ failover }) => failover),
    zooms: lived.map(({ zoom }) => zoom),
    timeline: timelineOf(trial, folds, run.backends.length),
    stepMs: folds.timeline.slotMs * slotsPerStep,
    sentWithWarmup: folds.sentWithWarmup,
    duplicates: duplicatesIn(folds),
    ...(contradiction === undefined ? {} : { unread: contradiction }),
    repeated: foldedAway,
    unexplained: 0,
    strangers: strangersIn(mine),
    afterDetection: lived.flatMap(({ window, failover, fold }) =>
      fold &&
      gone.has(window.kind) &&
      failover.detectMs !== null &&
      !panickedIn(mine, window, failover.detectMs)
        ? [
            {
              window,
              count: fold.afterDetection.count,
              first: fold.afterDetection.first ?? Number.POSITIVE_INFINITY,
            },
          ]
        : [],
    ),
  };
}

/** Folds that were told something else than the rest of the recording says are not to be read. */
function contradictionOf(trial: Trial, folds: Folds, union: readonly Stretch[]): string | undefined {
  if (folds.windowMs !== trial.windowMs)
    return `its folds are of a window of ${folds.windowMs} ms, and the trial's was ${trial.windowMs} ms`;
  const toldOf = folds.faultTime
    .map(({ from, to }) => ({ from, to: Math.min(trial.windowMs, to ?? trial.windowMs) }))
    .filter(({ from, to }) => from < to);
  const same =
    toldOf.length === union.length &&
    union.every(({ from, to }, i) => toldOf[i]!.from === from && toldOf[i]!.to === to);
  return same ? undefined : 'its folds were told of other faults than its events name';
}

function sampleOf({ phases, capMs }: Folds, phase: Phase, seconds: number): Sample {
  const { reasons, late, atDeadline, complete, good, ok, open } = phases[phase];
  const of = (name: string) =>
    reasons.filter(({ outcome }) => outcome === name).reduce((sum, { count }) => sum + count, 0);
  const position = ({ outcome, cause, status }: (typeof reasons)[number]) =>
    (outcomes.indexOf(outcome as 'ok') * causes.length + causes.indexOf(cause as 'none')) * 65_536 + status;
  const byOutcome: Requests['byOutcome'] = {};
  for (const { outcome, cause, status, count } of reasons.toSorted((a, b) => position(a) - position(b))) {
    if (outcome === 'not-sent') continue;
    const name = wayToEnd(outcome, cause, status);
    byOutcome[name] = (byOutcome[name] ?? 0) + count;
  }
  return {
    seconds,
    requests: {
      sent: of('ok') + of('failed') + of('lost') + of('aborted') + of('in-flight'),
      ok: of('ok'),
      failed: of('failed'),
      lost: of('lost'),
      inFlightAtEnd: of('in-flight'),
      notSent: of('not-sent'),
      late,
      ...(of('aborted') > 0 ? { aborted: of('aborted') } : {}),
      byOutcome,
    },
    ...{ complete, good, atDeadline },
    ok: new Histogram(ok, capMs * 1000),
    open: new Histogram(open, capMs * 1000),
  };
}

function together(parts: readonly Sample[], seconds: number): Sample {
  const total = (of: (sample: Sample) => number) => parts.reduce((sum, part) => sum + of(part), 0);
  const requests = (key: Exclude<keyof Requests, 'byOutcome'>) => total((part) => part.requests[key] ?? 0);
  const byOutcome: Requests['byOutcome'] = {};
  for (const part of parts)
    for (const [name, count] of Object.entries(part.requests.byOutcome))
      byOutcome[name] = (byOutcome[name] ?? 0) + count;
  return {
    seconds,
    requests: {
      ...{ sent: requests('sent'), ok: requests('ok'), failed: requests('failed'), lost: requests('lost') },
      ...{ inFlightAtEnd: requests('inFlightAtEnd'), notSent: requests('notSent'), late: requests('late') },
      ...(requests('aborted') > 0 ? { aborted: requests('aborted') } : {}),
      byOutcome,
    },
    complete: total((part) => part.complete),
    good: total((part) => part.good),
    atDeadline: total((part) => part.atDeadline),
    ok: pooled(parts.map((part) => part.ok)),
    open: pooled(parts.map((part) => part.open)),
  };
}

function attemptsOf({ picks, errors, retries }: Folds): AttemptCounts {
  const phases = {
    before: Float64Array.from(picks.before),
    during: Float64Array.from(picks.during),
    after: Float64Array.from(picks.after),
  };
  return {
    picks: phases.before.map((count, i) => count + phases.during[i]! + phases.after[i]!),
    errors: Float64Array.from(errors),
    phases,
    retries,
  };
}

const slotsPerStep = 5;

function timelineOf(trial: Trial, { timeline }: Folds, backends: number): TimelineRow[] {
  const { slotMs, slots, ended, inFlight, bits, ok, picks } = timeline;
  const stepMs = slotMs * slotsPerStep;
  let last = Math.floor(trial.windowMs / stepMs);
  for (const { counts } of ended)
    last = Math.max(last, Math.floor(counts.findLastIndex((count) => count > 0) / slotsPerStep));
  const lines = emptyLines(trial, last + 1, stepMs, backends);
  let flying = 0;
  for (const [step, line] of lines.entries()) {
    const own = Array.from({ length: slotsPerStep }, (_, i) => step * slotsPerStep + i);
    for (const slot of own) {
      flying += inFlight[slot] ?? 0;
      if (slot < slots)
        for (const { outcome, cause, status, counts } of ended)
          if (counts[slot]! > 0) countEnd(line, outcome, cause, status, counts[slot]!);
    }
    line.inFlight = flying;
    if (picks[step]) line.backends = picks[step];
    const cells = mergedCells(own.map((slot) => ok[slot] ?? []));
    if (cells.length === 0) continue;
    const at = (q: number) => rankIn(cells, q, bits) / 1000;
    Object.assign(line, { p50: at(0.5), p95: at(0.95), p99: at(0.99) });
  }
  return lines;
}

/** Each number of a range once has one fingerprint, whatever the order; anything else almost surely another. */
function duplicatesIn({ requests, numbers: { least, most, fingerprint: found } }: Folds): number | string {
  const range = requests === 0 ? 0 : most - least + 1;
  if (range < requests) return requests - range;
  if (range > requests)
    return 'its requests were folded as they came, and their numbers have gaps, so that none can be looked for twice';
  let expected = 0;
  for (let number = least; number <= most; number++) expected = (expected + fingerprint(number)) | 0;
  return expected === found ? 0 : 1;
}
