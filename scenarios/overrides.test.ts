import { resolve } from 'node:path';
import test from 'ava';
import { known, load, problemsOf } from './loader.test-support.ts';
import { ScenarioError } from './problem.ts';

const open = `fleet: [{ id: app, count: 4, service: { constant: { mean: 5ms } } }]
load: { open: { rate: 100/s }, duration: 10s }
contenders: [p2c, { strategy: p2c, name: p3c, options: { choices: 3 } }, random]
faults: [{ at: 1s, until: 2s, on: app-1, crash: {} }]
expect: [{ better: p2c, than: random, metric: p99 }]
`;
const closed =
  'fleet: [{ id: app }]\nload: { closed: { connections: 8 }, requests: [{ path: /a }], duration: 5s }\n';

/** A sentence, the options, and what the scenario then holds at a path. */
const good: [why: string, yaml: string, sets: string[], path: string, value: unknown][] = [
  ['a number', open, ['fleet.0.count=20'], 'fleet.0.count', 20],
  ['a value with a unit', open, ['load.warmup=250ms'], 'load.warmup', 250],
  [
    'utilization replaces rate',
    open,
    ['load.open.utilization=0.5'],
    'load.open',
    { utilization: 0.5, arrivals: 'poisson', connections: 1024 },
  ],
  ['open replaces closed', closed, ['load.open.rate=5/s'], 'load.closed', undefined],
  ['closed replaces open', open, ['load.closed.connections=3'], 'load.open', undefined],
  ['a number of requests replaces the duration', open, ['load.requests=500'], 'load.duration', undefined],
  ['and the mix that stood there stays', closed, ['load.requests=500'], 'load.mix.0.path', '/a'],
  ['a mix does not replace the duration', open, ['load.requests=[{ path: /b }]'], 'load.duration', 10_000],
  ['a duration does not replace the mix', closed, ['load.duration=1s'], 'load.mix.0.path', '/a'],
  [
    'a service law replaces another',
    open,
    ['fleet.0.service.exponential.mean=7ms'],
    'fleet.0.service',
    { kind: 'exponential', options: { mean: 7 } },
  ],
  ['a fault replaces another', open, ['faults.0.freeze={}'], 'faults.0.kind', 'freeze'],
  [
    'keys of another law',
    open,
    ['load.keys.zipf.count=9'],
    'load.keys',
    { kind: 'zipf', options: { count: 9, exponent: 1 } },
  ],
  ['missing parents are made', open, ['balancer.health.interval=2s'], 'balancer.health.interval', 2000],
  [
    'an entry is added at the end',
    open,
    ['faults.1={ at: 3s, on: app-2, freeze: {} }'],
    'faults.1.kind',
    'freeze',
  ],
  ['the last one wins', open, ['rounds=2', 'rounds=3'], 'rounds', 3],
  ['a whole section', open, ['contenders=[random]', 'expect=[]'], 'contenders', ['random']],
  ['a value with an equals sign', open, ['about=a=b'], 'about', 'a=b'],
];
for (const [why, yaml, sets, path, value] of good)
  test(`--set: ${why}`, (t) => {
    const { scenario } = load(yaml, { sets });
    t.deepEqual(
      path
        .split('.')
        .reduce<unknown>((it, key) => (it as Record<string, unknown> | undefined)?.[key], scenario),
      value,
    );
  });

const bad: [why: string, sets: string[], says: RegExp][] = [
  [
    'a misspelt key points at the option',
    ['fleet.0.cuont=3'],
    /^--set fleet\.0\.cuont=3: expected one of id, count.*did you mean `count`\?$/,
  ],
  [
    'a value of the wrong kind',
    ['load.open.rate=-5/s'],
    /^--set load\.open\.rate=-5\/s: expected a rate .*got "-5\/s"$/,
  ],
  [
    'what the value then lacks, by its path',
    ['load.keys.zipf.exponent=2'],
    /^--set load\.keys\.zipf\.exponent=2: load\.keys\.zipf\.count: expected a whole number, got nothing/,
  ],
  ['no equals sign', ['rounds'], /^--set rounds: expected path=value/],
  ['no path', ['=3'], /^--set =3: expected keys and indices/],
  ['an empty step', ['fleet..count=3'], /expected keys and indices joined by dots/],
  [
    'a name where an index belongs',
    ['fleet.app.count=3'],
    /expected an index from 0 to 1 after fleet .*got app$/,
  ],
  ['an index beyond the end', ['fleet.7.count=3'], /expected an index from 0 to 1 after fleet .*got 7$/],
  [
    'a path into a number',
    ['rounds.x=3'],
    /^--set rounds\.x=3: rounds: expected a whole number, got a mapping$/,
  ],
  ['a value that is no YAML', ['rounds=[1'], /^--set rounds=\[1: expected a value in YAML, got: /],
  ['the prototype', ['__proto__.x=3'], /expected keys and indices/],
  ['the prototype in a value', ['balancer={ __proto__: { a: 1 } }'], /expected a name as key, got __proto__/],
  ['two bad options are both told', ['rounds', 'seed'], /^--set rounds: .*\n--set seed: /],
];
for (const [why, sets, says] of bad)
  test(`--set refused: ${why}`, (t) => {
    t.throws(() => load(open, { sets }), { instanceOf: ScenarioError, message: says });
  });

test('what an option did not touch is still told of the file', (t) => {
  const problems = problemsOf(`${open}rounds: 0\n`, { sets: ['fleet.0.cuont=3'] });
  t.deepEqual(
    problems.map(({ where }) => where),
    ['--set fleet.0.cuont=3', 'test.yaml:6:9'],
  );
});

test('--contenders, --rounds and --seed are options as well', (t) => {
  const { scenario, contenders } = load(open, { contenders: ['p3c', 'random'], rounds: 7, seed: 9 });
  t.is(scenario.rounds, 7);
  t.is(scenario.seed, 9);
  t.deepEqual(
    contenders.map(({ name, options }) => [name, options]),
    [
      ['p3c', { choices: 3, ties: 'first' }],
      ['random', {}],
    ],
  );
  t.throws(() => load(open, { contenders: ['p2d'] }), { message: /^--contenders p2d: .*did you mean `p2c`/ });
  t.throws(() => load(open, { rounds: 0 }), {
    message: /^--rounds 0: expected a number of at least 1, got 0/,
  });
});

test('an expectation on a contender that an option leaves out is left out with a note', (t) => {
  const { scenario, notes } = load(open, { contenders: ['random'] });
  t.deepEqual(scenario.expect, []);
  t.deepEqual(notes.length, 1);
  t.regex(notes[0]!, /p2c and random \(p99\) is left out/);
});

test('paths on the command line start at the working directory, paths in a file at its folder', (t) => {
  const asked: string[] = [];
  const watching = {
    ...known,
    resolvePath: (path: string, directory: string) => {
      asked.push(resolve(directory, path));
      return resolve(directory, path);
    },
  };
  const file = 'some/where/test.yaml';
  load(`${open}`.replace('[p2c,', '[./in-file.mts, p2c,'), { file, known: watching });
  const { scenario } = load(open, { file, known: watching, contenders: ['./own.mts'] });
  load(open, { file, known: watching, sets: ['contenders=[{ strategy: own.mts }]'] });
  t.deepEqual(asked, [resolve('some/where/in-file.mts'), resolve('own.mts'), resolve('own.mts')]);
  t.deepEqual(
    scenario.contenders,
    ['../../own.mts'],
    'relative to the file, so that no path of this machine is recorded',
  );
});
