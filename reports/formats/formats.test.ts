import test from 'ava';
import { HistogramLogReader } from 'hdr-histogram-js';
import { fiveContenders } from '../fixture-recording.test-support.ts';
import { fixtureReport } from '../fixture-report.test-support.ts';
import { nearestRank } from '../latencies.ts';
import { formats } from '../report.ts';
import benchmark from './benchmark.ts';
import csv, { cell } from './csv.ts';
import hlog from './hlog.ts';
import html from './html.ts';
import junit, { xml } from './junit.ts';
import markdown, { text } from './markdown.ts';
import { command } from './page-details.ts';

const two = { contenders: fiveContenders.slice(0, 2), rate: 100 };
const report = fixtureReport(two);

/** Names that cannot occur (the schema forbids them) and must do no harm if they do. */
const hostile = '</script><img src=x onerror=alert(1)>"\'&\n=cmd()|x';
const wicked = fixtureReport(
  { contenders: [{ ...fiveContenders[0]!, name: hostile }, failing()], rate: 50 },
  ({ run }) => {
    run.notes.push(hostile);
    run.scenario.about = hostile;
    run.source.text = hostile;
    run.environment.cpuModel = hostile;
    run.backends[0]!.id = hostile;
  },
);
function failing() {
  return { ...fiveContenders[1]!, fails: true };
}

test('the folds of the run directory, each once', (t) => {
  const files = [...formats.values()].map(({ file }) => file).sort();
  t.deepEqual(files, [
    ...[
      'benchmark.json',
      'junit.xml',
      'latency.hlog',
      'report.html',
      'summary.csv',
      'summary.json',
      'summary.md',
      'timeline.ndjson',
    ],
  ]);
});

test('CSV: one header, as many cells on every line, and numbers that are numbers', async (t) => {
  const lines = (await csv.create(report)).trimEnd().split('\r\n');
  t.is(lines[0], 'scenario,contender,round,phase,backend,metric,unit,value');
  t.true(lines.length > 100);
  t.true(lines.slice(1).every((line) => line.split(',').length === 8));
  const p99 = lines.find((line) => line.startsWith('failover,round-robin,all,all,,p99,ms,'))!;
  t.is(Number(p99.split(',')[7]), report.summary.contenders[0]!.latencyMs.p99 ?? Number.NaN);
});

for (const [value, expected, why] of [
  ['=cmd()', "'=cmd()", 'a formula'],
  ['+1', "'+1", 'a formula in disguise'],
  ['@SUM(A1)', "'@SUM(A1)", 'an old formula'],
  ['-x', "'-x", 'a minus'],
  ['\tx', "'\tx", 'a tab'],
  ['a,"b"', '"a,""b"""', 'a comma and quotes'],
  [-1.5, '-1.5', 'a number may be negative'],
  [Number.POSITIVE_INFINITY, '', 'never has no number'],
] as const)
  test(`CSV guards ${why}`, (t) => t.is(cell(value), expected));

test('JUnit: one case per contender, finding and expectation, counted right', async (t) => {
  const document = await junit.create(report);
  t.is(document.match(/<testcase /g)!.length, 2 + report.summary.audit.findings.length + 3);
  t.regex(
    document,
    /<testsuite name="steelyard.failover.expectations" tests="3" failures="0" errors="0" skipped="2">/,
  );
  t.is(xml('a\u0000<b>&"\''), 'a\uFFFD&lt;b&gt;&amp;&quot;&apos;');
});

test('Markdown: text stays text, tables keep their columns', async (t) => {
  t.is(text('a|b *c* <img> [x](y)'), 'a\\|b \\*c\\* &lt;img&gt; \\[x\\]\\(y\\)');
  const document = await markdown.create(wicked);
  t.false(document.includes('<img'));
  const widths = document
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.replaceAll('\\|', '').split('|').length);
  t.true(widths.length > 5 && widths.every((width) => width >= 5));
});

