/** The metrics that tables, expectations and rankings name: where each stands in the summary, its unit, and which way is better. */
import type { metrics } from '../scenarios/scenario.ts';
import type { Failover, FailoverNumber, Latency, Measures, Phase, Requests } from './summary.ts';

export type MetricName = (typeof metrics)[number];
export type Unit = 'ms' | '/s' | 'share' | 'requests';

export interface Metric {
  label: string;
  /** Where a column must be narrow. */
  short?: string;
  unit: Unit;
  better: 'higher' | 'lower';
  /**
   * Infinity: it never happened (a backend never detected). Undefined: the question does not arise (no fault, nothing sent).
   * The worst of several faults stands for all; sacrifices add up.
   */
  of(measures: Measures, phase?: Phase): number | undefined;
}

function latency(label: string, key: keyof Latency): Metric {
  return {
    label,
    unit: 'ms',
    better: 'lower',
    of: (measures, phase) => part(measures, phase)?.latencyMs[key] ?? undefined,
  };
}

function part(measures: Measures, phase: Phase | undefined) {
  return phase === undefined ? measures : measures.phases?.[phase];
}

function failover(
  label: string,
  unit: Unit,
  key: 'detectMs' | 'recoverMs' | 'sacrificed',
  fold: (values: number[]) => number,
): Metric {
  return {
    label,
    unit,
    better: 'lower',
    of: ({ failover: all }, phase) => {
      const values = all.flatMap((one) => numberOf(one, key) ?? []);
      return all.length === 0 || values.length < all.length || phase !== undefined ? undefined : fold(values);
    },
  };
}

/** A number of one fault: Infinity for what never happened, undefined for what the recording cannot tell. */
export function numberOf(failover: Failover, key: 'detectMs' | FailoverNumber): number | undefined {
  if (key !== 'detectMs' && failover.unknown?.[key] !== undefined) return undefined;
  return failover[key] ?? Number.POSITIVE_INFINITY;
}

const worst = (values: number[]) => Math.max(...values);
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

/** Of what was sent, the share that got no good answer in time; in flight at the end is not known to be either. */
function missed(requests: Requests | undefined): number | undefined {
  if (requests === undefined || requests.sent === 0) return undefined;
  return (requests.failed + requests.lost + requests.late) / requests.sent;
}

export const metricsByName: Readonly<Record<MetricName, Metric>> = {
  throughput: { label: 'throughput', unit: '/s', better: 'higher', of: (m, p) => part(m, p)?.throughput },
  goodput: { label: 'goodput', unit: '/s', better: 'higher', of: (m, p) => part(m, p)?.goodput },
  errorRate: {
    label: 'error rate',
    short: 'errors',
    unit: 'share',
    better: 'lower',
    of: (m, p) => part(m, p)?.errorRate ?? undefined,
  },
  missed: {
    label: 'failed, lost or late',
    short: 'missed',
    unit: 'share',
    better: 'lower',
    of: (m, p) => missed(part(m, p)?.requests),
  },
  mean: latency('mean', 'mean'),
  p50: latency('p50', 'p50'),
  p90: latency('p90', 'p90'),
  p95: latency('p95', 'p95'),
  p99: latency('p99', 'p99'),
  p999: latency('p99.9', 'p999'),
  max: latency('max', 'max'),
  detection: { ...failover('time to detect', 'ms', 'detectMs', worst), short: 'detect' },
  recovery: { ...failover('time to recover', 'ms', 'recoverMs', worst), short: 'recover' },
  sacrificed: failover('sacrificed', 'requests', 'sacrificed', sum),
  lost: { label: 'lost', unit: 'requests', better: 'lower', of: (m, p) => part(m, p)?.requests.lost },
  failed: { label: 'failed', unit: 'requests', better: 'lower', of: (m, p) => part(m, p)?.requests.failed },
};

/** Whether `a` is better than `b`; undefined is worse than anything, and equal to itself. */
export function isBetter(
  { better }: Pick<Metric, 'better'>,
  a: number | undefined,
  b: number | undefined,
): boolean {
  if (a === undefined || Number.isNaN(a)) return false;
  if (b === undefined || Number.isNaN(b)) return true;
  return better === 'higher' ? a > b : a < b;
}
