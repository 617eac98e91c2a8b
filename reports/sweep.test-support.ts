/** FIXTURE, for tests: a sweep that nobody simulated. Each contender's p99 is a formula of the load; beyond 100% requests fail. */
import type { Sweep, SweepContender } from './sweep.ts';

type P99 = (value: number) => number | 'failed' | 'overloaded' | 'interrupted';

/** A contender with this p99, ms: 10,000 requests, of which a tenth is turned away where it is overloaded. */
export function sweptContender(name: string, p99: ReturnType<P99>): SweepContender {
  const failed = p99 === 'overloaded' ? 1_000 : 0;
  const ms = typeof p99 === 'number' ? p99 : 400;
  const none = p99 === 'failed' || p99 === 'interrupted';
  return {
    name,
    status: none ? p99 : 'complete',
    ...(p99 === 'failed' ? { error: 'it threw\nat line 3' } : {}),
    requests: none
      ? null
      : {
          ...{ sent: 10_000, ok: 10_000 - failed, failed, lost: 0, inFlightAtEnd: 0, notSent: 0, late: 0 },
          byOutcome: { ok: 10_000 - failed },
        },
    errorRate: none ? null : failed / 10_000,
    throughput: none ? null : 900,
    goodput: none ? null : 880,
    latencyMs: none
      ? null
      : { mean: ms / 4, p50: ms / 5, p90: ms / 2, p95: ms / 1.5, p99: ms, p999: ms * 1.4, max: ms * 2 },
  };
}

export function fixtureSweep(
  contenders: Readonly<Record<string, P99>>,
  { values = [0.5, 0.7, 0.9], path = 'load.open.utilization', unit = '' as Sweep['unit'], load = true } = {},
): Sweep {
  return {
    schemaVersion: 1,
    ...{ id: 'f1', scenario: 'theory', path, unit, values, seed: 1, rounds: 1, status: 'complete' },
    percentiles: 'within 0.05%',
    source: {
      file: 'theory.yaml',
      text: 'fleet: []\n',
      sets: ['fleet.0.count=4'],
      sweep: `${path}=${values}`,
    },
    notes: [],
    contenders: Object.keys(contenders).map((name) => ({ name, strategy: name, options: {} })),
    points: values.map((value) => ({
      value,
      set: `${path}=${value}${unit}`,
      utilization: load ? value : null,
      status: 'complete',
      run: null,
      why: 'a sweep keeps its numbers',
      broken: [],
      contenders: Object.entries(contenders).map(([name, p99]) => sweptContender(name, p99(value))),
    })),
  };
}
