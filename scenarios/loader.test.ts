import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { known, load, problemsOf } from './loader.test-support.ts';
import { loadScenario, refuseUnable, resolveContenders, ScenarioError } from './loader.ts';

const rest = 'fleet: [{ id: app, count: 4 }]\nload: { open: { rate: 100/s }, duration: 10s }\n';

/** A sentence, the YAML, where the problem stands (line:column), its path, and what is said. */
const bad: [why: string, yaml: string, at: string, path: string, says: RegExp][] = [
  [
    'a misspelt key names the nearest',
    'fleet: [{ id: app, cuont: 3 }]\nload: { open: { rate: 1/s }, duration: 1s }\n',
    '1:20',
    'fleet.0.cuont',
    /expected one of id, count,.* got an unknown key; did you mean `count`\?/,
  ],
  [
    'an unknown strategy names the nearest',
    `${rest}contenders: [round-robin, p2d]\n`,
    '3:27',
    'contenders.1',
    /expected a strategy .*got "p2d"; did you mean `p2c`\?/,
  ],
  [
    'an abbreviated strategy too',
    `${rest}contenders: [round]\n`,
    '3:14',
    'contenders.0',
    /did you mean `round-robin`\?/,
  ],
  [
    'a negative rate',
    'fleet: [{ id: app }]\nload: { open: { rate: -800/s }, duration: 1s }\n',
    '2:23',
    'load.open.rate',
    /expected a rate above 0 with its unit, such as 800\/s,.* got "-800\/s"/,
  ],
  [
    'a rate without a unit',
    'fleet: [{ id: app }]\nload: { open: { rate: 800 }, duration: 1s }\n',
    '2:23',
    'load.open.rate',
    /expected a rate .* got 800/,
  ],
  [
    'a duration without a unit',
    'fleet: [{ id: app }]\nload: { open: { rate: 8/s }, duration: 10 }\n',
    '2:40',
    'load.duration',
    /expected a duration .*with its unit.* got 10/,
  ],
  [
    'a run without length is no run',
    'fleet: [{ id: app }]\nload: { open: { rate: 8/s }, duration: 0s }\n',
    '2:40',
    'load.duration',
    /expected a duration above 0/,
  ],
  [
    'a fault on a backend that does not exist',
    `${rest}faults:\n  - { at: 1s, on: ap-2, crash: {} }\n`,
    '4:19',
    'faults.0.on',
    /expected a backend \(app-1, app-2, app-3, app-4\).* got "ap-2"; did you mean `app-2`\?/,
  ],
  [
    'one of several targets',
    `${rest}faults:\n  - { at: 1s, on: [app-1, app-9], crash: {} }\n`,
    '4:27',
    'faults.0.on.1',
    /got "app-9"/,
  ],
  [
    'a zone nobody is in',
    `${rest}faults:\n  - { at: 1s, on: "zone:b", crash: {} }\n`,
    '4:19',
    'faults.0.on',
    /expected a zone of the fleet \(no backend has one\), got "b"/,
  ],
  [
    'more random victims than backends',
    `${rest}faults:\n  - { at: 1s, on: "random:5", crash: {} }\n`,
    '4:19',
    'faults.0.on',
    /expected random:1 to random:4/,
  ],
  [
    'until before at',
    `${rest}faults:\n  - { at: 5s, until: 2s, on: app-2, crash: {} }\n`,
    '4:22',
    'faults.0.until',
    /expected a time after `at` \(5000ms\), got 2000ms/,
  ],
  [
    'a fault after the end',
    `${rest}faults:\n  - { at: 10s, on: app-2, crash: {} }\n`,
    '4:11',
    'faults.0.at',
    /expected a time before the end of the run \(10000ms\), got 10000ms/,
  ],
  [
    'a fault after the end, the end being a number of requests',
    'fleet: [{ id: app }]\nload: { open: { rate: 100/s }, requests: 200 }\nfaults: [{ at: 3s, on: app, crash: {} }]\n',
    '3:16',
    'faults.0.at',
    /before the end of the run \(2000ms\)/,
  ],
  [
    'a misspelt fault',
    `${rest}faults:\n  - { at: 1s, on: app-2, crush: {} }\n`,
    '4:26',
    'faults.0.crush',
    /unknown key; did you mean `crash`\?/,
  ],
  [
    'two faults in one',
    `${rest}faults:\n  - { at: 1s, on: app-2, crash: {}, freeze: {} }\n`,
    '4:45',
    'faults.0.freeze',
    /expected exactly one of .*, got crash and freeze/,
  ],
  [
    'an option of a fault left empty',
    `${rest}faults:\n  - { at: 1s, on: app-2, crash: }\n`,
    '4:33',
    'faults.0.crash',
    /expected a mapping, got nothing; write \{\}/,
  ],
  [
    'a duplicate id, made by count',
    'fleet:\n  - { id: app, count: 3 }\n  - { id: app-2 }\nload: { open: { rate: 1/s }, duration: 1s }\n',
    '3:11',
    'fleet.1.id',
    /all different, got `app-2`, which fleet\.0 makes already/,
  ],
  [
    'a duplicate key',
    `${rest}rounds: 1\nrounds: 2\n`,
    '4:1',
    'rounds',
    /expected each key once, got `rounds` again/,
  ],
  [
    'an id that means everybody',
    'fleet: [{ id: all }]\nload: { open: { rate: 1/s }, duration: 1s }\n',
    '1:15',
    'fleet.0.id',
    /other than `all`/,
  ],
  [
    'an id that is no name',
    'fleet: [{ id: "<b>" }]\nload: { open: { rate: 1/s }, duration: 1s }\n',
    '1:15',
    'fleet.0.id',
    /expected a name of a-z.* got "<b>"/,
  ],
  [
    'a missing section stands at its parent',
    'load: { open: { rate: 1/s }, duration: 1s }\n',
    '1:1',
    'fleet',
    /expected a list, got nothing: the key is missing/,
  ],
  [
    'an empty section',
    'fleet: [{ id: app }]\nload: { open: { rate: 1/s }, duration: 1s }\nfaults:\n',
    '3:8',
    'faults',
    /expected a list, got nothing; write \[\]/,
  ],
  [
    'closed and open both',
    'fleet: [{ id: app }]\nload: { closed: { connections: 1 }, open: { rate: 1/s }, duration: 1s }\n',
    '2:43',
    'load.open',
    /exactly one of closed and open, got both/,
  ],
  [
    'neither duration nor requests',
    'fleet: [{ id: app }]\nload: { closed: { connections: 1 } }\n',
    '2:7',
    'load',
    /exactly one of duration and requests \(a number\), got neither/,
  ],
  [
    'rate and utilization both',
    'fleet: [{ id: app }]\nload: { open: { rate: 1/s, utilization: 0.5 }, duration: 1s }\n',
    '2:41',
    'load.open.utilization',
    /exactly one of rate, utilization and trace, got rate and utilization; remove one/,
  ],
  [
    'utilization of a law without a mean',
    'fleet: [{ id: app, service: { pareto: { min: 1ms, shape: 1 } } }]\nload: { open: { utilization: 0.5 }, duration: 1s }\n',
    '2:30',
    'load.open.utilization',
    /expected a rate .*infinite mean/,
  ],
  [
    'a law that cannot be',
    'fleet: [{ id: app, service: { uniform: { min: 9ms, max: 1ms } } }]\nload: { open: { rate: 1/s }, duration: 1s }\n',
    '1:40',
    'fleet.0.service.uniform',
    /expected a law that exists/,
  ],
  [
    'a latency objective under closed load',
    'fleet: [{ id: app }]\nload: { closed: { connections: 1 }, duration: 1s }\nobjective: p99\n',
    '3:12',
    'objective',
    /closed load.*got p99; rank latency under load\.open/,
  ],
  [
    'a number in quotes',
    'fleet: [{ id: app, count: "3" }]\nload: { open: { rate: 1/s }, duration: 1s }\n',
    '1:27',
    'fleet.0.count',
    /expected a whole number, got "3"; write it without quotes/,
  ],
  [
    'a union of a word and a number',
    'fleet: [{ id: app, queue: endless }]\nload: { open: { rate: 1/s }, duration: 1s }\n',
    '1:27',
    'fleet.0.queue',
    /expected a whole number or unlimited, got "endless"/,
  ],
  [
    'a union of false and a mapping',
    `${rest}balancer: { health: true }\n`,
    '3:21',
    'balancer.health',
    /expected false or a mapping, got true/,
  ],
  [
    'inside a union the branch that was meant',
    `${rest}balancer: { health: { intervall: 1s } }\n`,
    '3:23',
    'balancer.health.intervall',
    /did you mean `interval`\?/,
  ],
  [
    'a contender of neither kind',
    `${rest}contenders: [7]\n`,
    '3:14',
    'contenders.0',
    /expected text or a mapping, got 7/,
  ],
  [
    'contenders as a word',
    `${rest}contenders: p2c\n`,
    '3:13',
    'contenders',
    /expected all or a list, got "p2c"/,
  ],
  [
    'an unknown option of a strategy',
    `${rest}contenders: [{ strategy: p2c, options: { choises: 3 } }]\n`,
    '3:42',
    'contenders.0.options.choises',
    /did you mean `choices`\?/,
  ],
  [
    'an option out of range',
    `${rest}contenders: [{ strategy: p2c, options: { choices: 1 } }]\n`,
    '3:51',
    'contenders.0.options.choices',
    /expected a number of at least 2, got 1/,
  ],
  [
    'an option without its unit',
    `${rest}contenders: [{ strategy: p2c-peak-ewma, options: { decay: 5 } }]\n`,
    '3:59',
    'contenders.0.options.decay',
    /expected a duration/,
  ],
  [
    'two contenders of one name',
    `${rest}contenders: [p2c, { strategy: p2c, options: { choices: 3 } }]\n`,
    '3:19',
    'contenders.1',
    /`p2c`, which contenders\.0 has; give one of them a `name`/,
  ],
  [
    'a contender overrides the balancer wrongly',
    `${rest}contenders: [{ strategy: p2c, balancer: { retries: { max: 99 } } }]\n`,
    '3:59',
    'contenders.0.balancer.retries.max',
    /expected a number of at most 10, got 99/,
  ],
  [
    'a file of a strategy that is not there',
    `${rest}contenders: [./mine.mts]\n`,
    '3:14',
    'contenders.0',
    /expected a strategy's file, got "\.\/mine\.mts", and there is none at \/.*\/mine\.mts$/,
  ],
  [
    'an expectation on one who does not run',
    `${rest}contenders: [p2c]\nexpect: [{ metric: p99, contender: random, below: 1s }]\n`,
    '4:36',
    'expect.0.contender',
    /expected a contender \(p2c\), got "random"/,
  ],
  [
    'a limit in another unit',
    `${rest}contenders: [p2c]\nexpect: [{ metric: p99, below: 5% }]\n`,
    '4:32',
    'expect.0.below',
    /expected a duration .* as p99 is measured, got "5%"/,
  ],
  [
    'an expectation without a limit',
    `${rest}expect: [{ metric: p99 }]\n`,
    '3:10',
    'expect.0',
    /expected `below` or `above`, got neither/,
  ],
  [
    'a metric that only a fault has',
    `${rest}expect: [{ metric: recovery, below: 1s }]\n`,
    '3:20',
    'expect.0.metric',
    /needs no fault, since the scenario has none, got recovery/,
  ],
  [
    'a phase without a fault',
    `${rest}expect: [{ metric: p99, phase: during, below: 1s }]\n`,
    '3:32',
    'expect.0.phase',
    /expected no phase/,
  ],
  [
    'better than itself',
    `${rest}expect: [{ better: p2c, than: p2c, metric: p99 }]\n`,
    '3:31',
    'expect.0.than',
    /expected another contender than p2c/,
  ],
  [
    'a share of nobody',
    `${rest}expect: [{ metric: share, below: 30% }]\n`,
    '3:20',
    'expect.0.metric',
    /expected `backend` beside share, whose share it is, got none; add backend: app-1$/,
  ],
  [
    'a backend that is not there',
    `${rest}expect: [{ metric: share, backend: [app-1, zone:q], below: 30% }]\n`,
    '3:44',
    'expect.0.backend.1',
    /expected a backend or zone:NAME of the fleet, got "zone:q"/,
  ],
  [
    'a backend of a metric that no backend has',
    `${rest}expect: [{ metric: p99, backend: app, below: 1s }]\n`,
    '3:34',
    'expect.0.backend',
    /expected a metric that a backend has \(share or ejections\) beside `backend`, got p99$/,
  ],
  [
    'a fault that is not there',
    `${rest}faults: [{ at: 1s, on: app, crash: {} }]\nexpect: [{ metric: recovery, fault: 1, below: 1s }]\n`,
    '4:37',
    'expect.0.fault',
    /expected the position of a fault \(0 to 0, as they stand in `faults`\), got 1$/,
  ],
  [
    'a fault of a metric that no fault has',
    `${rest}faults: [{ at: 1s, on: app, crash: {} }]\nexpect: [{ metric: p99, fault: 0, below: 1s }]\n`,
    '4:32',
    'expect.0.fault',
    /expected a metric that a fault has \(one of detection, .*\) beside `fault`, got p99$/,
  ],
  [
    'one contender, equal to itself',
    `${rest}expect: [{ equal: p2c, to: [p2c], metric: p99, within: 5% }]\n`,
    '3:19',
    'expect.0.equal',
    /expected at least two contenders to be equal, got "p2c"; name others under `to`$/,
  ],
  [
    'a stranger among several contenders',
    `${rest}expect: [{ metric: p99, contender: [p2c, p2d], below: 1s }]\n`,
    '3:42',
    'expect.0.contender.1',
    /expected a contender .*got "p2d"; did you mean `p2c`\?/,
  ],
  ['not YAML', 'fleet: [{ id: app }\nload: 3\n', '2:1', '', /expected valid YAML, got: /],
  ['tabs', 'fleet:\n\t- id: app\n', '2:1', '', /Tabs are not allowed as indentation/],
  ['an unknown tag', `${rest}about: !run x\n`, '3:8', '', /Unresolved tag: !run/],
  ['two documents', `${rest}---\n${rest}`, '3:1', '', /multiple documents/],
  ['an empty file', '', '1:1', '', /expected a scenario, got an empty file/],
  ['nothing but a comment', '# later\n', '1:1', '', /got an empty file/],
  ['a list', '- 1\n', '1:1', '', /expected a mapping, got a list/],
  ['a binary file', 'fleet: \0\x01', '1:8', '', /got a control character: is it a binary file\?/],
  [
    'an alias bomb',
    'a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e, *e]\n',
    '6:17',
    'f.3',
    /aliases that stand for at most 100000 values/,
  ],
  [
    'an alias in its own anchor',
    `${rest}about: &a [*a]\n`,
    '3:12',
    'about.0',
    /expected plain data, got \*a inside its own anchor/,
  ],
  ['an alias of nothing', `${rest}about: *a\n`, '3:8', 'about', /expected an anchor &a above its alias/],
  [
    'a key that would reach the prototype',
    `${rest}__proto__: { about: x }\n`,
    '3:1',
    '',
    /expected a name as key, got __proto__/,
  ],
  ['too deep, in brackets', `about: ${'['.repeat(65)}`, '1:72', '', /expected at most 64 levels/],
  [
    'too deep, by indentation',
    Array.from({ length: 70 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    '65:65',
    Array(64).fill('a').join('.'),
    /expected at most 64 levels/,
  ],
  [
    'more backends than can be',
    'fleet: [{ id: a, count: 6000 }, { id: b, count: 6000 }]\nload: { open: { rate: 1/s }, duration: 1s }\n',
    '1:8',
    'fleet',
    /expected at most 10000 backends in all/,
  ],
];

for (const [why, yaml, at, path, says] of bad)
  test(`refused: ${why}`, (t) => {
    const problems = problemsOf(yaml);
    const found = problems.find((it) => `${it.line}:${it.column}` === at && it.path.join('.') === path);
    t.truthy(
      found,
      `no problem at ${at} ${path}, but:\n${problems.map((it) => `${it.where} ${it.path.join('.')}: ${it.message}`).join('\n')}`,
    );
    t.regex(found!.message, says);
    t.is(found!.where, `test.yaml:${at}`);
  });

test('one error lists every problem, from top to bottom, each above its line', (t) => {
  const yaml =
    'fleet: [{ id: app, cuont: 3 }]\nload: { open: { rate: -1/s }, duration: 1s }\ncontenders: [p2d]\nsede: 1\n';
  const error = t.throws(() => load(yaml), { instanceOf: ScenarioError })!;
  t.deepEqual(
    error.problems.map(({ line }) => line),
    [1, 2, 3, 4],
  );
  t.true(error.message.startsWith('test.yaml:1:20 fleet.0.cuont: expected one of id, '));
  t.true(
    error.message.includes('    1 | fleet: [{ id: app, cuont: 3 }]\n      |                    ^^^^^\n'),
  );
});

test('a file that is no scenario is refused before it is parsed, and quickly', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  mkdirSync(join(folder, 'dir.yaml'));
  symlinkSync(join(folder, 'loop.yaml'), join(folder, 'loop.yaml'));
  for (const [file, says] of [
    [write('large.yaml', 'a'.repeat(5_000_000)), /large\.yaml:1:1: expected at most 1 MB, got 5\.0 MB/],
    [write('junk.yaml', Buffer.from([0xff, 0xfe, 0x80, 0x00])), /junk\.yaml:1:1: expected YAML in UTF-8/],
    [join(folder, 'dir.yaml'), /expected a file, got a directory/],
    [join(folder, 'loop.yaml'), /expected a (scenario )?file/],
    [
      join(folder, 'failovr.yaml'),
      /expected a scenario file, got nothing at that path; did you mean `failover`\?/,
    ],
    ['/dev/zero', /expected a file, got a device/],
    ['nul\0.yaml', /expected a file that can be read/],
  ] as const) {
    const began = performance.now();
    t.throws(() => loadScenario({ file, known }), { instanceOf: ScenarioError, message: says });
    t.true(performance.now() - began < 2000, file);
  }
});

test('a scenario of the library goes by its name', (t) => {
  const { scenario, file } = loadScenario({ file: 'failover', known });
  t.is(scenario.name, 'failover');
  t.is(scenario.objective, 'goodput');
  t.regex(file, /failover\.yaml$/);
});

test('what is written becomes numbers, and names and objectives that were left out are filled in', (t) => {
  const { scenario } = load(
    `${rest}expect: [{ metric: errorRate, below: 1% }, { metric: throughput, above: 90/s }]\n`,
  );
  t.is(scenario.name, 'test');
  t.is(scenario.objective, 'p99');
  t.is(scenario.load.duration, 10_000);
  t.deepEqual(scenario.fleet[0]!.service, { kind: 'exponential', options: { mean: 10 } });
  t.deepEqual(scenario.expect, [
    { metric: 'errorRate', contender: 'all', below: 0.01 },
    { metric: 'throughput', contender: 'all', above: 90 },
  ]);
});

test('a driver refuses faults it cannot do, where they stand in the file', (t) => {
  const yaml = `${rest}faults:\n  - { at: 1s, on: app-1, slow: { factor: 2 } }\n  - { at: 1s, on: app-2, vanish: {} }\n`;
  const can = new Set(['crash', 'freeze']);
  const error = t.throws(() => refuseUnable(load(yaml), 'process', can), { instanceOf: ScenarioError })!;
  t.is(error.problems.length, 1);
  t.regex(
    error.message,
    /^test\.yaml:5:26 faults\.1\.vanish: expected a fault that the process driver can do \(crash, freeze\), got vanish; use --driver docker/,
  );
  t.notThrows(() => refuseUnable(load(yaml), 'docker', new Set(['vanish'])));
  t.throws(() => load(yaml, { driver: { name: 'process', can } }), {
    instanceOf: ScenarioError,
    message: /got vanish/,
  });
});

test("options of a user's own file are checked once the file is loaded", (t) => {
  const yaml = `${rest}contenders: [{ strategy: ./own.mts, options: { sise: 3 } }]\n`;
  const withFile = { ...known, resolvePath: () => '/somewhere/own.mts' };
  const loaded = load(yaml, { known: withFile });
  t.is(loaded.contenders[0]!.file, '/somewhere/own.mts');
  t.is(loaded.contenders[0]!.name, 'own');
  const own = { options: { size: { type: 'integer', default: 1, min: 1, about: 'its size' } } } as const;
  const more = { ...withFile, strategies: new Map([...known.strategies, ['/somewhere/own.mts', own]]) };
  t.throws(() => resolveContenders(loaded, more), {
    instanceOf: ScenarioError,
    message: /^test\.yaml:3:48 contenders\.0\.options\.sise: .*did you mean `size`\?/,
  });
});
