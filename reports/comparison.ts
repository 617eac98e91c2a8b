/** The comparison table, once for every format: which columns, each cell as text, and which cells are the best of their column. */
import { inOrder } from './judge.ts';
import { isBetter, type Metric, type MetricName, metricsByName } from './metrics.ts';
import { inUnit } from './numbers.ts';
import type { Summary } from './summary.ts';

const columns: readonly MetricName[] = [
  'throughput',
  'goodput',
  'p50',
  'p95',
  'p99',
  'errorRate',
  'sacrificed',
  'detection',
  'recovery',
];
const onlyWithFaults = new Set<MetricName>(['sacrificed', 'detection', 'recovery']);

export interface Cell {
  text: string;
  /** As good as the best, to the digits printed, where at most half of the contenders are: what most share is no distinction. */
  best: boolean;
}

export interface ComparisonRow {
  /** Undefined for a contender that is not ranked. */
  place: number | undefined;
  contender: string;
  /** Why it is not ranked. */
  note?: string;
  cells: Cell[];
}

export interface Comparison {
  columns: Metric[];
  rows: ComparisonRow[];
}

/** Ranked contenders, best first, then the rest. Columns about faults only where there were any. */
export function compare(summary: Summary): Comparison {
  const faulty = summary.contenders.some(({ failover }) => failover.length > 0);
  const names = columns.filter((name) => faulty || !onlyWithFaults.has(name));
  const used = names.map((name) => metricsByName[name]);
  const order = inOrder(summary);
  const contenders = order.map((name) => summary.contenders.find((it) => it.name === name)!);
  const rows = contenders.map((contender): ComparisonRow => {
    const place = summary.verdict.ranking.find((it) => it.contender === contender.name)?.place;
    const note = contender.status === 'failed' ? `failed: ${contender.error}` : contender.status;
    return {
      place,
      contender: contender.name,
      ...(place === undefined ? { note } : {}),
      cells: used.map((metric) => ({
        text: contender.requests.sent === 0 ? '–' : inUnit(metric.of(contender), metric.unit),
        best: false,
      })),
    };
  });
  used.forEach((metric, column) => {
    const ranked = contenders.filter((_, index) => rows[index]!.place !== undefined);
    const values = ranked.map((contender) => metric.of(contender));
    const best = values.reduce((a, b) => (isBetter(metric, b, a) ? b : a), undefined);
    if (best === undefined || best === Number.POSITIVE_INFINITY) return;
    const text = inUnit(best, metric.unit);
    const holders = rows.filter((row) => row.place !== undefined && row.cells[column]!.text === text);
    if (holders.length <= ranked.length / 2) for (const row of holders) row.cells[column]!.best = true;
  });
  return { columns: used, rows };
}
