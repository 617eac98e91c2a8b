/** Regret in the page and in the step summary: of a made-up recording whose oracle is known. */
import test from 'ava';
import { fiveContenders } from '../fixture-recording.test-support.ts';
import { fixtureReport } from '../fixture-report.test-support.ts';
import type { Report } from '../judge.ts';
import type { Regret } from '../summary.ts';
import html from './html.ts';
import markdown from './markdown.ts';
import { regretSection } from './page-regret.ts';

const two = { contenders: fiveContenders.slice(0, 2), rate: 100 };
const report = fixtureReport(two, undefined, 'oracle');

/** The same report, its contenders' regrets replaced. */
function withRegrets(...regrets: Partial<Regret>[]): Report {
  const contenders = report.summary.contenders.map((it, i) => ({
    ...it,
    regret: { ...it.regret!, ...regrets[i] },
  }));
  return { ...report, summary: { ...report.summary, contenders } };
}
/** Strip by strip in the verdict's order, least-connections first: the oracle's part and what comes on top, %. */
const widths = (section: string) => [...section.matchAll(/width="([\d.]+)%"/g)].map(([, it]) => Number(it));

test('the page says who is nearest to the oracle and who is farthest, and every number has its row', async (t) => {
  const page = await html.create(withRegrets({ meanMs: 30 }, { meanMs: 2.5 }));
  t.regex(
    page,
    /<h2>Regret: least-connections 2\.50\u00a0ms beyond the oracle on average, round-robin 30\.0\u00a0ms<\/h2>/,
  );
  const { regret } = report.summary.contenders[0]!;
  t.true(regret!.requests! > 300);
  t.true(page.includes('<td class="text">round-robin</td><td>30.0 ms</td>'));
  t.notRegex(regretSection(report).source, /false|undefined|NaN/);
  t.is(page.match(/aria-label="[^"]* on average, the oracle’s /g)!.length, 2, 'each strip says its numbers');
});

test('a strip is the oracle’s mean and what comes on top, against the longest of all', (t) => {
  const section = regretSection(
    withRegrets({ oracleMeanMs: 10, meanMs: 30 }, { oracleMeanMs: 10, meanMs: 10 }),
  ).source;
  t.deepEqual(widths(section).slice(-4), [25, 25, 25, 75]);
});

test('a contender faster than the oracle has its own mean as a strip, and nothing on top', (t) => {
  const section = regretSection(
    withRegrets({ oracleMeanMs: 10, meanMs: 0 }, { oracleMeanMs: 10, meanMs: -2 }),
  ).source;
  t.deepEqual(widths(section).slice(-4), [80, 0, 100, 0]);
  t.regex(section, /least-connections -2\.00\u00a0ms beyond/);
});

test('what was folded as it came has no single differences, and the page says whose the means are', (t) => {
  const unknown = { requests: null, p50Ms: null, p99Ms: null, factor: null };
  const section = regretSection(withRegrets(unknown, {})).source;
  t.regex(section, /the means are of each one’s own ok responses/);
  t.regex(section, /<td class="text">round-robin<\/td><td>[\d.]+ ms<\/td><td>–<\/td><td>–<\/td>/);
  t.notRegex(regretSection(report).source, /folded/);
});

test('without an oracle there is no section, in the page and in the step summary', async (t) => {
  const real = fixtureReport(two);
  t.notRegex(await html.create(real), /[Rr]egret/);
  t.notRegex(await markdown.create(real), /Regret/);
});

test('the step summary has a row for each contender, under the same heads as the page', async (t) => {
  const document = await markdown.create(withRegrets({ meanMs: 30, factor: 4 }, {}));
  const [, section] = document.split('### Regret\n\n');
  const [head, rule, ...rows] = section!.split('\n\n')[0]!.split('\n');
  t.is(head, '| contender | mean beyond the oracle | median | p99 | oracle’s mean | mean ÷ oracle’s |');
  t.is(rule, '| --- | ---: | ---: | ---: | ---: | ---: |');
  t.is(rows.length, 2);
  t.true(
    rows.some((row) => /^\| round-robin \| 30\.0 ms \| .* \| 4\.00× \|$/.test(row)),
    rows.join('\n'),
  );
});
