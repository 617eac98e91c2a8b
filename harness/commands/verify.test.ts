import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Finding } from '../../reports/summary.ts';
import { eventually, place } from '../cli.test-support.ts';
import type { Run } from '../recording.ts';

const scenario = `
fleet: [{ id: app, count: 4, workers: 2, service: { exponential: { mean: 10ms } } }]
load: { open: { rate: 650/s }, warmup: 200ms, duration: 2s, deadline: 1s }
contenders: [random, { strategy: p2c, name: three, options: { choices: 3 } }, ./first.mts]
expect: [{ better: three, than: random, metric: p99 }]
objective: p99
`;
const first = `export default { about: 'the first', options: {}, create: () => ({ pick: ({ available }) => available[0] }) };`;

test('a simulation reproduces to the bit, also with fewer contenders and values set', async (t) => {
  const { dir, steelyard } = await place(t, scenario);
  await writeFile(join(dir, 'first.mts'), first);
  const made = await steelyard(
    ...[
      'simulate',
      'scenario.yaml',
      '--contenders',
      'three,./first.mts,random',
      '--seed',
      '5',
      '--rounds',
      '2',
    ],
    ...['--set', 'load.duration=1s', '--no-regret', '--out', 'run'],
  );
  t.is(made.exitCode, 0, made.stderr);
  const again = await steelyard('verify', 'run', '--json', '--out', 'again');
  t.is(again.exitCode, 0, again.stderr);
  const { reproduced, findings } = JSON.parse(again.stdout) as { reproduced: boolean; findings: Finding[] };
  t.true(reproduced);
  t.true(findings.filter(({ ok }) => ok === true).length === 2);
  const runs = await Promise.all(
    ['run', 'again'].map(async (it) => JSON.parse(await readFile(join(dir, it, 'run.json'), 'utf8')) as Run),
  );
  t.deepEqual(runs[0]!.trials, runs[1]!.trials);
});

test('one whose numbers were changed afterwards does not', async (t) => {
  const { dir, steelyard } = await place(t, scenario.replace(', ./first.mts', ''));
  const made = await steelyard('simulate', 'scenario.yaml', '--no-regret', '--out', 'run');
  t.is(made.exitCode, 0, made.stderr);
  // The names of the two are exchanged: the record now says that the worse one won.
  const file = join(dir, 'run/run.json');
  const run = JSON.parse(await readFile(file, 'utf8')) as Run;
  for (const trial of run.trials) trial.contender = trial.contender === 'three' ? 'random' : 'three';
  await writeFile(file, JSON.stringify(run));
  const again = await steelyard('verify', 'run', '--quiet', '--out', 'again');
  t.is(again.exitCode, 99, again.stdout + again.stderr);
  t.regex(again.stdout, /NO {3}winner: random \(observed\), and again three \(observed\)/);
  t.regex(again.stdout, /NO {3}expectations: .*: fail, and again pass/);
  t.regex(again.stdout, /The verdict does not reproduce/);
});

test('one that was folded is folded again, and nothing is written to the first', async (t) => {
  const { dir, steelyard } = await place(t, scenario.replace(', ./first.mts', ''));
  const made = await steelyard('simulate', 'scenario.yaml', '--fold', '--out', 'run');
  t.is(made.exitCode, 0, made.stderr);
  await rm(join(dir, 'run/report.html'));
  const again = await steelyard('verify', 'run', '--quiet', '--out', 'again');
  t.is(again.exitCode, 0, again.stdout + again.stderr);
  const { trials } = JSON.parse(await readFile(join(dir, 'again/run.json'), 'utf8')) as Run;
  t.true(trials.length > 0 && trials.every(({ rows }) => rows === 'folded'));
  t.false(existsSync(join(dir, 'run/report.html')));
});

test('Ctrl-C ends the second run in order, and verify with it', async (t) => {
  const { dir, steelyard } = await place(t, scenario.replace(', ./first.mts', ''));
  const long = ['--rounds', '400', '--contenders', 'random', '--set', 'expect=[]'];
  const made = await steelyard('simulate', 'scenario.yaml', '--no-regret', '--fold', ...long, '--out', 'run');
  t.is(made.exitCode, 0, made.stderr);
  const running = steelyard('verify', 'run', '--out', 'again');
  const trials = async () =>
    (JSON.parse(await readFile(join(dir, 'again/run.json'), 'utf8').catch(() => '{"trials":[]}')) as Run)
      .trials.length;
  t.true(await eventually(async () => (await trials()) > 0));
  running.kill('SIGINT');
  const { exitCode, stderr } = await running;
  t.is(exitCode, 130, stderr);
  t.regex(stderr, /what was recorded of the second run stands in .*again/);
  const { status } = JSON.parse(await readFile(join(dir, 'again/run.json'), 'utf8')) as Run;
  t.is(status, 'interrupted');
  t.true(existsSync(join(dir, 'again/summary.json')), 'and it is over: it has its report');
});

test('what is no run is exit 2', async (t) => {
  const { steelyard } = await place(t, scenario);
  t.is((await steelyard('verify', 'nowhere')).exitCode, 2);
});
