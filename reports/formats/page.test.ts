/** The page as a browser shows it. Needs Chromium; skipped where there is none, unless STEELYARD_REQUIRE_BROWSER=1. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type Browser, chromium } from 'playwright-core';
import { oracleOf, trialFile, writeRequests } from '../../harness/recording.ts';
import { fiveContenders, fixtureRecording, writeFixture } from '../fixture-recording.test-support.ts';
import { buildReport } from '../report.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
);
const inBrowser =
  executablePath !== undefined || process.env.STEELYARD_REQUIRE_BROWSER === '1' ? test.serial : test.skip;

interface Seen {
  heading: string;
  overflow: number;
  text: number;
  ground: number;
  drawings: number;
  unnamed: number;
  tables: number;
  regret: number;
}

/** Runs in the page; as text, since this house's compiler knows no DOM. */
const look = `(() => {
  const luminance = (rgb) => rgb.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765;
  const style = getComputedStyle(document.body);
  const drawings = [...document.querySelectorAll('svg')].filter((it) => it.querySelector('path') !== null);
  const named = (it) => it.getAttribute('aria-hidden') === 'true' || it.getAttribute('aria-label') || it.closest('[aria-label], [aria-labelledby]');
  return {
    heading: document.querySelector('h1')?.textContent ?? '',
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    text: luminance(style.color),
    ground: luminance(style.backgroundColor),
    drawings: drawings.length,
    unnamed: drawings.filter((it) => !named(it)).length,
    tables: document.querySelectorAll('table').length,
    regret: [...document.querySelectorAll('#regret .strips svg')].filter((it) => it.getBoundingClientRect().width > 150).length,
  };
})()`;

let browser: Browser;
let dir: string;

test.before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'steelyard-page-'));
  const recording = fixtureRecording({ contenders: fiveContenders, rate: 200 });
  await writeFixture(dir, recording);
  // An oracle, so that there is regret: every request took half of what the first contender's took.
  const { requests } = recording.rows.get(recording.run.trials[0]!.id)!;
  const half = { ...requests, latency: requests.latency.map((it) => it / 2) };
  await mkdir(trialFile(dir, oracleOf(0), ''), { recursive: true });
  await writeRequests(dir, recording.run, oracleOf(0), half);
  await buildReport(dir);
  if (executablePath !== undefined)
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-background-networking'],
    });
});
test.after.always(async () => {
  await browser?.close();
  await rm(dir, { recursive: true, force: true });
});

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [360, 1200])
    inBrowser(
      `${colorScheme}, ${width} px wide: nothing is fetched, nothing complains, nothing scrolls sideways`,
      async (t) => {
        t.truthy(executablePath, 'Chromium is required here and not installed');
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
        t.teardown(() => context.close());
        const page = await context.newPage();
        const complaints: string[] = [];
        const fetched: string[] = [];
        page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(String(error)));
        page.on('request', (request) => fetched.push(request.url()));
        const file = `file://${join(dir, 'report.html')}`;
        await page.goto(file);
        t.deepEqual(complaints, []);
        t.deepEqual(fetched, [file], 'one file, and nothing but it');

        const seen = (await page.evaluate(look)) as Seen;
        t.regex(seen.heading, /p99|goodput|throughput/, 'the verdict comes first');
        t.true(seen.overflow <= 0, `${seen.overflow} px too wide`);
        t.true(Math.abs(seen.text - seen.ground) > 0.6, `text ${seen.text} on ${seen.ground}`);
        t.is(seen.ground > 0.5, colorScheme === 'light');
        t.true(seen.drawings >= 6, `${seen.drawings} drawings`);
        t.is(seen.unnamed, 0, 'every drawing has a name for a screen reader');
        t.true(seen.tables >= 7, `${seen.tables} tables`);
        t.is(seen.regret, fiveContenders.length, 'a strip of regret for each contender, wide enough to read');
      },
    );
