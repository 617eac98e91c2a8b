import { resolve } from 'node:path';
import test from 'ava';
import { nameOf } from './contenders.ts';
import { load, problemsOf } from './loader.test-support.ts';

const rest = 'fleet: [{ id: app }]\nload: { open: { rate: 100/s }, duration: 10s }\n';

test('all means every strategy that needs no simulator, sorted', (t) => {
  for (const yaml of [rest, `${rest}contenders: all\n`])
    t.deepEqual(
      load(yaml).contenders.map(({ name }) => name),
      ['least-connections', 'p2c', 'p2c-peak-ewma', 'random', 'round-robin', 'weighted-round-robin'],
    );
});

test('options are checked and defaults filled in, durations in milliseconds', (t) => {
  const { contenders } = load(
    `${rest}contenders: [{ strategy: p2c-peak-ewma, options: { decay: 3s } }, p2c]\n`,
  );
  t.deepEqual(
    contenders.map(({ options }) => options),
    [{ decay: 3000 }, { choices: 2, ties: 'first' }],
  );
});

test("a contender's balancer lies over the scenario's as written, before defaults", (t) => {
  const { contenders } =
    load(`${rest}balancer: { health: { interval: 2s, unhealthy: 5 }, retries: { max: 3 } }
contenders:
  - p2c
  - { strategy: p2c, name: eager, balancer: { health: { interval: 100ms } } }
  - { strategy: p2c, name: blind, balancer: { health: false, passive: false } }
`);
  const [plain, eager, blind] = contenders.map(({ balancer }) => balancer);
  t.like(plain, { health: { interval: 2000, unhealthy: 5, timeout: 200 }, retries: { max: 3 } });
  t.like(eager, { health: { interval: 100, unhealthy: 5, timeout: 200 }, retries: { max: 3 } });
  t.like(blind, { health: false, passive: false, retries: { max: 3 } });
});

test('a mistake in the balancer section is told once, and not of each contender', (t) => {
  t.throws(() => load(`${rest}balancer: { tryTimeout: soon }\ncontenders: [p2c, random]\n`), {
    message: /^test\.yaml:3:25 balancer\.tryTimeout: expected a duration.*\n.*\n.*\^$/,
  });
});

for (const [entry, name, why] of [
  ['p2c', 'p2c', 'a strategy goes by its name'],
  [{ strategy: 'p2c', name: 'p3c' }, 'p3c', 'unless it is given one'],
  ['./lib/mine.mts', 'mine', 'a file by its own, without folder and extension'],
  ['../My Strategy.v2.ts', 'my-strategy.v2', 'made fit for file names'],
  ['/x/__.js', 'own', 'or, with nothing left, own'],
] as const)
  test(`contender names: ${why}`, (t) => t.is(nameOf(entry), name));

for (const [sentence, contenders, more, where, typed, looked] of [
  [
    'in a file, from its folder',
    '[./mine.mts]',
    {},
    'some/where/test.yaml:3:14',
    './mine.mts',
    'some/where/mine.mts',
  ],
  [
    'after --contenders, from the working directory',
    '[p2c]',
    { contenders: ['p2c', './lib/mine.mts'] },
    '--contenders p2c,./lib/mine.mts',
    './lib/mine.mts',
    'lib/mine.mts',
  ],
  [
    'after --set, from the working directory',
    '[p2c]',
    { sets: ['contenders.0={ strategy: ../mine.mts }'] },
    '--set contenders.0={ strategy: ../mine.mts }',
    '../mine.mts',
    '../mine.mts',
  ],
  [
    'after --contenders by the name of the scenario’s own, from the folder of the scenario',
    '[./mine.mts, p2c]',
    { contenders: ['mine'] },
    '--contenders mine',
    './mine.mts',
    'some/where/mine.mts',
  ],
] as const)
  test(`a missing strategy file is told as it was given and where it was looked for: ${sentence}`, (t) => {
    const file = 'some/where/test.yaml';
    const [problem] = problemsOf(`${rest}contenders: ${contenders}\n`, { file, ...more });
    t.is(problem?.where, where);
    t.is(
      problem?.message.replace(/^contenders\.0\.strategy: /, ''),
      `expected a strategy's file, got "${typed}", and there is none at ${resolve(looked)}`,
    );
  });
