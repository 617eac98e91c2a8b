/**
 * `summary.csv`, long form: one row per number, so that it pivots in any tool without knowing the columns.
 * A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV injection").
 */
import { type MetricName, metricsByName } from '../metrics.ts';
import type { Measures, Phase } from '../summary.ts';
import { define } from './format.ts';

const columns = ['scenario', 'contender', 'round', 'phase', 'backend', 'metric', 'unit', 'value'] as const;
type Row = Partial<Record<(typeof columns)[number], string | number>>;

export function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const guarded = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

const units = {
  ms: 'ms',
  '/s': 'per second',
  share: 'share of one',
  requests: 'requests',
  number: '',
} as const;

function metricRows(measures: Measures): Row[] {
  const phases: (Phase | undefined)[] = [
    undefined,
    ...(measures.phases ? (['before', 'during', 'after'] as const) : []),
  ];
  const rows: Row[] = [];
  for (const phase of phases)
    for (const [name, { unit, of }] of Object.entries(metricsByName) as [
      MetricName,
      (typeof metricsByName)['p50'],
    ][]) {
      const value = of(measures, { phase });
      if (value !== undefined) rows.push({ phase: phase ?? 'all', metric: name, unit: units[unit], value });
    }
  for (const key of ['sent', 'ok', 'inFlightAtEnd', 'notSent', 'late'] as const)
    rows.push({ phase: 'all', metric: key, unit: 'requests', value: measures.requests[key] });
  const { aborted } = measures.requests;
  if (aborted !== undefined) rows.push({ phase: 'all', metric: 'aborted', unit: 'requests', value: aborted });
  const capped = measures.deadlineLatencyMs.p99;
  if (capped !== null) rows.push({ phase: 'all', metric: 'deadlineP99', unit: 'ms', value: capped });
  for (const { id, share } of measures.perBackend)
    if (share !== null)
      rows.push({ phase: 'all', backend: id, metric: 'share', unit: 'share of one', value: share });
  return rows;
}

export default define({
  about: 'every number on a row of its own',
  file: 'summary.csv',
  create({ summary }) {
    const rows: Row[] = summary.contenders.flatMap((contender) => [
      ...metricRows(contender).map((row) => ({ contender: contender.name, round: 'all', ...row })),
      ...contender.rounds.flatMap((round) =>
        metricRows(round).map((row) => ({ contender: contender.name, round: round.round + 1, ...row })),
      ),
    ]);
    const lines = rows.map((row) =>
      columns.map((column) => cell(column === 'scenario' ? summary.scenario : row[column])).join(','),
    );
    return `${[columns.join(','), ...lines].join('\r\n')}\r\n`;
  },
});
