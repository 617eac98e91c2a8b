/**
 * `benchmark.json`: what github-action-benchmark reads with `tool: customSmallerIsBetter`, a line in its chart for each contender's p50,
 * p95 and p99 (errors at the deadline) and its share of requests that failed or came late. Numbers of a run that no audit or
 * verdict stands behind are left out: a chart over months must not hold them. https://github.com/benchmark-action/github-action-benchmark
 */
import { metricsByName } from '../metrics.ts';
import type { ContenderSummary } from '../summary.ts';
import { define } from './format.ts';

interface Entry {
  name: string;
  unit: string;
  value: number;
  /** How far rounds are apart, as it is shown there. */
  range?: string;
}

const percentiles = ['p50', 'p95', 'p99'] as const;

function entries(contender: ContenderSummary): Entry[] {
  const rounds = contender.rounds.filter(({ status }) => status === 'complete');
  const latencies = percentiles.flatMap((name): Entry[] => {
    const value = contender.deadlineLatencyMs[name];
    if (value === null) return [];
    const values = rounds.flatMap((round) => round.deadlineLatencyMs[name] ?? []);
    const half = (Math.max(...values) - Math.min(...values)) / 2;
    const range = values.length > 1 ? { range: `± ${half.toFixed(2)}` } : {};
    return [{ name: `${contender.name} ${name}`, unit: 'ms', value, ...range }];
  });
  const missed = metricsByName.missed.of(contender);
  return missed === undefined
    ? latencies
    : [...latencies, { name: `${contender.name} failed or late`, unit: '%', value: missed * 100 }];
}

export default define({
  about: 'percentiles for github-action-benchmark',
  file: 'benchmark.json',
  create({ summary: { contenders, audit } }) {
    const shown = audit.passed ? contenders.filter(({ status }) => status === 'complete') : [];
    return `${JSON.stringify(shown.flatMap(entries), undefined, 2)}\n`;
  },
});
