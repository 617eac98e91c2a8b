import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { eventually, place, processesOf } from '../cli.test-support.ts';

const lawful = `export default { about: 'mine', options: {}, create: () => ({
  pick: ({ available }, { tried }) => available.find((it) => !tried.includes(it)) ?? available[0],
}) };`;

const lawless = `interface Backend { id: string }
const deep = (n: number): never => {
  if (n > 0) return deep(n - 1);
  throw new RangeError('too deep');
};
export default { about: 'mine', options: { choices: { type: 'integer', default: 2, min: 1, about: '' } }, create: () => ({
  pick: ({ available }: { available: Backend[] }) => available[0],
  started: (backend: Backend) => backend.id === 'b0' && deep(2),
}) };`;

test('a strategy that keeps the laws: one line, exit 0, by file and by name', async (t) => {
  const { dir, steelyard } = await place(t);
  await writeFile(join(dir, 'mine.mts'), lawful);
  for (const [given, name] of [
    ['./mine.mts', 'mine'],
    ['p2c', 'p2c'],
  ] as const) {
    const { exitCode, stdout, stderr } = await steelyard('check', given);
    t.is(exitCode, 0, stderr);
    t.is(stdout, `${name} keeps every law (seed 1).`);
  }
});

test('each broken law: in words, with place, seed, options and sequence; exit 1, and the seed shows it again', async (t) => {
  const { dir, steelyard } = await place(t);
  await writeFile(join(dir, 'mine.mts'), lawless);
  const { exitCode, stdout, stderr } = await steelyard('check', 'mine.mts');
  t.is(exitCode, 1, stderr);
  t.regex(stdout, /^mine breaks 2 laws\.$/m);
  t.regex(
    stdout,
    /^survives: no sequence .* makes it throw\n {2}at +\S+mine\.mts:4\n {2}found +it threw RangeError: too deep$/m,
  );
  t.regex(
    stdout,
    /^untried: a backend that was tried [\s\S]*?mine\.mts:7\n[\s\S]*?options +choices \d\n {2}sequence +1\. b\d+ joins/m,
  );

  const json = await steelyard('check', 'mine.mts', '--json');
  t.is(json.exitCode, 1);
  const { conforms, violations } = JSON.parse(json.stdout) as {
    conforms: boolean;
    violations: { law: string; place: string; seed: number; sequence: string[]; again: string }[];
  };
  t.false(conforms);
  const survives = violations.find(({ law }) => law === 'survives')!;
  t.is(survives.place, `${join(dir, 'mine.mts')}:4`);
  t.is(survives.sequence.length, 2, survives.sequence.join('; '));
  t.is(survives.again, `steelyard check mine.mts --seed ${survives.seed}`);
  const again = await steelyard(...survives.again.split(' ').slice(1), '--json');
  t.true(
    (JSON.parse(again.stdout) as { violations: { law: string; seed: number }[] }).violations.some(
      ({ law, seed }) => law === 'survives' && seed === survives.seed,
    ),
  );
});

test('an endless loop is interrupted by Ctrl-C: exit 130, and nothing is left running', async (t) => {
  const { dir, steelyard } = await place(t);
  await writeFile(
    join(dir, 'endless.mts'),
    lawful.replace('pick: (', 'poolChanged() { for (;;); },\n  pick: ('),
  );
  const check = steelyard('check', './endless.mts');
  t.true(await eventually(async () => (await processesOf(check.pid!)).length > 0), 'it plays');
  await sleep(500);
  check.kill('SIGINT');
  t.is((await check).exitCode, 130);
  t.deepEqual(await processesOf(check.pid!), []);
});

for (const [sentence, args, text, message] of [
  [
    'nothing of that name',
    ['p2'],
    '',
    /expected a scenario .* or a strategy .* got "p2", which is neither; did you mean `p2c`\?/,
  ],
  [
    'no file there',
    ['./nix.mts'],
    '',
    /expected a strategy's file, got "\.\/nix\.mts", and there is none at \/.*\/nix\.mts/,
  ],
  ['a scenario that is not there', ['nix.yaml'], '', /nix\.yaml/],
  [
    'a syntax error',
    ['mine.mts'],
    'const a = 1;\nconst b: = 2;',
    /mine\.mts:2 cannot be loaded: .*Unexpected token/,
  ],
  [
    'the wrong shape',
    ['mine.mts'],
    'export default { pick() {} };',
    /mine\.mts: expected `export default .*, got \{ pick \}/,
  ],
  [
    'an option of scenarios',
    ['mine.mts', '--rounds', '3'],
    lawful,
    /--rounds is for scenarios, and mine\.mts is a strategy/,
  ],
] as const)
  test(`check, ${sentence}: exit 2`, async (t) => {
    const { dir, steelyard } = await place(t);
    if (text !== '') await writeFile(join(dir, 'mine.mts'), text);
    const { exitCode, stdout, stderr } = await steelyard('check', ...args);
    t.is(exitCode, 2, stderr);
    t.regex(stderr, message);
    t.is(stdout, '');
  });

test('a scenario is checked as ever, by file and by name', async (t) => {
  const { steelyard } = await place(t);
  t.regex((await steelyard('check', 'scenario.yaml')).stdout, /^scenario is sound\./);
  t.regex((await steelyard('check', 'steady', '--rounds', '2')).stdout, /^steady is sound\./);
  t.regex(
    (await steelyard('check', 'content-routing')).stdout,
    /^ +api: 60% of the requests, can serve 800\/s, 45% full$/m,
  );
});
