/**
 * The verdict as a picture: by how much every contender is behind the first, metric by metric, with what its rounds leave open. Only where
 * rounds are enough to claim anything.
 */
import { bounds, hodgesLehmann } from '../statistics/signed-rank.ts';
import type { ContenderSummary, RoundSummary } from '../summary.ts';
import { define, type Spec } from './chart.ts';
import { color, logDomain, logTicks, panel } from './theme.ts';

interface Row {
  contender: string;
  ratio: number;
  lower: number;
  upper: number;
}

const metrics: readonly {
  label: string;
  better: 'lower' | 'higher';
  of(round: RoundSummary): number | null;
}[] = [
  { label: 'p50', better: 'lower', of: (it) => it.deadlineLatencyMs.p50 },
  { label: 'p95', better: 'lower', of: (it) => it.deadlineLatencyMs.p95 },
  { label: 'p99', better: 'lower', of: (it) => it.deadlineLatencyMs.p99 },
  { label: 'goodput', better: 'higher', of: (it) => it.goodput },
];

/** Nobody would choose by less. */
const indifferent = 0.05;
/** Two-sided, each on its own. */
const confidence = 0.95;

/** How many times as bad as `first`, paired by round; undefined where a round of either has no value above 0. */
function behind(
  one: ContenderSummary,
  first: ContenderSummary,
  { better, of }: (typeof metrics)[number],
): Row | undefined {
  const logs = one.rounds.flatMap((round) => {
    const other = first.rounds.find((it) => it.round === round.round && it.status === 'complete');
    if (round.status !== 'complete' || other === undefined) return [];
    const [mine, theirs] = [of(round) ?? 0, of(other) ?? 0];
    const ratio = better === 'lower' ? mine / theirs : theirs / mine;
    return [ratio > 0 ? Math.log(ratio) : Number.NaN];
  });
  if (logs.length === 0 || !logs.every(Number.isFinite)) return undefined;
  const { lower, upper } = bounds(logs, 1 - (1 - confidence) / 2);
  if (!Number.isFinite(lower)) return undefined;
  return {
    contender: one.name,
    ratio: Math.exp(hodgesLehmann(logs)),
    lower: Math.exp(lower),
    upper: Math.exp(upper),
  };
}

const times = (value: number) => `${value.toFixed(2)} ×`;

export default define({
  about: 'how far behind the first, by metric, with intervals',
  order: 0,
  create({ summary: { contenders, verdict } }) {
    if (verdict.intervals.length === 0) return undefined;
    const order = verdict.ranking.map(({ contender }) => contender);
    const first = contenders.find(({ name }) => name === order[0])!;
    const others = order.slice(1).map((name) => contenders.find((it) => it.name === name)!);
    const drawn = metrics.flatMap((metric) => {
      const rows = others.flatMap((one) => behind(one, first, metric) ?? []);
      return rows.length === 0 ? [] : [{ metric, rows }];
    });
    if (drawn.length === 0) return undefined;
    const domain = logDomain([
      1,
      ...drawn.flatMap(({ rows }) => rows.flatMap(({ lower, upper }) => [lower, upper])),
    ]);
    const tied = verdict.ties[0]?.filter((name) => name !== first.name) ?? [];
    const rounds = first.rounds.filter(({ status }) => status === 'complete').length;
    const x = {
      field: 'ratio',
      type: 'quantitative',
      scale: { type: 'log', domain, nice: false },
      axis: { title: 'times as bad as the first', values: logTicks(domain), format: '~g', grid: true },
    };
    const y = { field: 'contender', type: 'nominal', sort: order, axis: { title: null, labelLimit: 150 } };
    const layers = (rows: readonly Row[]): Spec[] => [
      {
        data: {
          values: [{ from: Math.max(domain[0], 1 - indifferent), to: Math.min(domain[1], 1 + indifferent) }],
        },
        mark: { type: 'rect', color: color.band },
        encoding: { x: { ...x, field: 'from' }, x2: { field: 'to' } },
      },
      {
        data: { values: [{ one: 1 }] },
        mark: { type: 'rule', color: color.muted },
        encoding: { x: { ...x, field: 'one' } },
      },
      {
        data: { values: rows },
        mark: { type: 'rule', color: color.blue, strokeWidth: 2 },
        encoding: { x: { ...x, field: 'lower' }, x2: { field: 'upper' }, y },
      },
      {
        data: { values: rows },
        mark: { type: 'point', shape: 'diamond', filled: true, size: 70, color: color.blue, opacity: 1 },
        encoding: { x, y },
      },
    ];
    return {
      title:
        tied.length === 0
          ? `${first.name} is ahead of every other contender`
          : `${[first.name, ...tied].join(', ').replace(/, ([^,]*)$/, ' and $1')} cannot be told apart`,
      description: `How many times as bad as ${first.name} each other contender is, on the same requests: the Hodges-Lehmann estimate of the ratio over ${rounds} paired rounds, and its 95% interval, each on its own. Right of 1 is worse, for goodput too. Percentiles count errors at the deadline.`,
      legend: [
        { label: 'estimate', color: color.blue, shape: 'diamond' },
        { label: '95% interval', color: color.blue, shape: 'line' },
        { label: 'within 5%', color: color.band, shape: 'band' },
      ],
      panels: drawn.map(({ metric, rows }) => ({ label: metric.label, spec: panel(layers(rows)) })),
      table: {
        columns: ['contender', 'metric', 'times as bad', 'from', 'to'],
        rows: drawn.flatMap(({ metric, rows }) =>
          rows.map((row) => [
            row.contender,
            metric.label,
            times(row.ratio),
            times(row.lower),
            times(row.upper),
          ]),
        ),
      },
    };
  },
});
