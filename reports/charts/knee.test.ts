import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { renderSvg } from '../formats/svg.ts';
import { fixtureSweep } from '../sweep.test-support.ts';
import { knee } from './knee.ts';

const random = (load: number) => (load < 1 ? 46 / (1 - load) : 'overloaded');
const p2c = (load: number) => (load <= 1 ? 40 + 90 * load ** 6 : 'overloaded');
const eight = Object.fromEntries(
  Array.from({ length: 8 }, (_, i) => [`strategy-${i}`, (load: number) => 20 + i + 100 * load ** 4] as const),
);
const worlds = {
  'two strategies below capacity': fixtureSweep({ random, p2c }),
  'two strategies up to twice the capacity': fixtureSweep({ random, p2c }, { values: [0.5, 0.9, 1, 1.2, 2] }),
  'eight strategies, in two panels': fixtureSweep(eight),
  'one strategy at one point': fixtureSweep({ p2c }, { values: [0.9] }),
  'a strategy that failed at a point in the middle': fixtureSweep({
    p2c,
    broken: (load) => (load === 0.7 ? 'failed' : 50),
  }),
  'a count from 1 to 1,000': fixtureSweep(
    { p2c: (n) => 40 + n / 100, 'least-connections': (n) => 30 + n },
    { values: [1, 10, 100, 1000], path: 'balancer.count', load: false },
  ),
  'durations from 0': fixtureSweep(
    { p2c: (ms) => 40 + ms },
    { values: [0, 50, 200], path: 'balancer.board.every', unit: 'ms', load: false },
  ),
};

// To accept a change: UPDATE_GOLDEN=1 npx ava reports/charts/knee.test.ts
test('the spec is the golden one', async (t) => {
  const file = new URL('./golden/knee.golden', import.meta.url);
  const now = `${JSON.stringify(
    knee(worlds['two strategies up to twice the capacity']),
    (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value),
    1,
  )}\n`;
  if (process.env.UPDATE_GOLDEN === '1') await writeFile(file, now);
  t.is(now, await readFile(file, 'utf8'));
});

for (const [world, sweep] of Object.entries(worlds))
  test(`with ${world}, every line is drawn and named, and Vega has no complaint`, async (t) => {
    const drawing = knee(sweep)!;
    t.true(drawing.description.length > 100);
    t.true(drawing.table.rows.every((row) => row.length === drawing.table.columns.length));
    t.notRegex(JSON.stringify(drawing), /NaN|undefined|Infinity/);
    const named: string[] = [];
    for (const { spec, label } of drawing.panels) {
      const complaints: string[] = [];
      const svg = await renderSvg(spec, label, 'p', (message) => void complaints.push(message));
      t.deepEqual(complaints, []);
      t.notRegex(svg, /NaN|undefined|Infinity/);
      t.regex(svg, />p99, ms</);
      t.regex(svg, /offered load, share of capacity|balancer\.count|balancer\.board\.every, ms/);
      named.push(...sweep.contenders.map(({ name }) => name).filter((name) => svg.includes(`>${name}<`)));
    }
    t.deepEqual(
      named.sort(),
      sweep.contenders.map(({ name }) => name).sort(),
      'each name stands in one panel',
    );
  });

for (const [sentence, sweep, title] of [
  [
    'the spread at the last point and at the first',
    worlds['two strategies below capacity'],
    'At 90% load p99 runs from 87.8 ms (p2c) to 460 ms (random); at 50%, from 41.4 ms to 92.0 ms',
  ],
  [
    'where some are overloaded, and where all are',
    worlds['two strategies up to twice the capacity'],
    'At 100% load p99 is 130 ms (p2c); at 50%, from 41.4 ms to 92.0 ms; random is overloaded; at 200% load, all are overloaded',
  ],
  ['one contender', fixtureSweep({ p2c }), 'p99 of p2c: 41.4 ms at 50% load, 87.8 ms at 90%'],
  ['one point', worlds['one strategy at one point'], 'p99 of p2c: 87.8 ms at 90% load'],
  [
    'a path that is no load, by its name',
    worlds['a count from 1 to 1,000'],
    'With balancer.count = 1,000 p99 runs from 50.0 ms (p2c) to 1,030 ms (least-connections); at 1, from 31.0 ms to 40.0 ms',
  ],
  [
    'nobody fit at any point',
    fixtureSweep({ random, p2c }, { values: [1.5, 2] }),
    'At 150% load all are overloaded already',
  ],
] as const)
  test(`the title says what to see: ${sentence}`, (t) => t.is(knee(sweep)!.title, title));

test('points stand down and contenders across, unless these are more; what has no p99 says how many were bad', (t) => {
  const { table } = knee(worlds['two strategies up to twice the capacity'])!;
  t.deepEqual(table.columns, ['p99', 'random', 'p2c']);
  t.deepEqual(table.rows.at(-1), ['200%', '10.0% bad', '10.0% bad']);
  t.deepEqual(knee(worlds['eight strategies, in two panels'])!.table.columns, ['p99', '50%', '70%', '90%']);
  const failed = knee(worlds['a strategy that failed at a point in the middle'])!;
  t.deepEqual(failed.table.rows[1], ['70%', '50.6 ms', 'failed']);
});

test('what has no p99 stands at the upper edge, above every number; a line is broken where a trial failed', (t) => {
  const marks = (sweep: (typeof worlds)[keyof typeof worlds]) =>
    knee(sweep)!.panels.flatMap(
      ({ spec }) => spec.layer as { mark: { type: string; shape?: string }; data: { values: Row[] } }[],
    );
  interface Row {
    value: number;
    p99: number;
    stretch: number;
  }
  const overload = marks(worlds['two strategies up to twice the capacity']);
  const edge = overload.filter(({ mark }) => mark.shape === 'triangle-up').flatMap(({ data }) => data.values);
  t.deepEqual(
    edge.map(({ value }) => value),
    [1.2, 2, 1, 1.2, 2],
  );
  const highest = Math.max(...edge.map(({ p99 }) => p99));
  t.true(highest >= 2 * 460 && edge.every(({ p99 }) => p99 === highest));
  const hollow = overload.filter(({ mark }) => mark.shape === 'circle').flatMap(({ data }) => data.values);
  t.deepEqual(
    hollow.map(({ value, p99 }) => [value, p99]),
    [[1, 130]],
    'at capacity there is a p99, but it is of this length of run',
  );
  const broken = marks(worlds['a strategy that failed at a point in the middle']);
  const lines = broken.filter(({ mark, data }) => mark.type === 'line' && data.values.length > 1);
  t.true(lines.some(({ data }) => new Set(data.values.map(({ stretch }) => stretch)).size === 2));
});

test('where nobody finished, nothing is drawn', (t) => {
  t.is(knee(fixtureSweep({ p2c: () => 'failed' })), undefined);
  t.is(knee({ ...fixtureSweep({ p2c }), points: [] }), undefined);
});
