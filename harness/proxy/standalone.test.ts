import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ScenarioError } from '../../scenarios/problem.ts';
import { overridesOf } from '../commands/proxy-options.ts';
import { listStrategies } from '../strategies.ts';
import { loadStandalone, ownStrategyFile } from './standalone.ts';

const strategies = await listStrategies();
const none = { backend: [], option: [], adminHost: [], set: [] };
type Given = Partial<Parameters<typeof overridesOf>[0]>;

const load = (given: Given, config?: string) =>
  loadStandalone({
    strategies,
    overrides: overridesOf({ ...none, ...given }),
    ...(config === undefined ? {} : { config }),
  });

async function fileOf(t: ExecutionContext, text: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-balancer-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, 'balancer.yaml'), text);
  return join(dir, 'balancer.yaml');
}

const least = { listen: '127.0.0.1:0', backend: ['http://10.0.0.7:8080'] };

test('the command line alone is enough', (t) => {
  const { settings, drainMs, accessLog } = load({
    ...least,
    backend: ['http://10.0.0.7:8080', 'http://[fd00::7]:81,weight=2.5,zone=eu,id=b', 'http://Example'],
    strategy: 'p2c',
    option: ['choices=3'],
    admin: '127.0.0.1:9090',
    drain: '3s',
    set: ['health.interval=1s', 'retries.max=2'],
  });
  t.deepEqual(settings.backends, [
    { id: '10.0.0.7-8080', index: 0, host: '10.0.0.7', port: 8080, weight: 1 },
    { id: 'b', index: 1, host: 'fd00::7', port: 81, weight: 2.5, zone: 'eu' },
    { id: 'example-80', index: 2, host: 'example', port: 80, weight: 1 },
  ]);
  t.deepEqual(settings.listen, { host: '127.0.0.1', port: 0 });
  t.like(settings.strategy, { name: 'p2c', values: { choices: 3 } });
  t.like(settings.admin, { host: '127.0.0.1', port: 9090 });
  t.like(settings.balancer, { health: { interval: 1000 }, retries: { max: 2 } });
  t.is(drainMs, 3000);
  t.is(accessLog, undefined);
});

test('a file has the same keys, and the command line lies over it', async (t) => {
  const config = await fileOf(
    t,
    `
listen: :8080
admin: { listen: "unix:/run/steelyard.sock", hosts: [balancer.internal] }
strategy: p2c
options: { choices: 4 }
backends: [http://10.0.0.7:8080, { url: http://10.0.0.8:8080, id: b }]
health: { interval: 1s }
latencies: { eu: { us: 40ms } }
accessLog: access.log
`,
  );
  const { settings, accessLog } = load({}, config);
  t.like(settings, { listen: { host: '', port: 8080 }, latencies: { eu: { us: 40 } } });
  t.like(settings.admin, { path: '/run/steelyard.sock', hosts: ['balancer.internal'] });
  t.like(settings.strategy.values, { choices: 4 });
  t.is(accessLog, join(config, '../access.log'), 'from the folder of the file');

  const over = load(
    {
      listen: '[::1]:81',
      strategy: 'round-robin',
      backend: ['http://10.0.0.9:80'],
      admin: ':90',
      accessLog: 'x.log',
    },
    config,
  );
  t.deepEqual(over.settings.listen, { host: '::1', port: 81 });
  t.is(over.settings.strategy.name, 'round-robin');
  t.false('choices' in over.settings.strategy.values, 'without the options of another');
  t.deepEqual(
    over.settings.backends.map(({ id }) => id),
    ['10.0.0.9-80'],
  );
  t.deepEqual(over.settings.admin, { host: '', port: 90, hosts: ['balancer.internal'] });
  t.is(over.accessLog, join(process.cwd(), 'x.log'), 'from the working directory');
});

test('a strategy of the user’s own is found from the file’s folder, or from the working directory', async (t) => {
  const config = await fileOf(t, 'listen: :0\nbackends: [http://h]\nstrategy: ./mine.mts\n');
  const mine = join(config, '../mine.mts');
  await writeFile(mine, '');
  t.is(ownStrategyFile({ config, strategies, overrides: [] }), mine);
  const given = overridesOf({ ...none, ...least, strategy: `./${relative(process.cwd(), mine)}` });
  t.is(ownStrategyFile({ strategies, overrides: given }), mine);
  t.is(load({}, config).settings.strategy.name, mine);
});

