/**
 * What a pick costs against the size of the pool, from `steelyard micro`: both axes logarithmic, so that O(1) is level, and O(n)
 * climbs a decade in a decade. A dozen lines in one frame are spaghetti: six strategies to a panel, cheapest first, all others
 * in grey behind them; each line is named at its end. It draws no recording, so it is not among the report's own charts.
 */
import { plural } from '../numbers.ts';
import type { Drawing, Spec, Table } from './chart.ts';
import { color, logDomain, logTicks, panel, series, yAxis } from './theme.ts';

/** A row of `steelyard micro --json`, as far as it is drawn. Times are nanoseconds. */
export interface PickCostRow {
  strategy: string;
  n: number;
  nsPerPick: number;
  /** The loop that measures, without a strategy. */
  floorNs: number;
  /** At one n. */
  bytesPerPick?: number;
}

interface Line {
  strategy: string;
  points: PickCostRow[];
  last: PickCostRow;
}

const perPanel = series.length;
const dashes = [
  [1, 0],
  [7, 3],
  [2, 2],
  [9, 3, 2, 3],
  [4, 4],
  [12, 3],
];
/** Of the panel's 360 × 210: what the lines get beside their names, and above the x axis, px. */
const plot = { width: 150, height: 160 };
/** From the end of a line to its name, px. */
const leader = 16;
const lineHeight = 14;

export function pickCost(rows: readonly PickCostRow[]): Drawing | undefined {
  const lines = linesOf(rows);
  const [cheapest, dearest] = [lines[0], lines.at(-1)];
  if (cheapest === undefined || dearest === undefined) return undefined;
  const ns = [...new Set(rows.map(({ n }) => n))].sort((a, b) => a - b);
  const domain = logDomain(rows.flatMap((row) => [row.nsPerPick, row.floorNs]));
  const most = ns.at(-1)!;
  const groups = Array.from({ length: Math.ceil(lines.length / perPanel) }, (_, i) =>
    lines.slice(i * perPanel, (i + 1) * perPanel),
  );
  const range = (group: readonly Line[]) => {
    const [low, high] = [duration(group[0]!.last.nsPerPick), duration(group.at(-1)!.last.nsPerPick)];
    return low === high ? low : `${low} to ${high}`;
  };
  return {
    title:
      lines.length === 1
        ? `With ${plural(most, 'backend')} a pick of ${cheapest.strategy} costs ${duration(cheapest.last.nsPerPick)}`
        : `With ${plural(most, 'backend')} a pick costs from ${duration(cheapest.last.nsPerPick)} (${cheapest.strategy}) to ${duration(dearest.last.nsPerPick)} (${dearest.strategy})`,
    description:
      'Median time of one pick with its start and end, by the number of backends, both axes logarithmic: level lines do not care how many there are, and lower is cheaper. Nine tenths as many requests as backends are in flight and end in shuffled order. Each panel shows some strategies in colour, named at the right, and all others in grey.',
    note: 'The dotted line is the loop that measures, with picks drawn beforehand; it rises where the backends outgrow the caches. It is part of every figure.',
    legend: [
      { label: 'the loop alone', color: color.muted, shape: 'line', dash: [1, 3] },
      ...(groups.length > 1
        ? [{ label: 'the other strategies', color: color.faint, shape: 'line' as const }]
        : []),
    ],
    panels: groups.map((group) => ({
      label: `${range(group)} with ${plural(most, 'backend')}`,
      spec: panel(layers(group, lines, ns, domain)),
    })),
    table: tableOf(lines, ns),
  };
}

/** Cheapest first at the largest n it was measured with. */
function linesOf(rows: readonly PickCostRow[]): Line[] {
  return [...Map.groupBy(rows, ({ strategy }) => strategy)]
    .map(([strategy, its]) => {
      const points = its.toSorted((a, b) => a.n - b.n);
      return { strategy, points, last: points.at(-1)! };
    })
    .sort((a, b) => a.last.nsPerPick - b.last.nsPerPick);
}

