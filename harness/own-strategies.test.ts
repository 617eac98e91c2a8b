/** Users' own strategy files that break, in whole runs: each contender fails alone, named with file and line. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Summary } from '../reports/summary.ts';
import { type Place, place, processesOf, shortScenario } from './cli.test-support.ts';

/** Lawful for 20 picks; then `breaks`, on line 7. */
const afterSome = (breaks: string, top = '') => `type Backend = { id: string };
${top}
export default { about: 'breaks', options: {}, create: () => {
  let picks = 0;
  return {
    pick({ available }: { available: Backend[] }, { tried }: { tried: Backend[] }) {
      if (++picks > 20) ${breaks}
      return available.find((it) => !tried.includes(it)) ?? available[0];
    },
  };
} };`;

const nested = afterSome(
  'deep(2);',
  "const deep = (n: number): never => { if (n > 0) return deep(n - 1); throw new Error('too deep'); };",
);
const scenario = shortScenario.replace(/duration: \d+ms/, 'duration: 1500ms').replace(/^faults:.*$/m, '');

async function breakers(t: ExecutionContext, files: Record<string, string>): Promise<Place> {
  const it = await place(t, scenario);
  for (const [name, text] of Object.entries(files)) await writeFile(join(it.dir, `${name}.mts`), text);
  return it;
}

/** The error of each contender that failed, by name. */
function errorsOf(stdout: string): Map<string, string> {
  const { contenders } = JSON.parse(stdout) as Summary;
  return new Map(contenders.flatMap(({ name, error }) => (error === undefined ? [] : [[name, error]])));
}

test.serial('47: in a run: throws in helpers, throws in timers, strangers, async picks', async (t) => {
  const { steelyard } = await breakers(t, {
    nested,
    late: afterSome("setTimeout(() => { throw new Error('late'); });"),
    stranger: afterSome('return { ...available[0] };'),
    async: afterSome('').replace('pick(', 'async pick('),
  });
  const run = steelyard(
    ...['run', 'scenario.yaml', '--driver', 'process', '--json'],
    ...['--contenders', './nested.mts,./late.mts,./stranger.mts,./async.mts,p2c'],
  );
  const { exitCode, stdout, stderr } = await run;
  t.is(exitCode, 1, stderr);
  const errors = errorsOf(stdout);
  t.regex(errors.get('nested')!, /nested\.mts:2\): pick threw: too deep/);
  t.regex(errors.get('late')!, /late\.mts:7\): the balancer died .*: Error: late/);
  t.regex(errors.get('stranger')!, /stranger\.mts:6\): pick returned a stranger: .* got object/);
  t.regex(errors.get('async')!, /async\.mts:6\): pick returned a stranger: .* got a promise/);
  t.is(errors.get('p2c'), undefined, 'the others go on');
  t.is(errors.size, 4);
  t.deepEqual(await processesOf(run.pid!), []);
});

test.serial('in a simulation: throws, strangers, and a loop that never ends', async (t) => {
  const { steelyard } = await breakers(t, {
    nested,
    stranger: afterSome('return { ...available[0] };'),
    endless: afterSome('while (true);'),
  });
  const run = steelyard(
    ...[
      'simulate',
      'scenario.yaml',
      '--json',
      '--contenders',
      './nested.mts,./stranger.mts,./endless.mts,p2c',
    ],
  );
  const { exitCode, stdout, stderr } = await run;
  t.is(exitCode, 1, stderr);
  const errors = errorsOf(stdout);
  t.regex(errors.get('nested')!, /nested\.mts:2\): pick threw: too deep/);
  t.regex(errors.get('stranger')!, /stranger\.mts:6\): pick returned a stranger/);
  t.regex(errors.get('endless')!, /endless\.mts:7\): .*: pick never returns/);
  t.is(errors.size, 3);
  t.deepEqual(await processesOf(run.pid!), []);
});

test.serial('a file that never finishes loading is bad input, and does not hang the command', async (t) => {
  const { steelyard } = await breakers(t, { endless: '\n\nfor (;;);' });
  const { exitCode, stderr } = await steelyard('run', 'scenario.yaml', '--contenders', './endless.mts,p2c');
  t.is(exitCode, 2, stderr);
  t.regex(stderr, /endless\.mts:3 cannot be loaded: the file itself never returns/);
});