test('a simulation’s every file is the same whenever and wherever it is computed, and says that it is simulated', async (t) => {
  const elsewhere = fixtureReport(two, ({ run }) => {
    const environment = {
      ...run.environment,
      cpuModel: 'another',
      cpus: 64,
      loadAverage: 9,
      node: 'v99.0.0',
    };
    Object.assign(run, { startedAt: '2031-01-01T00:00:00.000Z', timing: { ...run.timing, wallMs: 1 } });
    Object.assign(run, { environment: { ...environment, simulated: { at: '2031', wallMs: 77 } } });
    for (const trial of run.trials)
      Object.assign(trial, { startedAt: '2031-01-01T00:00:01.000Z', wallMs: 3 });
  });
  const unlabelled = fixtureReport(two, ({ run }) => {
    delete run.startedAt;
    delete run.timing;
    for (const trial of run.trials) {
      delete trial.startedAt;
      delete trial.wallMs;
      delete trial.cpu;
      delete trial.generator;
    }
  });
  for (const { file, create } of formats.values()) {
    const here = await create(report);
    t.is(await create(elsewhere), here, file);
    t.is(await create(unlabelled), here, file);
  }
  t.regex(await html.create(report), /simulated, in virtual time/);
  t.regex(await markdown.create(report), /Simulated in virtual time/);
  const real = fixtureReport(two, ({ run }) => {
    run.driver = 'process';
  });
  t.regex(await html.create(real), /made-up CPU/);
  t.notRegex(await html.create(real), /virtual time/);
});

test('github-action-benchmark: numbers only, smaller is better, each name once', async (t) => {
  const entries = JSON.parse(await benchmark.create(report)) as {
    name: string;
    unit: string;
    value: number;
  }[];
  t.is(entries.length, 4 * report.summary.contenders.filter(({ status }) => status === 'complete').length);
  t.is(new Set(entries.map(({ name }) => name)).size, entries.length);
  t.true(entries.every(({ value, unit }) => Number.isFinite(value) && (unit === 'ms' || unit === '%')));
  const broken = {
    ...report,
    summary: { ...report.summary, audit: { ...report.summary.audit, passed: false } },
  };
  t.deepEqual(JSON.parse(await benchmark.create(broken)), [], 'nothing that the audit does not stand behind');
});

test('hlog: other tools read back one tagged histogram per trial, exact to three digits', async (t) => {
  const reader = new HistogramLogReader(await hlog.create(report));
  for (const { trial, whole } of report.folds) {
    const histogram = reader.nextIntervalHistogram()!;
    t.is(histogram.tag, trial.contender);
    t.is(histogram.totalCount, whole.ok.length);
    const p99 = nearestRank(whole.ok, 0.99);
    t.true(Math.abs(histogram.getValueAtPercentile(99) / p99 - 1) < 0.002);
  }
  t.is(reader.nextIntervalHistogram(), null);
});

test('48: the page: hostile names stay text, its JSON cannot end its script, and its policy allows no script at all', async (t) => {
  const page = await html.create(wicked);
  t.false(page.includes('<img'));
  t.is(page.match(/<script/g)!.length, 1);
  t.is(page.match(/<\/script>/g)!.length, 1);
  t.regex(page, /Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-/);
  t.notRegex(page, /\sstyle="|\son\w+="|https?:\/\/(?!www\.w3\.org)/);
  const json = /<script type="application\/json" id="summary">(.*?)<\/script>/s.exec(page)![1]!;
  t.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(wicked.summary)));
});

test('the page leads with the verdict, and shows what failed as failed', async (t) => {
  const page = await html.create(wicked);
  t.true(page.indexOf('<h1>') < page.indexOf('Comparison'));
  t.regex(page, /failed: the balancer ended with code 1: &quot;boom&quot; &lt;at&gt; line 3; not ranked/);
});

test('the page is the same bytes every time', async (t) => {
  t.is(await html.create(report), await html.create(fixtureReport(two)));
});

test('the command runs the same again, and is safe to paste', (t) => {
  const { run } = report;
  const again = command({
    ...report,
    run: { ...run, driver: 'process', source: { ...run.source, sets: ["load.keys='x y'"] } },
  });
  t.is(
    again,
    "steelyard run scenarios/failover.yaml --driver process --contenders round-robin,least-connections --rounds 1 --seed 1 --set 'load.keys='\\''x y'\\'''",
  );
});
