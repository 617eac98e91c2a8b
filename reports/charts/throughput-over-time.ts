/** Responses per second over time, ok and errors stacked, faults behind them: what a client got, and what it missed. */
import { inUnit, percent, perSecond } from '../numbers.ts';
import { define, type Spec } from './chart.ts';
import { extremes, faultBands, faultLegend, type Series, seriesOf, stepOfAll, timeAxis } from './series.ts';
import { color, panel, yAxis } from './theme.ts';

function titleOf(all: readonly Series[]): string {
  const kept = extremes(all, ({ phases }) =>
    phases && phases.before.goodput > 0 ? phases.during.goodput / phases.before.goodput : null,
  );
  if (kept && kept.low.name !== kept.high.name)
    return `While a fault held, ${kept.high.name} kept ${percent(kept.high.value)} of its goodput, ${kept.low.name} ${percent(kept.low.value)}`;
  if (kept) return `While a fault held, ${percent(kept.low.value)} of the goodput was kept`;
  const range = extremes(all, ({ goodput }) => goodput)!;
  return range.low.name === range.high.name
    ? `${range.low.name} gave ${perSecond(range.low.value)} good responses`
    : `Goodput from ${perSecond(range.low.value)} (${range.low.name}) to ${perSecond(range.high.value)} (${range.high.name})`;
}

export default define({
  about: 'throughput over time, ok and errors',
  order: 3,
  create(report) {
    const all = seriesOf(report);
    if (all.length === 0) return undefined;
    const top = Math.max(1, ...all.flatMap(({ steps }) => steps.map(({ ok, errors }) => ok + errors)));
    const area = (series: Series, kind: 'ok' | 'errors'): Spec => ({
      data: {
        values: series.steps.map(({ t, ok, errors }) =>
          kind === 'ok' ? { t, from: 0, to: ok } : { t, from: ok, to: ok + errors },
        ),
      },
      mark: {
        ...{ type: 'area', clip: true, interpolate: 'step' },
        ...(kind === 'ok'
          ? { color: color.blue, fillOpacity: 0.22, line: { color: color.blue, strokeWidth: 2 } }
          : { color: color.vermilion, fillOpacity: 0.9 }),
      },
      encoding: {
        x: timeAxis(series),
        y: {
          field: 'to',
          type: 'quantitative',
          scale: { domain: [0, top * 1.05], nice: false },
          axis: yAxis('responses per second', { tickCount: 4, format: ',~f' }),
        },
        y2: { field: 'from' },
      },
    });
    return {
      title: titleOf(all),
      description: `Responses received per second in steps of ${stepOfAll(all)}: ok ones in blue from the bottom, failed and lost ones stacked on top. The y axis begins at zero and is the same in every panel.`,
      legend: [
        { label: 'ok', color: color.blue, shape: 'area' },
        { label: 'failed and lost', color: color.vermilion, shape: 'bar' },
        ...faultLegend(all),
      ],
      panels: all.map((series) => ({
        label: series.summary.name,
        spec: panel([...faultBands(series), area(series, 'ok'), area(series, 'errors')]),
      })),
      table: {
        columns: ['contender', 'phase', 'throughput', 'goodput', 'errors', 'failed', 'lost'],
        rows: all.flatMap(({ summary }) =>
          (summary.phases
            ? (['before', 'during', 'after'] as const).map(
                (phase) => [phase, summary.phases![phase]] as const,
              )
            : [['whole run', summary] as const]
          ).map(([phase, it]) => [
            summary.name,
            phase,
            inUnit(it.throughput, '/s'),
            inUnit(it.goodput, '/s'),
            inUnit(it.errorRate, 'share'),
            inUnit(it.requests.failed, 'requests'),
            inUnit(it.requests.lost, 'requests'),
          ]),
        ),
      },
    };
  },
});
