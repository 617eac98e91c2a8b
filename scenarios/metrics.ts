/** The metrics an expectation may name, rows of the comparison table, each in its unit. */
import { show } from './show.ts';
import { parseDuration, parseRate, parseShare } from './units.ts';

type Unit = 'duration' | 'rate' | 'share' | 'count';

const units = {
  throughput: 'rate',
  goodput: 'rate',
  errorRate: 'share',
  missed: 'share',
  mean: 'duration',
  p50: 'duration',
  p90: 'duration',
  p95: 'duration',
  p99: 'duration',
  p999: 'duration',
  max: 'duration',
  detection: 'duration',
  recovery: 'duration',
  sacrificed: 'count',
  duplicated: 'count',
  delayed: 'count',
  lostGoodput: 'count',
  lastSent: 'duration',
  victimShare: 'share',
  overshoot: 'count',
  returnedShare: 'share',
  fairAgain: 'duration',
  lost: 'count',
  failed: 'count',
  retries: 'count',
  attemptsPerRequest: 'count',
  ejections: 'count',
  share: 'share',
  fairness: 'share',
} as const satisfies Record<string, Unit>;

export type Metric = keyof typeof units;
export const metrics = Object.keys(units) as [Metric, ...Metric[]];

/** Metrics that only a fault gives a value to; each fault has its own. */
export const metricsOfFaults: ReadonlySet<Metric> = new Set([
  'detection',
  'recovery',
  'sacrificed',
  'delayed',
  'lostGoodput',
  'lastSent',
  'victimShare',
  'overshoot',
  'returnedShare',
  'fairAgain',
]);

/** Metrics that may be of one fault. */
export const metricsOfOneFault: ReadonlySet<Metric> = new Set([...metricsOfFaults, 'duplicated']);

/** Metrics that are of the backends named, and those that may be. */
export const metricsOfBackends: ReadonlySet<Metric> = new Set(['share', 'ejections']);

const readers: Record<Unit, { as: string; parse(text: string | number): number | undefined }> = {
  duration: { as: 'a duration with its unit, such as 250ms', parse: parseDuration },
  rate: { as: 'a rate with its unit, such as 800/s', parse: (text) => parseRate(String(text)) },
  share: { as: 'a share, such as 1% or 0.01', parse: parseShare },
  count: { as: 'a number', parse: (text) => (typeof text === 'number' ? text : undefined) },
};

/** A limit in the metric's unit: milliseconds, requests per second, a share of one or a count; or what was expected. */
export function limitOf(metric: Metric, limit: string | number): number | { message: string } {
  const { as, parse } = readers[units[metric]];
  const value = parse(limit);
  if (value !== undefined && value >= 0 && Number.isFinite(value)) return value;
  return { message: `expected ${as}, as ${metric} is measured, got ${show(limit)}` };
}
