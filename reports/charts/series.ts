/** What several charts draw from: each contender's timeline as one series, and the time its faults held. */
import { counted } from '../contenders.ts';
import { namedFault } from '../fault-tables.ts';
import { inOrder, type Report } from '../judge.ts';
import { median } from '../latencies.ts';
import { milliseconds } from '../numbers.ts';
import type { ContenderSummary } from '../summary.ts';
import type { TimelineRow } from '../timeline.ts';
import type { TrialFold } from '../trial-fold.ts';
import type { LegendEntry, Spec } from './chart.ts';
import { color } from './theme.ts';

/** One step of the timeline; over several rounds, means of counts and medians of percentiles. */
export interface Step {
  /** Middle of the step, s from t = 0. */
  t: number;
  /** Per second. */
  ok: number;
  errors: number;
  causes: Record<string, number>;
  /** By backend index; NaN in a step without attempts. */
  shares: number[];
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface Series {
  summary: ContenderSummary;
  folds: TrialFold[];
  steps: Step[];
  /** Length of a step, ms: 250, or more in a long trial. */
  stepMs: number;
  /** Length of the measured window, s. */
  seconds: number;
}

/** Best contender first; those without a single request are left out. Only whole steps within the window. */
export function seriesOf({ summary, folds }: Report): Series[] {
  return inOrder(summary).flatMap((name) => {
    const contender = summary.contenders.find((it) => it.name === name)!;
    const own = counted(folds.filter(({ trial }) => trial.contender === name));
    if (contender.requests.sent === 0) return [];
    const windowMs = Math.min(...own.map(({ trial }) => trial.windowMs));
    // Rounds of unlike length may have unlike steps: the longest is a multiple of every other.
    const stepMs = Math.max(...own.map((fold) => fold.stepMs));
    const count = Math.floor(windowMs / stepMs);
    if (count === 0) return []; // it died within the first step: nothing to draw over time
    const steps = Array.from({ length: count }, (_, index) =>
      stepOf(
        own.map((fold) => {
          const parts = stepMs / fold.stepMs;
          return fold.timeline.slice(index * parts, (index + 1) * parts);
        }),
        stepMs,
      ),
    );
    return [{ summary: contender, folds: own, steps, stepMs, seconds: windowMs / 1000 }];
  });
}

/** @param rounds the timeline of each round within the step */
function stepOf(rounds: readonly (readonly TimelineRow[])[], stepMs: number): Step {
  const rows = rounds.flat();
  const perSecond = (of: (row: TimelineRow) => number) =>
    rows.reduce((sum, row) => sum + of(row), 0) / rounds.length / (stepMs / 1000);
  // A step without an ok response has no percentile, and is passed over where another has.
  const middle = (of: (row: TimelineRow) => number | null) =>
    rows.length === rounds.length
      ? median(rows.map(of))
      : median(rows.map(of).filter((value) => value !== null));
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.causes)))];
  const picked = rows.reduce((sum, row) => sum + row.backends.reduce((a, b) => a + b, 0), 0);
  return {
    t: (rows[0]!.t + stepMs / 2) / 1000,
    ok: perSecond((row) => row.ok),
    errors: perSecond((row) => row.failed + row.lost),
    causes: Object.fromEntries(names.map((name) => [name, perSecond((row) => row.causes[name] ?? 0)])),
    shares: rows[0]!.backends.map(
      (_, index) => rows.reduce((sum, row) => sum + row.backends[index]!, 0) / picked,
    ),
    p50: middle(({ p50 }) => p50),
    p95: middle(({ p95 }) => p95),
    p99: middle(({ p99 }) => p99),
  };
}

/** The time a contender's faults held, drawn behind everything else. No layer where there were none. */
export function faultBands({ summary, seconds }: Series): Spec[] {
  const values = summary.failover.map(({ takenMs, healedMs }) => ({
    from: Math.max(0, takenMs / 1000),
    to: Math.min(seconds, (healedMs ?? seconds * 1000) / 1000),
  }));
  if (values.length === 0) return [];
  return [
    {
      data: { values },
      mark: { type: 'rect', color: color.band },
      encoding: { x: { field: 'from', type: 'quantitative' }, x2: { field: 'to' } },
    },
  ];
}

export function faultLegend(all: readonly Series[]): LegendEntry[] {
  const names = faultNames(all);
  return names === '' ? [] : [{ label: names, color: color.band, shape: 'band' }];
}

/** `crash of app-2`; several joined by commas. */
export function faultNames(all: readonly Series[]): string {
  const found = all.flatMap(({ summary }) => summary.failover.map(namedFault));
  return [...new Set(found)].join('; ');
}

/** The step of a drawing, as its description names it: `250 ms`; of several contenders, the longest. */
export function stepOfAll(all: readonly Series[]): string {
  return milliseconds(Math.max(...all.map(({ stepMs }) => stepMs)));
}

/** Seconds from the start of the measured window, the same for every panel. */
export function timeAxis({ seconds }: Series): Spec {
  return {
    field: 't',
    type: 'quantitative',
    scale: { domain: [0, seconds], nice: false },
    axis: { title: 'seconds from the start', tickCount: 6 },
  };
}

/** `a` best of all, to `z` worst: the extremes of a number over the contenders, for titles. Null where none has it. */
export function extremes(
  all: readonly Series[],
  of: (summary: ContenderSummary) => number | null | undefined,
): { low: { name: string; value: number }; high: { name: string; value: number } } | null {
  const values = all
    .map(({ summary }) => ({ name: summary.name, value: of(summary) }))
    .filter(
      (it): it is { name: string; value: number } =>
        typeof it.value === 'number' && Number.isFinite(it.value),
    )
    .sort((a, b) => a.value - b.value);
  return values.length === 0 ? null : { low: values[0]!, high: values.at(-1)! };
}
