/** p50, p95 and p99 over time, faults behind them: when it hurt, and for how long. */
import { inUnit, milliseconds } from '../numbers.ts';
import { define, type LegendEntry, type Spec } from './chart.ts';
import { extremes, faultBands, faultLegend, type Series, seriesOf, stepOfAll, timeAxis } from './series.ts';
import { color, logDomain, logTicks, panel, yAxis } from './theme.ts';

const quantiles = [
  { key: 'p99', color: color.vermilion, dash: [1, 0], width: 2.2 },
  { key: 'p95', color: color.orange, dash: [5, 3], width: 1.8 },
  { key: 'p50', color: color.blue, dash: [1.5, 2.5], width: 1.8 },
] as const;

function titleOf(all: readonly Series[]): string {
  const during = extremes(all, ({ phases }) => phases?.during.latencyMs.p99);
  const range = during ?? extremes(all, ({ latencyMs }) => latencyMs.p99)!;
  const when = during ? 'While a fault held, p99' : 'Over the run, p99';
  const { low, high } = range;
  return low.name === high.name
    ? `${when} was ${milliseconds(low.value)}`
    : `${when} ran from ${milliseconds(low.value)} (${low.name}) to ${milliseconds(high.value)} (${high.name})`;
}

export default define({
  about: 'p50, p95 and p99 over time',
  order: 2,
  create(report) {
    const all = seriesOf(report).filter(({ summary }) => summary.requests.ok > 0);
    if (all.length === 0) return undefined;
    const domain = logDomain(
      all.flatMap(({ steps }) => steps.flatMap(({ p50, p99 }) => [p50 ?? 0, p99 ?? 0])),
    );
    return {
      title: titleOf(all),
      description: `Median, 95th and 99th percentile of the latency of ok responses in each ${stepOfAll(all)}, by the time a request was due; logarithmic. A gap is a step without an ok response.`,
      legend: [
        ...quantiles.map(
          (it): LegendEntry => ({ label: it.key, color: it.color, shape: 'line', dash: it.dash }),
        ),
        ...faultLegend(all),
      ],
      panels: all.map((series) => ({
        label: series.summary.name,
        spec: panel([
          ...faultBands(series),
          ...quantiles.map(
            ({ key, color: stroke, dash, width }): Spec => ({
              data: { values: series.steps.map((step) => ({ t: step.t, ms: step[key] })) },
              mark: {
                ...{ type: 'line', clip: true, invalid: 'break-paths-show-domains' },
                ...{ color: stroke, strokeDash: dash, strokeWidth: width },
              },
              encoding: {
                x: timeAxis(series),
                y: {
                  field: 'ms',
                  type: 'quantitative',
                  scale: { type: 'log', domain, nice: false },
                  axis: yAxis('latency, ms', { values: logTicks(domain), format: '~r' }),
                },
              },
            }),
          ),
        ]),
      })),
      table: {
        columns: ['contender', 'phase', 'p50', 'p95', 'p99', 'p99 with errors at the deadline'],
        rows: all.flatMap(({ summary }) =>
          (summary.phases
            ? (['before', 'during', 'after'] as const).map(
                (phase) => [phase, summary.phases![phase]] as const,
              )
            : [['whole run', summary] as const]
          ).map(([phase, { latencyMs, deadlineLatencyMs }]) => [
            summary.name,
            phase,
            ...[latencyMs.p50, latencyMs.p95, latencyMs.p99, deadlineLatencyMs.p99].map((it) =>
              inUnit(it, 'ms'),
            ),
          ]),
        ),
      },
    };
  },
});
