/**
 * The first fault from close by: seconds from the moment it took, in bins of 100 ms, with detection and recovery marked. The same bins
 * decide recovery (`../recovery.ts`). Of several rounds, the first complete one is drawn; the table has the medians.
 */
import { numberOf } from '../fault-metrics.ts';
import { costTable, namedFault } from '../fault-tables.ts';
import { inUnit } from '../numbers.ts';
import { binMs } from '../recovery.ts';
import type { Failover } from '../summary.ts';
import { define, type LegendEntry, type PointShape, type Spec } from './chart.ts';
import { extremes, type Series, seriesOf } from './series.ts';
import { color, panel, yAxis } from './theme.ts';

const lead = 0.5;

/** Seconds to draw after the fault: until the slowest has detected, recovered and come back, and a second more; at least 2 and at most 8. */
function reach(all: readonly Series[]): number {
  const times = all.flatMap(({ folds }) => {
    const [first] = folds[0]!.failover;
    return first ? [first.detectMs, first.recoverMs, ...points(first).map(({ ms }) => ms)] : [];
  });
  return Math.min(8, Math.max(2, ...times.map((ms) => (ms ?? 0) / 1000 + 1)));
}

/** What is marked by a point above the bars, in order of time; ms from the fault taken. */
function points(
  failover: Failover,
): { ms: number; shape: PointShape; color: string; label: string; level: number }[] {
  const { takenMs, healedMs } = failover;
  const sinceHeal = (key: 'readmittedMs' | 'fairAgainMs') =>
    healedMs === null ? undefined : healedMs - takenMs + (numberOf(failover, key) ?? Number.NaN);
  const of = (ms: number | null | undefined, point: (typeof pointMarks)[number]) =>
    typeof ms === 'number' && Number.isFinite(ms) ? [{ ms, ...point }] : [];
  return [
    ...of(failover.lastSentMs, pointMarks[0]),
    ...of(sinceHeal('readmittedMs'), pointMarks[1]),
    ...of(sinceHeal('fairAgainMs'), pointMarks[2]),
  ];
}

/** `level`: of the height of the drawing. A victim often has its part again at the moment it is back. */
const pointMarks = [
  { label: 'last sent to a victim', color: color.vermilion, shape: 'triangle-down', level: 0.8 },
  { label: 'victims taken back', color: color.green, shape: 'triangle-up', level: 0.8 },
  { label: 'fair share again', color: color.blue, shape: 'diamond', level: 0.75 },
] as const satisfies (LegendEntry & { level: number })[];

function titleOf(all: readonly Series[]): string {
  const span = (of: (it: Series['summary']) => number | null | undefined) => {
    const range = extremes(all, of);
    if (!range) return undefined;
    const missing = all.filter(({ summary }) => typeof of(summary) !== 'number').length;
    const never = missing > 0 ? ` (${missing} of ${all.length} never)` : '';
    const [low, high] = [inUnit(range.low.value, 'ms'), inUnit(range.high.value, 'ms')];
    return `after ${low === high ? low : `${low} to ${high}`}${never}`;
  };
  const first = all[0]!.summary.failover[0]!;
  const detected = span((it) => it.failover[0]?.detectMs);
  const recovered = span((it) => it.failover[0]?.recoverMs);
  const seen = `The ${namedFault(first)} was ${detected ? `detected ${detected}` : first.backends.length === 0 ? 'for nobody to detect' : 'never detected'}`;
  if (all.every(({ summary }) => summary.failover[0]?.recoverMs === 0))
    return `${seen}; service never left its band from before`;
  return `${seen}; clients ${recovered ? `had recovered ${recovered}` : 'never recovered'}`;
}

