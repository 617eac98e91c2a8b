import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fiveContenders, fixtureRecording, writeFixture } from './fixture-recording.test-support.ts';
import { fixtureReport } from './fixture-report.test-support.ts';
import { buildReport } from './report.ts';
import type { Summary } from './summary.ts';

async function temporary(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-report-'));
  t.teardown(() => rm(dir, { recursive: true }));
  return dir;
}

const three = fiveContenders.slice(1, 4);

test('a recording on disk becomes every fold, and says what the recording in memory says', async (t) => {
  const dir = await temporary(t);
  await writeFixture(dir, fixtureRecording({ contenders: three }));
  const summary = await buildReport(dir);
  t.deepEqual(summary, fixtureReport({ contenders: three }).summary);
  t.deepEqual(JSON.parse(await readFile(join(dir, 'summary.json'), 'utf8')) as Summary, summary);
  const files = await readdir(dir);
  for (const file of [
    'timeline.ndjson',
    'latency.hlog',
    'summary.csv',
    'summary.md',
    'junit.xml',
    'benchmark.json',
    'report.html',
  ])
    t.true(files.includes(file), file);
  t.false(files.some((file) => file.endsWith('.part')));
});

test('building it again changes nothing', async (t) => {
  const dir = await temporary(t);
  await writeFixture(dir, fixtureRecording({ contenders: three, rate: 100 }));
  await buildReport(dir);
  const once = await readFile(join(dir, 'report.html'), 'utf8');
  await buildReport(dir);
  t.is(await readFile(join(dir, 'report.html'), 'utf8'), once);
});

test('a run cut short reads: a torn event, a trial without files, a run that says interrupted', async (t) => {
  const dir = await temporary(t);
  const recording = fixtureRecording({ contenders: three, rate: 100 });
  recording.run.status = 'interrupted';
  const last = recording.run.trials.at(-1)!;
  last.status = 'interrupted';
  await writeFixture(dir, recording);
  await rm(join(dir, 'trials', last.id), { recursive: true });
  const events = await readFile(join(dir, 'events.ndjson'), 'utf8');
  await writeFile(join(dir, 'events.ndjson'), `${events}{"trial":"1-p2c","t":12`);
  const summary = await buildReport(dir);
  t.is(summary.status, 'interrupted');
  t.true(summary.audit.passed);
  t.is(summary.verdict.ranking.length, 2);
  t.is(summary.contenders.at(-1)!.status, 'interrupted');
  t.regex(await readFile(join(dir, 'report.html'), 'utf8'), /This run was interrupted/);
});

test('a complete trial without its records breaks the audit, and the report still stands', async (t) => {
  const dir = await temporary(t);
  const recording = fixtureRecording({ contenders: three, rate: 100 });
  await writeFixture(dir, recording);
  await rm(join(dir, 'trials', recording.run.trials[0]!.id), { recursive: true });
  const { audit } = await buildReport(dir);
  t.false(audit.passed);
  t.regex(
    audit.findings.find(({ check }) => check === 'readable')!.detail,
    /requests cannot be read \(ENOENT\)/,
  );
});

test('an empty directory is no run, and the error says what is missing', async (t) => {
  const dir = await temporary(t);
  await t.throwsAsync(buildReport(dir), {
    message: /is not a run directory: it has no readable run.json/,
  });
});
