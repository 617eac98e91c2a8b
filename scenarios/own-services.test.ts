/** Fleet entries of services of the user's own: what they become, and every way to write one that cannot be. */
import test from 'ava';
import { known, load, problemsOf } from './loader.test-support.ts';
import { isAble } from './loader.ts';
import { unmodelled } from './own-findings.ts';
import { filledIn } from './own-services.ts';
import { planOf } from './plan.ts';
import { backendsOf } from './scenario.ts';

const yaml = (entry: string, more = '') =>
  `fleet: [{ id: web, ${entry} }]\nload: { open: { rate: 100/s }, duration: 10s }\ncontenders: [random]\n${more}`;
const command = 'count: 2, command: "serve {port}"';
const address = 'urls: ["http://10.0.0.1:8080", "http://[::1]"]';
const image = 'image: nginx, port: 80';
const docker = { name: 'docker', can: new Set(['crash', 'vanish', 'freeze', 'throttle', 'stop']) };
const plain = { name: 'process', can: new Set(['crash', 'freeze', 'stop']) };

test('each of the urls is a backend, with its own address', (t) => {
  const specs = backendsOf(load(yaml(address)).scenario);
  t.deepEqual(
    specs.map(({ id, own }) => [id, own?.urls]),
    [
      ['web-1', ['http://10.0.0.1:8080']],
      ['web-2', ['http://[::1]']],
    ],
  );
  t.is(backendsOf(load(yaml('urls: ["http://a"]')).scenario)[0]!.id, 'web', 'one alone needs no number');
});

test('placeholders are filled in, and no other brace is touched', (t) => {
  const values = { port: 81, host: '127.0.0.1', id: 'web-1', index: 3, dir: '/tmp/x' };
  t.is(
    filledIn('http { listen {host}:{port}; } {dir}/{id}.{index} {nothing} {}', values),
    'http { listen 127.0.0.1:81; } /tmp/x/web-1.3 {nothing} {}',
  );
});

for (const [what, entry, path, says] of [
  [
    'the model beside it',
    `${command}, workers: 2`,
    'fleet.0.workers',
    /for the simulator write model: \{ workers: … \}/,
  ],
  [
    'keys of another kind',
    'urls: ["http://a"], files: { a: b }',
    'fleet.0.files',
    /expected only urls, ready of an entry with urls, got `files`/,
  ],
  ['an image without a port', 'image: nginx', 'fleet.0.image', /expected `port` beside image/],
  ['one port for several', 'count: 2, command: x, port: 80', 'fleet.0.port', /write \{port\} into command/],
  [
    'a count that is not that of the urls',
    `${address}, count: 3`,
    'fleet.0.count',
    /as many as there are urls \(2\)/,
  ],
  ['a path behind a URL', 'urls: ["http://a/b"]', 'fleet.0.urls.0', /without a path/],
  ['TLS', 'urls: ["https://a"]', 'fleet.0.urls.0', /what stands behind TLS cannot be asked yet/],
  [
    'a file outside',
    'command: x, files: { ../a: b }',
    'fleet.0.files.../a',
    /expected a path inside \{dir\}/,
  ],
  ['readiness of nothing', 'ready: {}', 'fleet.0.ready', /expected image, command or urls beside `ready`/],
  ['a model of the model', 'model: { workers: 1 }', 'fleet.0.model', /write its keys into the entry itself/],
] as const)
  test(`refused: ${what}`, (t) => {
    const [problem] = problemsOf(yaml(entry));
    t.is(problem?.path.join('.'), path);
    t.regex(problem!.message, says);
  });

test('utilization needs a pace that somebody knows', (t) => {
  const utilized = (entry: string) => yaml(entry).replace('rate: 100/s', 'utilization: 0.5');
  const [problem] = problemsOf(utilized(command));
  t.regex(
    problem!.message,
    /expected a rate such as 800\/s.*web is a service of your own.*give load\.open\.rate/,
  );
  t.deepEqual(problemsOf(utilized(`${command}, model: { workers: 4 }`)), []);
});

test('the simulator takes the model for it, and without one refuses', (t) => {
  const simulated = { known: { ...known, simulated: true } };
  const [problem] = problemsOf(yaml(command), simulated);
  t.regex(problem!.message, /give fleet\.0\.model: \{ workers: …, service: … \}, or take steelyard run/);
  const { scenario } = load(yaml(`${command}, model: { workers: 3 }`), simulated);
  t.is(backendsOf(scenario)[1]!.workers, 3);
  t.deepEqual(unmodelled(scenario.fleet), []);
});

test('a plan says nothing of how full a fleet is that nobody knows', (t) => {
  const plan = planOf(load(yaml(command)).scenario, 1);
  t.is(plan.rate, 100);
  t.false('utilization' in plan);
  t.true(plan.phases.every((it) => Number.isNaN(it.capacity) && it.utilization === undefined));
});

for (const [entry, fault, driver, able] of [
  [command, 'crash: {}', docker, true],
  [command, 'vanish: {}', docker, false],
  [command, 'slow: { factor: 2 }', plain, true],
  [address, 'crash: {}', docker, false],
  [address, 'error: {}', plain, true],
  [image, 'vanish: {}', docker, true],
  [image, 'crash: {}', plain, false],
  [image, 'partition: {}', { ...docker, can: new Set([...docker.can, 'partition']) }, false],
] as const)
  test(`${fault} of ${entry} on ${driver.name}: ${able ? 'can be done' : 'refused'}`, (t) => {
    t.is(isAble(load(yaml(entry, `faults: [{ at: 1s, until: 2s, on: all, ${fault} }]`)), driver), able);
  });

test('refused: vanish behind a relay, which would go on accepting, and distances nobody would make', (t) => {
  const both = 'faults: [{ at: 1s, on: all, error: {} }, { at: 2s, on: web, vanish: {} }]';
  const [vanish] = problemsOf(yaml(image, both), { driver: docker });
  t.regex(vanish!.message, /beside service-level ones, which are made by a relay/);
  const [distance] = problemsOf(yaml(image, 'network: { backend: 5ms }'), { driver: docker });
  t.regex(distance!.message, /expected backends of ours where network makes distances/);
});

test('health is checked by the one path that all are ready by, else by a connection, unless the scenario says how', (t) => {
  const checks = (text: string) => {
    const { health } = load(text).contenders[0]!.balancer;
    return health && [health.type, health.path];
  };
  t.deepEqual(checks(yaml('command: x, ready: { path: /up }')), ['http', '/up']);
  t.deepEqual(checks(yaml('command: x')), ['tcp', '/health']);
  t.deepEqual(checks(yaml('command: x, ready: { path: /up }', 'balancer: { health: { path: /live } }')), [
    'http',
    '/live',
  ]);
  t.deepEqual(checks(yaml('workers: 1')), ['http', '/health']);
  const mixed = yaml('command: x, ready: { path: /up }').replace('fleet: [', 'fleet: [{ id: ours }, ');
  t.deepEqual(checks(mixed), ['tcp', '/health']);
});
