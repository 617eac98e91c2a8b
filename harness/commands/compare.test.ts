/** Two recorded runs against one another, through the command line. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { RunComparison } from '../../reports/regression.ts';
import { type Place, place } from '../cli.test-support.ts';

const scenario = `
fleet: [{ id: app, count: 2, workers: 4, service: { exponential: { mean: 10ms } } }]
load: { open: { rate: 500/s }, warmup: 200ms, duration: 2s, deadline: 1s }
contenders: [p2c, random]
rounds: 7
`;

async function recorded(t: ExecutionContext, { steelyard }: Place, name: string, ...sets: string[]) {
  const { exitCode, stderr } = await steelyard(
    ...['simulate', 'scenario.yaml', '--out', name, '--quiet', '--no-regret'],
    ...sets.flatMap((it) => ['--set', it]),
  );
  t.is(exitCode, 0, stderr);
}

test('the same twice passes; a slower fleet, where it is meant to differ, has regressed and fails the gate', async (t) => {
  const here = await place(t, scenario);
  await recorded(t, here, 'base');
  await recorded(t, here, 'same');
  await recorded(t, here, 'slow', 'fleet.0.speed=0.9');
  const same = await here.steelyard('compare', 'base', 'same', '--gate', '--json');
  t.is(same.exitCode, 0, same.stderr);
  const { verdict, contenders } = JSON.parse(same.stdout) as RunComparison;
  t.is(verdict, 'pass');
  t.deepEqual(
    contenders.map(({ contender, rounds }) => [contender, rounds]),
    [
      ['p2c', 7],
      ['random', 7],
    ],
  );
  const refused = await here.steelyard('compare', 'base', 'slow');
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /expected two runs of the same scenario, got different fleet\.0\.speed/);
  const slow = await here.steelyard(
    'compare',
    'base',
    'slow',
    '--gate',
    '--different',
    'fleet.0.speed',
    '--out',
    'slow.md',
  );
  t.is(slow.exitCode, 99, slow.stdout);
  t.regex(slow.stdout, /Regressed: .*p2c p99 \+1\d\.\d%/);
  t.regex(
    await readFile(join(here.dir, 'slow.md'), 'utf8'),
    /^## scenario: regressed\n\nRegressed: [\s\S]*\| p99 \| \+1/,
  );
  const shown = await here.steelyard('compare', 'base', 'slow', '--different', 'fleet');
  t.is(shown.exitCode, 0, 'shown, and gated only where asked');
  const tolerated = await here.steelyard(
    'compare',
    'base',
    'slow',
    '--different',
    'fleet',
    '--gate',
    '--tolerate',
    '50%',
  );
  t.is(tolerated.exitCode, 0, tolerated.stdout);
});

test('too few rounds are inconclusive, which is no failure unless it is asked to be', async (t) => {
  const here = await place(t, scenario);
  for (const name of ['one', 'two']) await recorded(t, here, name, 'rounds=3');
  const { exitCode, stdout } = await here.steelyard('compare', 'one', 'two', '--gate');
  t.is(exitCode, 0);
  t.regex(stdout, /Inconclusive: 3 paired rounds cannot decide anything; 7 is the least, 15 are advised/);
  t.is((await here.steelyard('compare', 'one', 'two', '--gate', '--strict')).exitCode, 98);
});

test('a candidate whose trials fail is exit 1 and named, gated or not, and no number is made up', async (t) => {
  const here = await place(t, scenario.replace('[p2c, random]', '[./mine.mts]'));
  const mine = (pick: string) =>
    writeFile(
      join(here.dir, 'mine.mts'),
      `export default { about: 'mine', options: {}, create: () => ({ ${pick} }) };`,
    );
  await mine('pick: ({ available }) => available[0]');
  await recorded(t, here, 'base');
  await mine("pick: () => { throw new Error('no luck'); }");
  t.is((await here.steelyard('simulate', 'scenario.yaml', '--out', 'head', '--no-regret')).exitCode, 1);
  for (const gate of [[], ['--gate']]) {
    const { exitCode, stdout } = await here.steelyard('compare', 'base', 'head', ...gate);
    t.is(exitCode, 1, stdout);
    t.regex(stdout, /mine\S* of the candidate failed: .*no luck/);
    t.regex(stdout, /p99 +–/);
    t.notRegex(stdout, /NaN/);
  }
});

test('what is no run, and what no share, is exit 2', async (t) => {
  const { steelyard } = await place(t, scenario);
  const nothing = await steelyard('compare', 'nowhere', 'nowhere');
  t.is(nothing.exitCode, 2);
  t.regex(nothing.stderr, /nowhere is not a run directory/);
  t.is((await steelyard('compare', 'a', 'b', '--tolerate', 'much')).exitCode, 2);
});
