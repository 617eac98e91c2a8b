/** The metrics that tables, expectations and rankings name: where each stands in the summary, its unit, and which way is better. */
import type { metrics } from '../scenarios/scenario.ts';
import { largest, ofFaults, smallest, sum } from './fault-metrics.ts';
import { jain } from './shares.ts';
import type { BackendShare, Latency, Measures, Phase, Requests } from './summary.ts';

export type MetricName = (typeof metrics)[number];
export type Unit = 'ms' | '/s' | 'share' | 'requests' | 'number';

/** What of a run is asked about: all of it, unless something is named. */
export interface Scope {
  phase?: Phase | undefined;
  /** Position in the scenario's list. */
  fault?: number | undefined;
  /** Ids, and zones as `zone:a`. */
  backend?: string | readonly string[] | undefined;
}

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
  of(measures: Measures, scope?: Scope): number | undefined;
}

function latency(label: string, key: keyof Latency): Metric {
  return {
    label,
    unit: 'ms',
    better: 'lower',
    of: (measures, scope) => part(measures, scope)?.latencyMs[key] ?? undefined,
  };
}

function part(measures: Measures, { phase }: Scope = {}) {
  return phase === undefined ? measures : measures.phases?.[phase];
}

function plain(label: string, unit: Unit, better: Metric['better']) {
  return { label, unit, better };
}

/** Of the backends named; of all where none is. */
function among({ perBackend }: Measures, { backend }: Scope): BackendShare[] {
  if (backend === undefined) return perBackend;
  const asked = new Set([backend].flat());
  return perBackend.filter(
    ({ id, zone }) => asked.has(id) || (zone !== undefined && asked.has(`zone:${zone}`)),
  );
}

/** Theirs together; undefined where nobody was named or nothing was picked. */
function shareOf(measures: Measures, scope: Scope = {}): number | undefined {
  const { phase, backend } = scope;
  const shares = among(measures, scope).flatMap((one) => (phase ? one.phases[phase] : one.share) ?? []);
  return backend === undefined || shares.length === 0 ? undefined : sum(shares);
}

function ejections(measures: Measures, scope: Scope = {}): number | undefined {
  const { phase } = scope;
  if (phase !== undefined && measures.phases === null) return undefined;
  const counts = among(measures, scope).map((one) => (phase ? one.ejections[phase] : one.ejections.all));
  return counts.length === 0 ? undefined : sum(counts);
}

/** Of shares as of counts: the index does not change with their scale. */
function fairness({ fairness: whole, perBackend }: Measures, { phase }: Scope = {}): number | undefined {
  if (phase === undefined) return whole ?? undefined;
  const shares = perBackend.flatMap(({ phases }) => phases[phase] ?? []);
  return shares.length < perBackend.length || shares.length === 0
    ? undefined
    : (jain(
        shares,
        perBackend.map(({ weight }) => weight),
      ) ?? undefined);
}

/** Of what was sent, the share that got no good answer in time; in flight at the end is not known to be either. */
export function missed(requests: Requests | undefined): number | undefined {
  if (requests === undefined || requests.sent === 0) return undefined;
  return (requests.failed + requests.lost + requests.late) / requests.sent;
}

export const metricsByName: Readonly<Record<MetricName, Metric>> = {
  throughput: { label: 'throughput', unit: '/s', better: 'higher', of: (m, s) => part(m, s)?.throughput },
  goodput: { label: 'goodput', unit: '/s', better: 'higher', of: (m, s) => part(m, s)?.goodput },
  errorRate: {
    label: 'error rate',
    short: 'errors',
    unit: 'share',
    better: 'lower',
    of: (m, s) => part(m, s)?.errorRate ?? undefined,
  },
  missed: {
    label: 'failed, lost or late',
    short: 'missed',
    unit: 'share',
    better: 'lower',
    of: (m, s) => missed(part(m, s)?.requests),
  },
  mean: latency('mean', 'mean'),
  p50: latency('p50', 'p50'),
  p90: latency('p90', 'p90'),
  p95: latency('p95', 'p95'),
  p99: latency('p99', 'p99'),
  p999: latency('p99.9', 'p999'),
  max: latency('max', 'max'),
  detection: {
    ...plain('time to detect', 'ms', 'lower'),
    ...{ short: 'detect', of: ofFaults('detectMs', largest) },
  },
  recovery: {
    ...plain('time to recover', 'ms', 'lower'),
    ...{ short: 'recover', of: ofFaults('recoverMs', largest) },
  },
  sacrificed: { ...plain('sacrificed', 'requests', 'lower'), of: ofFaults('sacrificed', sum) },
  duplicated: {
    ...plain('executed more than once', 'requests', 'lower'),
    short: 'duplicated',
    of: (m, { phase, fault } = {}) =>
      fault === undefined
        ? (part(m, { phase })?.duplicated ?? undefined)
        : ofFaults('duplicated', sum)(m, { fault }),
  },
  delayed: { ...plain('delayed', 'requests', 'lower'), of: ofFaults('delayed', sum) },
  lostGoodput: { ...plain('lost goodput', 'requests', 'lower'), of: ofFaults('lostGoodput', sum) },
  lastSent: { ...plain('last sent to a victim', 'ms', 'lower'), of: ofFaults('lastSentMs', largest) },
  victimShare: {
    ...plain('share of the victims while the fault held', 'share', 'lower'),
    ...{ short: 'victims’ share', of: ofFaults('victimShare', largest) },
  },
  overshoot: {
    ...plain('overshoot after the return', 'number', 'lower'),
    ...{ short: 'overshoot', of: ofFaults('overshoot', largest) },
  },
  returnedShare: {
    ...plain('share of the victims since their return', 'share', 'higher'),
    ...{ short: 'returned share', of: ofFaults('returnedShare', smallest) },
  },
  fairAgain: {
    ...plain('time to a fair share again', 'ms', 'lower'),
    ...{ short: 'fair again', of: ofFaults('fairAgainMs', largest) },
  },
  lost: { ...plain('lost', 'requests', 'lower'), of: (m, s) => part(m, s)?.requests.lost },
  failed: { ...plain('failed', 'requests', 'lower'), of: (m, s) => part(m, s)?.requests.failed },
  retries: {
    ...plain('retries', 'requests', 'lower'),
    of: (m, { phase } = {}) => (phase === undefined ? m.retries : undefined),
  },
  attemptsPerRequest: {
    ...plain('attempts per request', 'number', 'lower'),
    ...{ short: 'attempts', of: (m, s) => part(m, s)?.attemptsPerRequest ?? undefined },
  },
  ejections: { ...plain('ejections', 'number', 'lower'), of: ejections },
  share: { ...plain('share of the attempts', 'share', 'lower'), of: shareOf },
  fairness: { ...plain('evenness (Jain)', 'share', 'higher'), of: fairness },
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
