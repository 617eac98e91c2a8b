/** Measured against simulated: the same requests in reality and in virtual time, latency by percentile. A gap is the network or the model. */
import { divergenceOf, type Pairs } from '../divergence.ts';
import { nearestRank } from '../latencies.ts';
import { inUnit, percent } from '../numbers.ts';
import { define, type Spec } from './chart.ts';
import { type Series, seriesOf } from './series.ts';
import { color, logDomain, logTicks, panel, yAxis } from './theme.ts';

interface Point {
  side: 'measured' | 'simulated';
  /** log10(1/(1−p)). */
  x: number;
  ms: number;
}

const pairsOf = ({ folds }: Series): Pairs[] =>
  folds.flatMap(({ twin }) => (twin === undefined ? [] : [twin]));

/** From the median on, twenty points to a nine, as far as ten requests still lie beyond. */
function curves(pairs: readonly Pairs[]): Point[] {
  return (['measured', 'simulated'] as const).flatMap((side) => {
    const sorted = Float64Array.from(pairs.flatMap((it) => [...it[side]])).sort();
    const points: Point[] = [];
    for (let x = Math.log10(2); x <= Math.log10(sorted.length / 10); x += 0.05)
      points.push({ side, x, ms: nearestRank(sorted, 1 - 10 ** -x) });
    return points;
  });
}

const ticks = [0.5, 0.9, 0.99, 0.999, 0.9999];
const names = ['50%', '90%', '99%', '99.9%', '99.99%'];
const positions = ticks.map((p) => Math.log10(1 / (1 - p)));

export default define({
  about: 'the same requests measured and simulated, latency by percentile, one panel per contender',
  order: 12,
  create(report) {
    const all = seriesOf(report).flatMap((it) => {
      const pairs = pairsOf(it);
      return pairs.some(({ measured }) => measured.length > 0)
        ? [{ name: it.summary.name, points: curves(pairs), divergence: divergenceOf(pairs) }]
        : [];
    });
    if (all.length === 0) return undefined;
    const points = all.flatMap((it) => it.points);
    const domain = logDomain(points.map(({ ms }) => ms));
    const farthest = Math.max(1, ...points.map(({ x }) => x));
    const x: Spec = {
      field: 'x',
      type: 'quantitative',
      scale: { domain: [positions[0], farthest], nice: false },
      axis: {
        title: 'of responses ok in both were faster',
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
    const line = (values: readonly Point[], stroke: string, strokeDash: readonly number[]): Spec => ({
      data: { values },
      mark: { type: 'line', clip: true, color: stroke, strokeWidth: 2.2, strokeDash },
      encoding: { x, y },
    });
    const worst = Math.max(...all.map(({ divergence }) => divergence.absoluteMs!.mean));
    return {
      title: `Simulated, the same requests differ by ${inUnit(worst, 'ms')} on average at most`,
      description:
        'Latency by percentile of the requests that were ok both in reality and in the simulation of the same trial, both axes logarithmic. Strategy, balancer logic and backend model are the same files in both: a gap is the network, the machine or the model.',
      legend: [
        { label: 'measured', color: color.blue, shape: 'line' },
        { label: 'simulated', color: color.vermilion, shape: 'line', dash: [6, 4] },
      ],
      panels: all.map(({ name, points }) => ({
        label: name,
        spec: panel([
          line(
            points.filter(({ side }) => side === 'measured'),
            color.blue,
            [1, 0],
          ),
          line(
            points.filter(({ side }) => side === 'simulated'),
            color.vermilion,
            [6, 4],
          ),
        ]),
      })),
      table: {
        columns: [
          'contender',
          'ok in both',
          'same outcome',
          'same backend',
          'mean |error|',
          'p99 |error|',
          'mean error',
          'mean measured',
          'simulated',
          'p99 measured',
          'simulated',
        ],
        rows: all.map(({ name, divergence: it }) => [
          name,
          inUnit(it.ok, 'requests'),
          percent(it.sameOutcome!),
          percent(it.sameBackend!),
          ...[
            it.absoluteMs!.mean,
            it.absoluteMs!.p99,
            it.biasMs!,
            it.measuredMs!.mean,
            it.simulatedMs!.mean,
            it.measuredMs!.p99,
            it.simulatedMs!.p99,
          ].map((value) => inUnit(value, 'ms')),
        ]),
      },
    };
  },
});
