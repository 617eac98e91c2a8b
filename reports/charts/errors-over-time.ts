/** Errors per second over time by cause: what kind of failure reached the client, and when. Contenders without any are named, not drawn. */
import { count, percent } from '../numbers.ts';
import { define, type Spec } from './chart.ts';
import { faultBands, faultLegend, type Series, seriesOf, stepOfAll, timeAxis } from './series.ts';
import { color, series as palette, panel, yAxis } from './theme.ts';

const other = 'other causes';

/** Causes by how often they occurred; beyond the palette they are one. */
function causesOf(all: readonly Series[]): string[] {
  const totals = new Map<string, number>();
  for (const { steps } of all)
    for (const { causes } of steps)
      for (const [cause, n] of Object.entries(causes)) totals.set(cause, (totals.get(cause) ?? 0) + n);
  return [...totals].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([cause]) => cause);
}

export default define({
  about: 'errors over time by cause',
  order: 4,
  create(report) {
    const all = seriesOf(report);
    if (all.length === 0) return undefined;
    const errors = ({ summary: { requests } }: Series) => requests.failed + requests.lost;
    const troubled = all.filter((series) => errors(series) > 0);
    const spotless = all.filter((series) => errors(series) === 0).map(({ summary }) => summary.name);
    const found = causesOf(troubled);
    const named = found.length <= palette.length ? found : found.slice(0, palette.length - 1);
    const shown = named.length < found.length ? [...named, other] : named;
    const paint = [color.vermilion, ...palette.filter((it) => it !== color.vermilion)].slice(0, shown.length);
    const top = Math.max(1, ...troubled.flatMap(({ steps }) => steps.map((step) => step.errors)));
    const worst = troubled.toSorted((a, b) => errors(b) - errors(a))[0];
    const bars = (series: Series): Spec => ({
      data: {
        values: series.steps.flatMap(({ t, causes }) => {
          const rest = found
            .filter((it) => !named.includes(it))
            .reduce((sum, it) => sum + (causes[it] ?? 0), 0);
          return shown
            .map((cause, rank) => ({ t, cause, rank, errors: cause === other ? rest : (causes[cause] ?? 0) }))
            .filter((it) => it.errors > 0);
        }),
      },
      mark: { type: 'bar', width: { band: 1 }, size: Math.max(2, 270 / series.steps.length), clip: true },
      encoding: {
        x: timeAxis(series),
        y: {
          field: 'errors',
          type: 'quantitative',
          stack: 'zero',
          scale: { domain: [0, top * 1.05], nice: false },
          axis: yAxis('errors per second', { tickCount: 4, format: ',~f' }),
        },
        color: { field: 'cause', type: 'nominal', scale: { domain: shown, range: paint }, legend: null },
        order: { field: 'rank', type: 'quantitative' },
      },
    });
    const of = (series: Series) =>
      `${count(errors(series))} of ${count(series.summary.requests.sent)} requests (${percent(series.summary.errorRate ?? 0)})`;
    return {
      title: worst
        ? `Most errors: ${worst.summary.name}, ${of(worst)}`
        : `Not one of ${count(all.reduce((sum, { summary }) => sum + summary.requests.sent, 0))} requests failed`,
      description: `Failed and lost requests per second in steps of ${stepOfAll(all)}, by the time they failed, stacked by cause. “status 502” is a complete response that says so; reset, timeout and the like had none.`,
      ...(spotless.length > 0 && worst ? { note: `Without a single error: ${spotless.join(', ')}.` } : {}),
      legend: [
        ...shown.map((label, rank) => ({ label, color: paint[rank]!, shape: 'bar' as const })),
        ...(worst ? faultLegend(all) : []),
      ],
      panels: troubled.map((series) => ({
        label: series.summary.name,
        spec: panel([...faultBands(series), bars(series)]),
      })),
      table: {
        columns: ['contender', 'outcome', 'requests'],
        rows: all.flatMap(({ summary: { name, requests } }) =>
          Object.entries(requests.byOutcome).map(([outcome, n]) => [name, outcome, count(n)]),
        ),
      },
    };
  },
});
