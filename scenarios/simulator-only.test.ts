import test from 'ava';
import { known, load, problemsOf } from './loader.test-support.ts';
import { isAble, refuseUnable, ScenarioError } from './loader.ts';

const yaml = (rest = '', fleet = 'count: 4') =>
  `fleet: [{ id: app, ${fleet} }]\nload: { open: { rate: 100/s }, duration: 10s }\n${rest}\n`;
const can = new Set(['crash']);

for (const [what, text, path, says] of [
  [
    'balancers',
    'balancer: { count: 10 }',
    'balancer.count',
    /expected one balancer on real backends, got 10; several run in the simulator only: steelyard simulate test\.yaml/,
  ],
  [
    'board',
    'balancer: { board: { every: 50ms } }',
    'balancer.board',
    /expected live counts on real backends, got a board refreshed every 50ms/,
  ],
  [
    'layer 4 over distances',
    'network: { client: 20ms }\nbalancer: { layer: 4 }\ncontenders: [random]',
    'balancer.layer',
    /expected layer 7 where network makes distances on real backends, got 4; distances at layer 4 exist in/,
  ],
  [
    'handshakes that the balancer would not wait for',
    'network: { connect: 100ms, backend: 300ms }',
    'balancer.connectTimeout',
    /expected more than the longest handshake that network makes \(700ms\) on real backends, got 500ms/,
  ],
  [
    'such handshakes from where a contender stands',
    'network: { connect: 450ms }\n' +
      'contenders: [{ strategy: random, balancer: { connectTimeout: 400ms } }]',
    'contenders.0.balancer.connectTimeout',
    /got 400ms; connections take their time in the simulator only/,
  ],
  [
    'strategy',
    'contenders: [p2c, oracle]',
    'contenders.1',
    /asks for no more than a balancer can know on real backends, got oracle; it runs in the simulator only/,
  ],
  [
    'own settings',
    'contenders: [random, { strategy: p2c, balancer: { count: 3 } }]',
    'contenders.1.balancer.count',
    /got 3/,
  ],
] as const)
  test(`refused on real backends: ${what}`, (t) => {
    const source = yaml(text).replace('duration: 10s', 'duration: 10s, regions: { eu: 1, us: 1 }');
    const loaded = load(source);
    const error = t.throws(() => refuseUnable(loaded, 'process', can), { instanceOf: ScenarioError })!;
    t.deepEqual(
      error.problems.map((it) => it.path.join('.')),
      [path],
    );
    t.regex(error.message, says);
    t.regex(error.problems[0]!.where, /^test\.yaml:\d/);
    t.false(isAble(loaded, { name: 'process', can }));
    t.is(problemsOf(source, { driver: { name: 'docker', can } }).length, 1);
  });

test('one balancer anywhere, and distances to it, run anywhere', (t) => {
  const network =
    'network: { client: 20ms, backend: 1ms, connect: 1ms, jitter: 10%, latencies: { eu: { us: 40ms } } }';
  for (const rest of ['', '\nbalancer: { zones: [eu, us] }'])
    t.notThrows(() =>
      refuseUnable(
        load(yaml(network + rest).replace('duration: 10s', 'duration: 10s, regions: { eu: 1, us: 1 }')),
        'process',
        can,
      ),
    );
});

test('a fleet for one machine has 200 at most', (t) => {
  const real = (count: number) => isAble(load(yaml('', `count: ${count}`)), { name: 'process', can });
  t.deepEqual([real(200), real(201)], [true, false]);
});

test('plain scenarios and defaults written out run anywhere; all leaves out what needs the simulator', (t) => {
  for (const rest of ['', 'contenders: all', 'balancer: { count: 1 }\nnetwork: { client: 0ms, jitter: 0 }'])
    t.notThrows(() => refuseUnable(load(yaml(rest)), 'process', can));
});

test('a simulator has all strategies', (t) => {
  const names = (simulated: boolean) =>
    load(yaml(), { known: { ...known, simulated } }).contenders.map(({ name }) => name);
  t.true(names(true).includes('oracle'));
  t.false(names(false).includes('oracle'));
});

test('an option is blamed for what it set', (t) => {
  const loaded = load(yaml(), {
    sets: ['balancer.count=50', 'network.latencies.eu.us=80ms', 'load.regions.eu=1', 'load.regions.us=1'],
  });
  t.is(loaded.scenario.balancer.count, 50);
  t.deepEqual(loaded.scenario.network.latencies, { eu: { us: 80 } });
  const error = t.throws(() => refuseUnable(loaded, 'process', can), { instanceOf: ScenarioError })!;
  t.deepEqual(error.problems.map(({ where }) => where).sort(), ['--set balancer.count=50']);
});

test('what a contender turns off again runs there', (t) => {
  const loaded = load(
    yaml('balancer: { count: 10 }\ncontenders: [{ strategy: p2c, balancer: { count: 1 } }]'),
  );
  t.true(isAble(loaded, { name: 'process', can }));
});
