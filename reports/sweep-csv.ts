/** `sweep.csv`: a row for each contender at each point. */
import { cell } from './formats/csv.ts';
import type { Sweep } from './sweep.ts';

const counts = ['sent', 'ok', 'failed', 'lost', 'inFlightAtEnd', 'notSent', 'late'] as const;
const latencies = ['mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'] as const;

/** Latencies in ms, rates per second, shares of one. What does not exist is an empty cell. */
export function sweepCsv({ scenario, path, unit, seed, points }: Sweep): string {
  const head = [
    ...['scenario', 'path', 'value', 'unit', 'seed', 'utilization', 'contender', 'status'],
    ...counts,
    ...['errorRate', 'throughput', 'goodput'],
    ...latencies.map((name) => `${name}Ms`),
    ...['regretMs', 'regretFactor', 'run'],
  ];
  const rows = points.flatMap((point) =>
    point.contenders.map((it) => [
      ...[scenario, path, point.value, unit, seed, point.utilization, it.name, it.status],
      ...counts.map((name) => it.requests?.[name]),
      ...[it.errorRate, it.throughput, it.goodput],
      ...latencies.map((name) => it.latencyMs?.[name]),
      ...[it.regret?.meanMs, it.regret?.factor, point.run],
    ]),
  );
  const lines = rows.map((row) => row.map((it) => cell(it ?? undefined)).join(','));
  return `${[head.join(','), ...lines].join('\r\n')}\r\n`;
}
