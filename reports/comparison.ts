/** The comparison table, once for every format: which columns, each cell as text, and which cells are the best of their column. */
import { inOrder } from './judge.ts';
import { isBetter, type Metric, type MetricName, metricsByName } from './metrics.ts';
import { inUnit, plural } from './numbers.ts';
import type { ContenderSummary, Summary } from './summary.ts';

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
  /** Why it is not ranked, or what its numbers do not show. */
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
    const note = noteOn(contender, place !== undefined);
    return {
      place,
      contender: contender.name,
      ...(note === undefined ? {} : { note }),
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

/** More than this share of the requests still in flight at the end is no ordinary end of a run. */
const openAtEnd = 0.01;

function noteOn(
  { status, error, requests, notExercised }: ContenderSummary,
  ranked: boolean,
): string | undefined {
  const { sent, inFlightAtEnd, notSent } = requests;
  if (!ranked) {
    const why =
      status === 'complete'
        ? 'sent nothing'
        : status === 'interrupted'
          ? status
          : `${status}: ${error?.split('\n')[0]?.replace(/\.$/, '')}`;
    return `${why}; not ranked`;
  }
  const missing = [
    ...(inFlightAtEnd > sent * openAtEnd ? [`${plural(inFlightAtEnd, 'request')} never answered`] : []),
    ...(notSent > 0 ? [`${plural(notSent, 'request')} not sent for want of a connection`] : []),
    ...(notExercised === undefined ? [] : [notExercised]),
  ];
  return missing.length === 0 ? undefined : missing.join(', ');
}