function layers(
  group: readonly Line[],
  all: readonly Line[],
  ns: readonly number[],
  domain: readonly [number, number],
): Spec[] {
  const first = ns[0]!;
  const last = Math.max(ns.at(-1)!, first * 10);
  const beyond = last * (last / first) ** (leader / plot.width);
  const x: Spec = {
    field: 'n',
    type: 'quantitative',
    scale: { type: 'log', domain: [first, last], range: [0, plot.width], nice: false },
    axis: { title: 'available backends', values: ns, format: '~s', labelFlush: false },
  };
  const y = (field: string): Spec => ({
    field,
    type: 'quantitative',
    scale: { type: 'log', domain, nice: false },
    axis: yAxis('ns per pick', { values: logTicks(domain), format: ',' }),
  });
  const line = (values: readonly object[], field: string, mark: Spec): Spec => ({
    data: { values },
    mark: { type: 'line', ...mark },
    encoding: { x, y: y(field), detail: { field: 'strategy' } },
  });
  const names = namePlaces(
    group.map(({ last: end }) => end.nsPerPick),
    domain,
  );
  const floor = all[0]!.points;
  const others = all.filter((it) => !group.includes(it)).flatMap(({ points }) => points);
  return [
    line(others, 'nsPerPick', { color: color.faint, strokeWidth: 0.75 }),
    line(floor, 'floorNs', { color: color.muted, strokeWidth: 1.5, strokeDash: [1, 3] }),
    ...group.flatMap(({ points, last: end, strategy }, i) => {
      const named = { strategy: shortened(strategy), n: beyond, nsPerPick: names[i] };
      const drawn = { color: series[i], strokeDash: dashes[i] };
      return [
        line(points, 'nsPerPick', { ...drawn, strokeWidth: 2.25 }),
        line(points, 'nsPerPick', { type: 'point', filled: true, size: 18, opacity: 1, color: series[i] }),
        line([end, named], 'nsPerPick', { color: series[i], strokeWidth: 1 }),
        {
          data: { values: [named] },
          mark: { type: 'text', align: 'left', dx: 3, baseline: 'middle', fontSize: 11 },
          encoding: { x, y: y('nsPerPick'), text: { field: 'strategy' } },
        },
      ];
    }),
  ];
}

/** Of a user's own: the catalogue's are shorter. */
const shortened = (name: string) => (name.length > 24 ? `${name.slice(0, 23)}…` : name);

/**
 * How high the names of lines stand that end so high (ascending): as near to the ends as they can be without overlapping,
 * which is isotonic regression on the heights less the names' own.
 */
export function namePlaces(ends: readonly number[], [low, high]: readonly [number, number]): number[] {
  const step = (Math.log(high / low) * lineHeight) / plot.height;
  const blocks: { sum: number; count: number }[] = [];
  const mean = ({ sum, count }: { sum: number; count: number }) => sum / count;
  for (const [i, end] of ends.entries()) {
    let block = { sum: Math.log(end) - i * step, count: 1 };
    for (let below = blocks.at(-1); below && mean(below) > mean(block); below = blocks.at(-1)) {
      block = { sum: below.sum + block.sum, count: below.count + block.count };
      blocks.pop();
    }
    blocks.push(block);
  }
  const places = blocks.flatMap((block) => new Array<number>(block.count).fill(mean(block)));
  const most = Math.log(high) - (ends.length - 1) * step;
  return places.map((place, i) => Math.exp(Math.max(Math.log(low), Math.min(place, most)) + i * step));
}

function tableOf(lines: readonly Line[], ns: readonly number[]): Table {
  const [least, most] = [ns[0]!, ns.at(-1)!];
  return {
    columns: [
      'strategy',
      ...ns.map((n) => `n = ${grouped(n)}`),
      ...(ns.length > 1 ? [`n = ${grouped(most)} ÷ n = ${grouped(least)}`] : []),
      'bytes allocated per pick',
    ],
    rows: lines.map(({ strategy, points }) => {
      const at = (n: number) => points.find((it) => it.n === n)?.nsPerPick;
      const bytes = points.find(({ bytesPerPick }) => bytesPerPick !== undefined)?.bytesPerPick;
      const [first, last] = [at(least), at(most)];
      return [
        strategy,
        ...ns.map((n) => (at(n) === undefined ? '–' : duration(at(n)!))),
        ...(ns.length > 1 ? [first && last ? `${digits(last / first)}×` : '–'] : []),
        bytes === undefined ? '–' : Math.max(0, bytes).toFixed(bytes < 10 ? 1 : 0),
      ];
    }),
  };
}

const grouped = (n: number) => n.toLocaleString('en');
const digits = (value: number) =>
  value >= 99.5 ? grouped(Math.round(value)) : value.toPrecision(value < 1 ? 2 : 3);

/** Nanoseconds as people read them: `54.1 ns`, `1.24 µs`, `1.05 ms`. */
function duration(ns: number): string {
  if (ns < 999.5) return `${digits(ns)} ns`;
  return ns < 999_500 ? `${digits(ns / 1e3)} µs` : `${digits(ns / 1e6)} ms`;
}
