/**
 * The knee: p99 against offered load, or whatever else was swept, a line for each contender. Where a line turns upwards its strategy
 * has used up the fleet. y is logarithmic, as it has to hold both sides of the knee. Six contenders to a panel, best at the last
 * point first, all others in grey behind them; each line is named at its end. It draws a sweep, so it is not among a report's own charts.
 */
import { kneeOf, type Sweep, type SweepContender } from '../sweep.ts';
import type { Drawing, LegendEntry, Spec } from './chart.ts';
import { type KneeAxis, kneeAxis } from './knee-axis.ts';
import { kneeTable, kneeTitle } from './knee-words.ts';
import { namePlaces } from './pick-cost.ts';
import { color, logDomain, logTicks, panel, series, yAxis } from './theme.ts';

interface Point {
  contender: string;
  value: number;
  /** ms; at the upper edge where unbounded. */
  p99: number;
  unbounded: boolean;
  /** The fleet is offered more than it can serve, and yet there is a p99. */
  beyond: boolean;
  /** Points next to each other without a gap between them have the same. */
  stretch: number;
}

interface Line {
  contender: string;
  points: Point[];
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
/** Of the panel's width: axis labels to the left of the plot, and for each letter of a name to the right of it, px. */
const room = { panel: 360, axis: 44, letter: 6.7 };
/** From the end of a line to its name, px. */
const leader = 16;
const longestName = 24;

/** Undefined where no point has a contender that finished. */
export function knee(sweep: Sweep): Drawing | undefined {
  const domain = domainOf(sweep);
  const lines = linesOf(sweep, domain[1]);
  if (lines.length === 0) return undefined;
  const names = lines.map(({ contender }) => shortened(contender).length);
  const width = Math.round(room.panel - room.axis - leader - 3 - Math.max(...names) * room.letter);
  const axis = kneeAxis(sweep, width);
  const groups = Array.from({ length: Math.ceil(lines.length / perPanel) }, (_, i) =>
    lines.slice(i * perPanel, (i + 1) * perPanel),
  );
  const capacity = capacityOf(sweep);
  const all = lines.flatMap(({ points }) => points);
  const legend: LegendEntry[] = [
    ...(capacity === undefined
      ? []
      : [
          { label: 'all that the fleet can serve', color: color.muted, shape: 'rule' as const, dash: [2, 2] },
        ]),
    ...(groups.length > 1
      ? [{ label: 'the other contenders', color: color.faint, shape: 'line' as const }]
      : []),
  ];
  const notes = [
    ...(all.some(({ unbounded }) => unbounded)
      ? [
          '▲ at the upper edge: more than 1% of the requests failed, were lost or never ended, so that p99 has no value.',
        ]
      : []),
    ...(all.some(({ beyond }) => beyond)
      ? [
          '○: more was offered than the fleet can serve; waiting times, and p99, grow with the length of the run.',
        ]
      : []),
  ];
  return {
    title: kneeTitle(sweep, axis),
    description: `p99 of ok responses (99 of 100 were faster) against ${axis.title}; the vertical axis is logarithmic, and lower is better. At each point every contender met the same requests. Each line is named at its right end${
      groups.length > 1 ? '; each panel shows some contenders in colour and all others in grey' : ''
    }.`,
    ...(notes.length > 0 ? { note: notes.join(' ') } : {}),
    legend,
    panels: groups.map((group, i) => ({
      label:
        groups.length === 1
          ? ''
          : `places ${i * perPanel + 1} to ${i * perPanel + group.length} of ${lines.length}`,
      spec: panel(layers(group, lines, { axis, domain, capacity })),
    })),
    table: kneeTable(sweep, axis),
  };
}

function layers(
  group: readonly Line[],
  all: readonly Line[],
  {
    axis,
    domain,
    capacity,
  }: { axis: KneeAxis; domain: readonly [number, number]; capacity: number | undefined },
): Spec[] {
  const x: Spec = { field: 'value', type: 'quantitative', scale: axis.scale, axis: axis.axis };
  const y: Spec = {
    field: 'p99',
    type: 'quantitative',
    scale: { type: 'log', domain, nice: false },
    axis: yAxis('p99, ms', { values: logTicks(domain), format: ',~f' }),
  };
  const line = (values: readonly object[], mark: Spec): Spec => ({
    data: { values },
    mark: { type: 'line', ...mark },
    encoding: { x, y, detail: [{ field: 'contender' }, { field: 'stretch' }] },
  });
  const points = (values: readonly Point[], mark: Spec): Spec[] =>
    values.length === 0
      ? []
      : [{ data: { values }, mark: { type: 'point', opacity: 1, ...mark }, encoding: { x, y } }];
  const rule: Spec[] =
    capacity === undefined
      ? []
      : [
          {
            data: { values: [{ value: capacity }] },
            mark: { type: 'rule', color: color.muted, strokeDash: [2, 2] },
            encoding: { x },
          },
        ];
  const others = all.filter((it) => !group.includes(it)).flatMap((it) => it.points);
  const places = namePlaces(
    group.map((it) => it.points.at(-1)!.p99),
    domain,
  );
  return [
    ...rule,
    ...(others.length === 0 ? [] : [line(others, { color: color.faint, strokeWidth: 0.75 })]),
    ...group.flatMap((it, i) => {
      const end = it.points.at(-1)!;
      const named = { ...end, value: axis.beyond(leader), p99: places[i]!, text: shortened(it.contender) };
      const stroke = series[i]!;
      return [
        line(it.points, { color: stroke, strokeDash: dashes[i], strokeWidth: 2.25 }),
        ...points(
          it.points.filter(({ unbounded, beyond }) => !unbounded && !beyond),
          { filled: true, size: 22, color: stroke },
        ),
        ...points(
          it.points.filter(({ beyond }) => beyond),
          { shape: 'circle', size: 30, color: stroke, strokeWidth: 1.75 },
        ),
        ...points(
          it.points.filter(({ unbounded }) => unbounded),
          { shape: 'triangle-up', filled: true, size: 55, color: stroke },
        ),
        line([end, named], { color: stroke, strokeWidth: 1 }),
        {
          data: { values: [named] },
          mark: { type: 'text', align: 'left', dx: 3, baseline: 'middle', fontSize: 11 },
          encoding: { x, y, text: { field: 'text' } },
        },
      ];
    }),
  ];
}

/** Best at the last point first; those equal there, by the points before. */
function linesOf({ contenders, points }: Sweep, top: number): Line[] {
  const lines = contenders.map(({ name }): Line => {
    const found: Point[] = [];
    let stretch = 0;
    for (const { value, utilization, contenders: its } of points) {
      const p99 = knownAt(its, name);
      if (p99 === undefined) {
        stretch++;
        continue;
      }
      const unbounded = p99 === Number.POSITIVE_INFINITY;
      const beyond = !unbounded && utilization !== null && utilization >= 1;
      found.push({ contender: name, value, p99: unbounded ? top : p99, unbounded, beyond, stretch });
    }
    return { contender: name, points: found };
  });
  return lines.filter((it) => it.points.length > 0).sort(byEnd);
}

function byEnd(a: Line, b: Line): number {
  for (let back = 1; back <= Math.min(a.points.length, b.points.length); back++) {
    const difference = a.points.at(-back)!.p99 - b.points.at(-back)!.p99;
    if (difference !== 0) return difference;
  }
  return 0;
}

function knownAt(contenders: readonly SweepContender[], name: string): number | undefined {
  const found = contenders.find((it) => it.name === name);
  return found && kneeOf(found);
}

/** With room above the highest p99 for what has none. */
function domainOf({ points }: Sweep): [number, number] {
  const all = points.flatMap(({ contenders }) => contenders.flatMap((it) => kneeOf(it) ?? []));
  const finite = all.filter(Number.isFinite);
  const unbounded = finite.length < all.length;
  return logDomain(unbounded ? [...finite, 2 * Math.max(1, ...finite)] : finite);
}

/** Where offered load meets what the fleet can serve, if that lies within the sweep. */
function capacityOf({ path, points, values }: Sweep): number | undefined {
  if (path !== 'load.open.utilization' && path !== 'load.open.rate') return undefined;
  const known = points.find(({ utilization }) => utilization !== null && utilization > 0);
  if (known === undefined) return undefined;
  const capacity = known.value / known.utilization!;
  return capacity >= values[0]! && capacity <= values.at(-1)! ? capacity : undefined;
}

const shortened = (name: string) => (name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name);