function drawing({ folds }: Series, to: number, top: number): Spec {
  const { failover, zooms } = folds[0]!;
  const bins = zooms[0]!.bins
    .filter(({ t }) => t >= -lead * 1000 && t < to * 1000)
    .map(({ t, good, bad }) => ({
      t: t / 1000,
      end: (t + binMs) / 1000,
      good: good * 10,
      all: (good + bad) * 10,
    }));
  const { detectMs, recoverMs, takenMs, healedMs } = failover[0]!;
  const x: Spec = {
    field: 't',
    type: 'quantitative',
    scale: { domain: [-lead, to], nice: false },
    axis: { title: 'seconds from the fault', tickCount: 6 },
  };
  const y: Spec = {
    type: 'quantitative',
    scale: { domain: [0, top], nice: false },
    axis: yAxis('requests due, per second', { tickCount: 4, format: ',~f' }),
  };
  const bars = (from: string, field: string, mark: Spec): Spec => ({
    data: { values: bins.filter((bin) => field === 'good' || bin.all > bin.good) },
    mark: { type: 'rect', clip: true, ...mark },
    encoding: {
      x,
      x2: { field: 'end' },
      y: { ...y, field },
      y2: from === '0' ? { datum: 0 } : { field: from },
    },
  });
  // The earlier mark is the taller one, so that the later one's line never crosses its words.
  const markers = [
    { ms: recoverMs, text: 'recovered', dash: [1, 0] },
    { ms: detectMs, text: 'detected', dash: [5, 3] },
  ]
    .filter((it): it is typeof it & { ms: number } => it.ms !== null && it.ms / 1000 <= to)
    .sort((one, two) => one.ms - two.ms)
    .map((it, rank) => ({ ...it, level: top * (rank === 0 ? 0.97 : 0.86) }));
  const held = healedMs === null ? to : Math.min(to, (healedMs - takenMs) / 1000);
  return panel([
    {
      data: { values: [{ t: 0, end: held }] },
      mark: { type: 'rect', color: color.band },
      encoding: { x, x2: { field: 'end' } },
    },
    bars('0', 'good', { color: color.blue, fillOpacity: 0.35 }),
    bars('good', 'all', { color: color.vermilion, fillOpacity: 0.9 }),
    ...points(failover[0]!)
      .filter(({ ms }) => ms / 1000 <= to)
      .map(
        ({ ms, shape, color: fill, level }): Spec => ({
          data: { values: [{ t: ms / 1000, level: top * level }] },
          mark: { type: 'point', shape, filled: true, opacity: 1, size: 70, color: fill },
          encoding: { x, y: { ...y, field: 'level' } },
        }),
      ),
    ...markers.flatMap(({ ms, text, level, dash }): Spec[] => {
      const nearEnd = ms / 1000 > to * 0.6;
      const values = [{ t: ms / 1000, level, text: `${text} ${inUnit(ms, 'ms')}` }];
      return [
        {
          data: { values },
          mark: { type: 'rule', color: color.ink, strokeWidth: 1.5, strokeDash: dash },
          encoding: { x, y: { ...y, field: 'level' }, y2: { datum: 0 } },
        },
        {
          data: { values },
          mark: { type: 'text', align: nearEnd ? 'right' : 'left', dx: nearEnd ? -5 : 5, fontWeight: 600 },
          encoding: { x, y: { ...y, field: 'level' }, text: { field: 'text' } },
        },
      ];
    }),
  ]);
}

export default define({
  about: 'the first fault from close by',
  order: 0,
  create(report) {
    const all = seriesOf(report).filter(({ folds }) => (folds[0]!.zooms[0]?.bins.length ?? 0) > 0);
    if (all.length === 0) return undefined;
    const to = reach(all);
    const costs = costTable(report.summary);
    const totals = all.flatMap(({ folds }) =>
      folds[0]!.zooms[0]!.bins.filter(({ t }) => t < to * 1000).map(({ good, bad }) => (good + bad) * 10),
    );
    // Head-room for the two labels.
    const top = totals.reduce((a, b) => Math.max(a, b), 10) * 1.35;
    return {
      title: titleOf(all),
      description:
        'Requests due in each 100 ms around the first fault, per second: good ones (ok and in time) in blue, bad ones (failed, lost or late) stacked on top. Lines mark when the balancer marked the victim unhealthy and from when on its clients were served as well as before; points above, when the last request was sent to a victim, and when victims were taken back and carried their part again.',
      legend: [
        { label: 'good', color: color.blue, shape: 'area' },
        { label: 'failed, lost or late', color: color.vermilion, shape: 'bar' },
        { label: 'detected', color: color.ink, shape: 'rule', dash: [5, 3] },
        { label: 'recovered', color: color.ink, shape: 'rule' },
        ...pointMarks
          .filter(({ label }) =>
            all.some(({ folds }) => points(folds[0]!.failover[0]!).some((it) => it.label === label)),
          )
          .map(({ level: _, ...entry }) => entry),
        { label: 'the fault holds', color: color.band, shape: 'band' },
      ],
      panels: all.map((series) => ({ label: series.summary.name, spec: drawing(series, to, top) })),
      table: {
        columns: ['contender', 'fault', ...costs.columns],
        rows: costs.rows.map(({ contender, fault, cells }) => [contender, fault, ...cells]),
      },
    };
  },
});
