/** Two commits of somebody's repository, measured in turns. */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import type { RunComparison } from '../../reports/regression.ts';
import { eventually, place, processesOf } from '../cli.test-support.ts';
import type { Run } from '../recording.ts';

const scenario = (rate: string, duration: string) => `
fleet: [{ id: app, count: 4, workers: 2, service: { exponential: { mean: 10ms } } }]
load: { open: { rate: ${rate} }, warmup: 200ms, duration: ${duration}, deadline: 1s }
contenders: [./mine.mts]
`;
const counting = `export default { about: 'counts', options: {}, create: () => ({
  pick: ({ available }) => available.reduce((a, b) => (b.inFlight < a.inFlight ? b : a), available[0]) }) };`;
const blind = `export default { about: 'two only', options: {}, create: () => { let turn = 0; return {
  pick: ({ available }) => available[turn++ % Math.min(3, available.length)] }; } };`;

/** A repository of two commits: a strategy that counts, and what became of it. */
async function repository(t: ExecutionContext, rate: string, duration: string) {
  const here = await place(t, scenario(rate, duration));
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { cwd: here.dir });
  await git('init', '-q', '-b', 'main');
  await writeFile(join(here.dir, 'mine.mts'), counting);
  await git('add', '.');
  await git('commit', '-qm', 'counting');
  await writeFile(join(here.dir, 'mine.mts'), blind);
  await git('commit', '-qam', 'blind');
  const worktrees = async () => (await git('worktree', 'list')).stdout.split('\n').length;
  return { ...here, git, worktrees };
}

test('a commit that made it worse has regressed; the checkout is as it was, and no other is left', async (t) => {
  const { dir, steelyard, git, worktrees } = await repository(t, '500/s', '2s');
  const { exitCode, stdout, stderr } = await steelyard(
    ...['compare', 'scenario.yaml', '--base', 'HEAD~1', '--driver', 'simulation', '--rounds', '7'],
    ...['--gate', '--json', '--runs', 'both'],
  );
  t.is(exitCode, 99, stderr);
  const { verdict, contenders } = JSON.parse(stdout) as RunComparison;
  t.is(verdict, 'regressed');
  t.is(contenders[0]!.rounds, 7);
  t.true(contenders[0]!.metrics.find(({ metric }) => metric === 'p99')!.estimate > 1.2);
  const runs = await Promise.all(
    ['base', 'head'].map(
      async (side) => JSON.parse(await readFile(join(dir, 'both', side, 'run.json'), 'utf8')) as Run,
    ),
  );
  t.true(runs.every((run) => run.status === 'complete' && run.trials.length === 7));
  t.regex(runs[0]!.notes.at(-1)!, /^Measured at HEAD~1 \([0-9a-f]{12}\), interleaved with HEAD\.$/);
  t.is(await worktrees(), 1);
  t.is((await git('status', '--porcelain', '--untracked-files=no')).stdout, '');
});

test('a commit against itself passes, on processes, both sides with a fleet of their own', async (t) => {
  const { steelyard, worktrees } = await repository(t, '100/s', '400ms');
  const run = steelyard(
    ...[
      'compare',
      'scenario.yaml',
      '--base',
      'main',
      '--head',
      'main',
      '--driver',
      'process',
      '--rounds',
      '2',
    ],
    ...['--json', '--runs', 'both'],
  );
  const { exitCode, stdout, stderr } = await run;
  t.is(exitCode, 0, stderr);
  const { verdict, contenders } = JSON.parse(stdout) as RunComparison;
  t.is(verdict, 'inconclusive', 'of two rounds');
  t.is(contenders[0]!.rounds, 2);
  t.deepEqual(await processesOf(run.pid!), []);
  t.is(await worktrees(), 1);
});

test('Ctrl-C while a checkout is made ready removes it, and nothing is measured', async (t) => {
  const { dir, steelyard, worktrees } = await repository(t, '100/s', '400ms');
  const ready = join(dir, 'preparing');
  const running = steelyard(
    ...['compare', 'scenario.yaml', '--base', 'main', '--driver', 'simulation', '--runs', 'both'],
    ...['--prepare', `touch ${ready}; sleep 2`],
  );
  t.true(await eventually(() => existsSync(ready)));
  running.kill('SIGINT');
  const { exitCode, stderr } = await running;
  t.is(exitCode, 130, stderr);
  t.is(await worktrees(), 1);
  t.false(existsSync(join(dir, 'both')));
});

for (const [what, args, expected] of [
  ['a ref that is none', ['--base', 'nowhere'], /expected a commit, branch or tag of .*, got nowhere/],
  ['a head without a base', ['--head', 'main'], /--head: expected --base beside it/],
  [
    'a command that fails',
    ['--base', 'main', '--prepare', 'echo no such luck; false'],
    /main could not be made ready: no such luck/,
  ],
  ['a mistake at one of them', ['--base', 'main', '--set', 'fleet.0.wrokers=1'], /at main: .*wrokers/],
] as const)
  test(`exit 2, and nothing is left: ${what}`, async (t) => {
    const { dir, steelyard, worktrees } = await repository(t, '100/s', '400ms');
    const { exitCode, stderr } = await steelyard('compare', 'scenario.yaml', ...args);
    t.is(exitCode, 2, stderr);
    t.regex(stderr, expected);
    t.is(await worktrees(), 1);
    t.false((await readdir(dir)).includes('results'));
  });
