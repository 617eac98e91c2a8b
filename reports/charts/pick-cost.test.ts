import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import fc from 'fast-check';
import { pickCostPage } from '../formats/pick-cost-page.ts';
import { standaloneSvg } from '../formats/standalone-svg.ts';
import { renderSvg } from '../formats/svg.ts';
import { namePlaces, type PickCostRow, pickCost } from './pick-cost.ts';

const ns = [3, 10, 100, 1_000, 10_000];
const cost: Record<string, (n: number) => number> = {
  'round-robin': () => 14,
  random: () => 23,
  p2c: () => 58,
  maglev: () => 44,
  'least-connections': (n) => 20 + 22 * Math.log2(n),
  rendezvous: (n) => 30 + 4 * n,
  'p2c-peak-ewma': () => 110,
  'consistent-hash': (n) => 30 + 5 * Math.log2(n),
};
const rowsOf = (names: readonly string[], sizes: readonly number[] = ns): PickCostRow[] =>
  names.flatMap((strategy) =>
    sizes.map((n) => ({
      ...{ strategy, n, nsPerPick: cost[strategy]!(n), floorNs: 11 + Math.log10(n) },
      ...(n === sizes[0] && { bytesPerPick: strategy === 'p2c' ? 64.2 : 0.04 }),
    })),
  );
const all = Object.keys(cost);

// To accept a change: UPDATE_GOLDEN=1 npx ava reports/charts/pick-cost.test.ts
test('the spec is the golden one', async (t) => {
  const file = new URL('./golden/pick-cost.golden', import.meta.url);
  const now = `${JSON.stringify(
    pickCost(rowsOf(all)),
    (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value),
    1,
  )}\n`;
  if (process.env.UPDATE_GOLDEN === '1') await writeFile(file, now);
  t.is(now, await readFile(file, 'utf8'));
});

for (const [sentence, names, sizes, panels] of [
  ['eight strategies', all, ns, 2],
  ['one strategy', ['p2c'], ns, 1],
  ['one size', all, [10], 2],
  ['one strategy at one size', ['p2c'], [1], 1],
] as const)
  test(`with ${sentence} every line is drawn and named, and Vega has no complaint`, async (t) => {
    const drawing = pickCost(rowsOf(names, sizes))!;
    t.is(drawing.panels.length, panels);
    t.is(drawing.table.rows.length, names.length);
    t.true(drawing.table.rows.every((row) => row.length === drawing.table.columns.length));
    t.notRegex(JSON.stringify(drawing), /NaN|undefined|Infinity/);
    const drawn: string[] = [];
    for (const { spec, label } of drawing.panels) {
      const complaints: string[] = [];
      const svg = await renderSvg(spec, label, 'p', (message) => void complaints.push(message));
      t.deepEqual(complaints, []);
      t.notRegex(svg, /NaN|undefined|Infinity/);
      t.regex(svg, />available backends</);
      t.regex(svg, />ns per pick</);
      drawn.push(...names.filter((name) => svg.includes(`>${name}<`)));
    }
    t.deepEqual(drawn.sort(), [...names].sort(), 'each name stands in one panel');
  });

test('the title and the order go from the cheapest to the dearest at the largest n', (t) => {
  const { title, table } = pickCost(rowsOf(all))!;
  t.is(title, 'With 10,000 backends a pick costs from 14.0 ns (round-robin) to 40.0 µs (rendezvous)');
  t.deepEqual(
    [table.rows[0]![0], table.rows.at(-1)!.slice(-2)],
    ['round-robin', [`${(40_030 / 42).toFixed(0)}×`, '0.0']],
  );
  t.is(table.rows.find(([name]) => name === 'p2c')!.at(-1), '64');
});

test('where nothing was measured, nothing is drawn', async (t) => {
  t.is(pickCost([]), undefined);
  await t.throwsAsync(pickCostPage([], []), { message: /nothing to draw/ });
});

test('names never overlap, keep their order and stay within the panel; alone they stand at their line', (t) => {
  const domain = [10, 50_000] as const;
  const heights = fc.array(fc.double({ min: 10, max: 50_000, noNaN: true }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(heights, (ends) => {
      const places = namePlaces(
        ends.sort((a, b) => a - b),
        domain,
      ).map(Math.log);
      const px = (from: number, to: number) => ((to - from) * 160) / Math.log(domain[1] / domain[0]);
      for (let i = 1; i < places.length; i++) if (px(places[i - 1]!, places[i]!) < 13.9) return false;
      return px(Math.log(domain[0]), places[0]!) > -0.1 && px(places.at(-1)!, Math.log(domain[1])) > -0.1;
    }),
  );
  t.true(Math.abs(namePlaces([300], domain)[0]! - 300) < 1e-9);
});

test('the file on its own is one SVG with a name, a description and no colour that needs a page', async (t) => {
  const svg = await standaloneSvg(pickCost(rowsOf(all))!);
  t.regex(svg, /^<svg [^>]*role="img" aria-labelledby="title description"/);
  t.regex(svg, /<desc id="description">Median time of one pick/);
  t.notRegex(svg, /var\(/);
  t.regex(svg, /prefers-color-scheme: dark/);
  t.is(svg.match(/<svg /g)!.length, 3);
});

test('the page says where it was measured, and has the numbers as a table', async (t) => {
  const page = await pickCostPage(rowsOf(all), [['CPU', 'a <fast> one']]);
  t.regex(page, /<dt>CPU<\/dt><dd>a &lt;fast&gt; one<\/dd>/);
  t.regex(page, /<td class="text">least-connections<\/td>/);
});
