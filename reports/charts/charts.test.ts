import { readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { causes, outcomes } from '../../harness/recording.ts';
import { fiveContenders } from '../fixture-recording.test-support.ts';
import { fixtureReport } from '../fixture-report.test-support.ts';
import { charts } from '../formats/html.ts';
import { renderSvg } from '../formats/svg.ts';
import type { Drawing } from './chart.ts';
import { logDomain, logTicks } from './theme.ts';

// A golden spec is reviewed like code. To accept a change: UPDATE_GOLDEN=1 npx ava reports/charts/charts.test.ts
const update = process.env.UPDATE_GOLDEN === '1';

const small = fixtureReport(
  { contenders: [fiveContenders[1]!, fiveContenders[4]!], rate: 80 },
  () => undefined,
  'twins',
);
/** Rounds enough to claim something. */
const decided = fixtureReport({ contenders: fiveContenders.slice(0, 3), rounds: 7, rate: 40 });
const worlds = {
  'rounds that decide': decided,
  'a crash': fixtureReport({ contenders: fiveContenders, rate: 200 }),
  'one contender': fixtureReport({ contenders: fiveContenders.slice(0, 1), rate: 100 }),
  'several rounds': fixtureReport({ contenders: fiveContenders.slice(0, 2), rounds: 3, rate: 100 }),
  'a contender that failed': fixtureReport({
    contenders: [fiveContenders[0]!, { ...fiveContenders[1]!, fails: true }],
    rate: 100,
  }),
  'a contender that died within the first step': fixtureReport(
    { contenders: fiveContenders.slice(0, 2), rate: 100 },
    (it) => {
      const trial = it.run.trials[1]!;
      Object.assign(trial, { status: 'failed', error: 'it died', windowMs: 145 });
      const { requests } = it.rows.get(trial.id)!;
      requests.outcome.fill(outcomes.indexOf('failed'));
      requests.cause.fill(causes.indexOf('refused'));
    },
  ),
  'no fault and no error': fixtureReport({ contenders: fiveContenders.slice(1, 3), rate: 100 }, (it) => {
    it.run.scenario.faults = [];
    it.events = [];
    for (const { requests } of it.rows.values()) {
      requests.outcome.fill(0);
      requests.cause.fill(0);
      requests.status.fill(200);
    }
  }),
};

/** As JSON with six digits: a golden file that breaks on the seventeenth tells nothing. */
const printed = (drawing: Drawing | undefined) =>
  `${JSON.stringify(
    drawing,
    (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value),
    1,
  )}\n`;

for (const [name, chart] of charts)
  test(`${name}: the spec is the golden one`, async (t) => {
    const file = new URL(`./golden/${name}.golden`, import.meta.url);
    const now = printed(chart.create(name === 'verdict-forest' ? decided : small));
    if (update) await writeFile(file, now);
    t.is(now, await readFile(file, 'utf8'));
  });

for (const [world, report] of Object.entries(worlds))
  test(`with ${world}, every drawing has a title, a description, a table and labelled axes, and Vega has no complaint`, async (t) => {
    for (const [name, chart] of charts) {
      const drawing = chart.create(report);
      if (!drawing) continue;
      t.true(drawing.title.length > 10 && drawing.description.length > 40, name);
      t.notRegex(
        drawing.title + drawing.description + (drawing.note ?? ''),
        /NaN|undefined|Infinity|null/,
        name,
      );
      t.true(drawing.table.rows.length > 0, name);
      t.true(
        drawing.table.rows.every((row) => row.length === drawing.table.columns.length),
        name,
      );
      t.notRegex(JSON.stringify(drawing.table), /NaN|undefined|Infinity/, name);
      for (const { label, spec } of drawing.panels) {
        const complaints: string[] = [];
        const svg = await renderSvg(spec, label, 'p', (message) => void complaints.push(message));
        t.deepEqual(complaints, [], name);
        t.regex(svg, /^<svg [^>]*viewBox="[^"]+" role="img" aria-label="/, name);
        t.regex(
          svg,
          /seconds from the|responses were faster|times as bad/,
          `${name}: the x axis says what it is`,
        );
        t.notRegex(svg, /NaN|undefined|Infinity/, name);
      }
    }
  });

test('where there is nothing, nothing is drawn; without a fault, no zoom on one', (t) => {
  const nothing = fixtureReport({ contenders: [{ ...fiveContenders[0]!, fails: true }] });
  for (const chart of charts.values()) t.is(chart.create(nothing), undefined);
  t.is(charts.get('failover-zoom')!.create(worlds['no fault and no error']), undefined);
});

test('panels stand in the order of the ranking', (t) => {
  const report = worlds['a crash'];
  const ranking = report.summary.verdict.ranking.map(({ contender }) => contender);
  const { panels } = charts.get('latency-over-time')!.create(report)!;
  t.deepEqual(
    panels.map(({ label }) => label),
    ranking,
  );
});

test('no errors: the chart says so in words', (t) => {
  const drawing = charts.get('errors-over-time')!.create(worlds['no fault and no error'])!;
  t.is(drawing.panels.length, 0);
  t.regex(drawing.title, /^Not one of 1,600 requests failed$/);
});

for (const [values, domain, why] of [
  [[3.2, 87], [3, 100], 'widened to round figures'],
  [[10, 10], [10, 100], 'a single value gets a decade'],
  [[], [1, 10], 'nothing gets some'],
  [[0, -1, 5], [5, 50], 'what a log axis cannot show is left out'],
] as const)
  test(`a log domain is ${why}`, (t) => t.deepEqual(logDomain(values), [...domain]));

test('log ticks: three to a decade where there is room, decades where there is not', (t) => {
  t.deepEqual(logTicks([1, 10]), [1, 2, 5, 10]);
  t.deepEqual(logTicks([3, 200]), [3, 10, 30, 100]);
  t.deepEqual(logTicks([1, 5000]), [1, 10, 100, 1000]);
});