/** What is wrong, each with the words its line must hold. */
const mistakes: [what: string, given: Given, expected: RegExp][] = [
  ['no address', { backend: ['http://h'] }, /^--listen: expected HOST:PORT.*got nothing/],
  ['no backend', { listen: ':0' }, /^--backend: expected at least one.*got nothing/],
  ['half an address', { ...least, listen: '127.0.0.1' }, /^--listen 127\.0\.0\.1: expected HOST:PORT/],
  ['a port too high', { ...least, listen: ':65536' }, /^--listen :65536: expected HOST:PORT/],
  ['a socket for traffic', { ...least, listen: 'unix:/x' }, /^--listen unix:\/x: expected HOST:PORT/],
  [
    'a backend with a path',
    { ...least, backend: ['http://h/x'] },
    /^--backend http:\/\/h\/x: .*nothing more/,
  ],
  ['a backend by TLS', { ...least, backend: ['https://h'] }, /^--backend https:\/\/h: .*plain HTTP/],
  ['a slip in a backend', { ...least, backend: ['http://h,wieght=2'] }, /did you mean `weight`/],
  [
    'a weight of nothing',
    { ...least, backend: ['http://h,weight=0'] },
    /^--backend http:.*weight=0: .*above 0/,
  ],
  [
    'one backend twice',
    { ...least, backend: ['http://h', 'http://h:80'] },
    /^--backend http:\/\/h:80: .*`id`/,
  ],
  [
    'one id twice',
    { ...least, backend: ['http://h,id=a', 'http://i,id=a'] },
    /^--backend http:\/\/i,id=a: .*which backends\.0 has/,
  ],
  ['a strategy there is not', { ...least, strategy: 'p2d' }, /^--strategy p2d: .*did you mean `p2c`/],
  ['a file there is not', { ...least, strategy: './no.mts' }, /^--strategy .*\/no\.mts.*there is none/],
  ['an option there is not', { ...least, strategy: 'p2c', option: ['choises=3'] }, /^--option .*`choices`/],
  ['an option out of range', { ...least, strategy: 'p2c', option: ['choices=0'] }, /^--option choices=0: /],
  ['the oracle', { ...least, strategy: 'oracle' }, /^--strategy oracle: .*simulator only/],
  ['a duration without unit', { ...least, drain: '5' }, /^--drain 5: expected a duration/],
  ['a layer there is not', { ...least, layer: '5' }, /^--layer 5: expected .*, got 5/],
  ['what only the simulator has', { ...least, set: ['count=2'] }, /^--set count=2: .*unknown key/],
  [
    'a pool of nobody',
    { ...least, set: ['pools.api.backends=[nobody]'] },
    /^--set pools\.api.*exist.*"nobody"/,
  ],
  [
    'a pool by a strategy there is not',
    { ...least, set: ['pools.api={ backends: [all], strategy: p2d }'] },
    /^--set pools\.api.*`p2c`/,
  ],
  [
    'a route to nowhere',
    { ...least, set: ['routes=[{ path: /api, pool: nobody }]'] },
    /^--set routes.*"nobody"/,
  ],
  [
    'a route at layer 4',
    { ...least, layer: '4', set: ['routes=[{ path: /api }]'] },
    /^--set routes.*routes by `sni` to a `pool`, and by nothing else, at layer 4/,
  ],
  ['a key there is not', { ...least, set: ['helth=1'] }, /^--set helth=1: .*did you mean `health`/],
];

for (const [what, given, expected] of mistakes)
  test(`refused, with its option: ${what}`, (t) => {
    const error = t.throws(() => load(given), { instanceOf: ScenarioError });
    t.regex(error.message, expected);
    t.is(error.problems.length, 1, error.message);
  });

test('every mistake in a file comes at once, with its line', async (t) => {
  const config = await fileOf(
    t,
    `listen: 127.0.0.1:0
strategy: p2d
backends:
  - { url: http://h, wieght: 2 }
health: { intervall: 1s }
`,
  );
  const { problems, message } = t.throws(() => load({}, config), { instanceOf: ScenarioError });
  t.deepEqual(
    problems.map(({ line, path }) => [line, path.join('.')]),
    [
      [2, 'strategy'],
      [4, 'backends.0.wieght'],
      [5, 'health.intervall'],
    ],
    message,
  );
});

test('routes and pools are a file’s, too', async (t) => {
  const config = await fileOf(
    t,
    `listen: 127.0.0.1:0
backends: [{ url: http://h:1, id: api-1 }, { url: http://h:2, id: api-2 }, { url: http://h:3, id: files }]
routes: [{ path: /static, pool: files }, { path: /api, pool: api, strip: true }]
pools: { api: { backends: [api], strategy: sticky-session } }
`,
  );
  const { balancer } = load({}, config).settings;
  t.like(balancer.pools.api, { strategy: 'sticky-session' });
  t.is(balancer.routes.length, 2);
});

test('layer 4 has its own keys and backends, and none of what requests have', (t) => {
  const four = { ...least, layer: '4', backend: ['tcp://10.0.0.7:5432'] };
  const { settings } = load({ ...four, set: ['tcp.idle=1m'] });
  t.like(settings.balancer, { layer: 4, tcp: { idle: 60_000 } });
  t.like(settings.backends[0], { host: '10.0.0.7', port: 5432 });
  const error = t.throws(() => load({ ...four, set: ['tryTimeout=1s'] }), { instanceOf: ScenarioError })!;
  t.regex(error.message, /--set tryTimeout=1s: expected no tryTimeout at layer 4/);
  t.throws(() => load({ ...four, backend: ['tcp://10.0.0.7'] }), { instanceOf: ScenarioError });
});

test('a file that is empty, a list, or not there is told as what it is', async (t) => {
  for (const [text, expected] of [
    ['', /expected a balancer’s file, got an empty file/],
    ['- a\n', /expected a mapping, got a list/],
    ['a: [', /expected valid YAML/],
  ] as const) {
    const config = await fileOf(t, text);
    t.throws(() => load({}, config), { instanceOf: ScenarioError, message: expected });
  }
  t.throws(() => load({}, '/no/such.yaml'), {
    message: /expected a balancer’s file.*got nothing at that path/,
  });
});
