/** Whose is it, and is the owner dead for certain? */
import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { execa } from 'execa';
import type { RunLabel } from './drivers/driver.ts';
import {
  environmentOf,
  isOwnerDead,
  labelsOf,
  labelThisRun,
  processOf,
  runOfEnvironment,
  runOfLabels,
} from './ownership.ts';

const mine = labelThisRun('run "1"');
const bootedAt = Date.now() - uptime() * 1000;

test('a label survives the way through Docker labels and through an environment', (t) => {
  t.deepEqual(runOfLabels(labelsOf(mine)), mine);
  const environ = Object.entries({ PATH: '/bin', ...environmentOf(mine) }).map(
    ([key, value]) => `${key}=${value}`,
  );
  t.deepEqual(runOfEnvironment(`${environ.join('\0')}\0`), mine);
});

const strange: [says: string, run: RunLabel | undefined][] = [
  ['no labels at all', runOfLabels(undefined)],
  ['the labels of another project', runOfLabels({ ...labelsOf(mine), 'steelyard.project': 'other' })],
  [
    'our image’s label alone, as on a container somebody starts by hand',
    runOfLabels({ 'steelyard.project': 'steelyard' }),
  ],
  ['a pid that is no number', runOfLabels({ ...labelsOf(mine), 'steelyard.pid': 'x' })],
  ['an environment without the variable', runOfEnvironment('PATH=/bin\0STEELYARD_RUNNER=1\0')],
  ['a variable that is no JSON', runOfEnvironment('STEELYARD_RUN=yes\0')],
  ['a variable of another shape', runOfEnvironment('STEELYARD_RUN={"pid":1}\0')],
];
for (const [says, run] of strange) test(`${says}: not ours`, (t) => t.is(run, undefined));

const day = 86_400_000;
const verdicts: [says: string, run: RunLabel, createdAt: number | undefined, dead: boolean][] = [
  ['this very process', mine, undefined, false],
  ['a pid used again since', { ...mine, startTicks: '1' }, undefined, true],
  ['a pid that nobody has', { ...mine, pid: 2 ** 22 + 1 }, undefined, true],
  [
    'another pid namespace of this boot',
    { ...mine, pid: 2 ** 22 + 1, bootId: `${mine.bootId}9` },
    bootedAt - day,
    false,
  ],
  ['an earlier boot, made before this one', { ...mine, bootId: 'other/1' }, bootedAt - day, true],
  [
    'another boot, made since: another machine on this daemon',
    { ...mine, bootId: 'other/1' },
    bootedAt + 1000,
    false,
  ],
  ['another boot, made who knows when', { ...mine, bootId: 'other/1' }, undefined, false],
];
for (const [says, run, createdAt, dead] of verdicts)
  test(`${says}: ${dead ? 'dead' : 'not dead for certain'}`, (t) => t.is(isOwnerDead(run, createdAt), dead));

test('a killed process whose parent has not looked yet, a zombie, is dead', async (t) => {
  // `sleep` ends as a zombie: its parent, a shell replaced by another sleep, never waits for it.
  const script = 'sleep 0.05 & echo $!; exec sleep 5';
  const parent = execa('sh', ['-c', script], { buffer: false, reject: false });
  const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (it) => resolve(Number(it))));
  const { startTicks } = processOf(pid)!;
  for (let i = 0; processOf(pid)?.state !== 'Z' && i < 100; i++) await sleep(20);
  t.is(processOf(pid)?.state, 'Z');
  t.true(isOwnerDead({ ...mine, pid, startTicks }));
  parent.kill('SIGKILL');
  await parent;
});
