/**
 * Latency by percentile: the whole distribution, tail included. x = log10(1/(1−p)), so that each nine takes the same room (Tene's
 * HdrHistogram plots); y is logarithmic. One panel per contender, the others grey behind it.
 */
import { nearestRank, pooled } from '../latencies.ts';
import { inUnit, milliseconds } from '../numbers.ts';
import { define, type Spec } from './chart.ts';
import { extremes, type Series, seriesOf } from './series.ts';
import { color, logDomain, logTicks, panel, yAxis } from './theme.ts';

interface Point {
  contender: string;
  /** log10(1/(1−p)). */
  x: number;
  ms: number;
}

const median = Math.log10(2);

/** From the median on, twenty points to a nine, as far as ten requests still lie beyond. */
function curveOf({ summary, folds }: Series): Point[] {
  const sorted = pooled(folds.map(({ whole }) => whole.ok));
  const points: Point[] = [];
  for (let x = median; x <= Math.log10(sorted.length / 10); x += 0.05)
    points.push({ contender: summary.name, x, ms: nearestRank(sorted, 1 - 10 ** -x) / 1000 });
  return points;
}

const ticks = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999];
const names = ['50%', '90%', '99%', '99.9%', '99.99%', '99.999%'];

export default define({
  about: 'latency by percentile, one panel per contender',
  order: 1,
  create(report) {
    const all = seriesOf(report).filter(({ summary }) => summary.requests.ok > 0);
    if (all.length === 0) return undefined;
    const curves = all.map(curveOf);
    const farthest = Math.max(1, ...curves.flat().map(({ x }) => x));
    const domain = logDomain(curves.flat().map(({ ms }) => ms));
    const range = extremes(all, ({ latencyMs }) => latencyMs.p99)!;
    const positions = ticks.map((p) => Math.log10(1 / (1 - p)));
    const x: Spec = {
      field: 'x',
      type: 'quantitative',
      scale: { domain: [median, farthest], nice: false },
      axis: {
        title: 'of ok responses were faster',
        values: positions.filter((at) => at <= farthest),
        labelExpr: `${names.map((name, i) => `abs(datum.value - ${positions[i]}) < 1e-6 ? '${name}' : `).join('')}''`,
      },
    };
    const y: Spec = {
      field: 'ms',
      type: 'quantitative',
      scale: { type: 'log', domain, nice: false },
      axis: yAxis('latency, ms', { values: logTicks(domain), format: '~r' }),
    };
    const line = (values: readonly Point[], stroke: string, strokeWidth: number): Spec => ({
      data: { values },
      mark: { type: 'line', clip: true, color: stroke, strokeWidth },
      encoding: { x, y, detail: { field: 'contender' } },
    });
    return {
      title:
        all.length === 1
          ? `99 of 100 ok responses came within ${milliseconds(range.high.value)}`
          : `p99 runs from ${milliseconds(range.low.value)} (${range.low.name}) to ${milliseconds(range.high.value)} (${range.high.name})`,
      description:
        'Latency of ok responses by percentile, all rounds pooled, both axes logarithmic: lower is better, and what rises late has a short tail. Each panel shows one contender in blue, the others in grey.',
      legend: [
        { label: 'this contender', color: color.blue, shape: 'line' },
        ...(all.length > 1 ? [{ label: 'the others', color: color.faint, shape: 'line' as const }] : []),
      ],
      panels: all.map(({ summary }, index) => {
        const p99 = summary.latencyMs.p99;
        const marked =
          p99 === null || farthest < 2 ? [] : [{ x: 2, ms: p99, text: `p99 ${milliseconds(p99)}` }];
        return {
          label: summary.name,
          spec: panel([
            line(curves.filter((_, other) => other !== index).flat(), color.faint, 1),
            line(curves[index]!, color.blue, 2.5),
            {
              data: { values: marked },
              mark: { type: 'point', filled: true, size: 50, color: color.blue, opacity: 1 },
              encoding: { x, y },
            },
            {
              data: { values: marked },
              mark: { type: 'text', align: 'right', dx: -8, dy: -8, fontWeight: 600 },
              encoding: { x, y, text: { field: 'text' } },
            },
          ]),
        };
      }),
      table: {
        columns: ['contender', 'mean', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max'],
        rows: all.map(({ summary: { name, latencyMs: it } }) => [
          name,
          ...[it.mean, it.p50, it.p90, it.p95, it.p99, it.p999, it.max].map((value) => inUnit(value, 'ms')),
        ]),
      },
    };
  },
});
