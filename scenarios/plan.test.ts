import test from 'ava';
import { load } from './loader.test-support.ts';
import { planOf } from './plan.ts';

const fleet = 'fleet: [{ id: app, count: 4, workers: 8, service: { constant: { mean: 10ms } } }]\n';
const plan = (yaml: string, contenders = 2) => planOf(load(fleet + yaml).scenario, contenders);

test('lengths add up over contenders and rounds', (t) => {
  const it = plan('load: { open: { rate: 1600/s }, warmup: 2s, duration: 8s }\nrounds: 3\n', 5);
  t.like(it, {
    trials: 15,
    windowMs: 8000,
    trialMs: 10_000,
    runMs: 150_000,
    rate: 1600,
    utilization: 0.5,
    proves: false,
  });
  t.is(it.roundsToProve, 7);
  t.true(plan('load: { open: { rate: 1/s }, duration: 8s }\nrounds: 7\n').proves);
});

test('utilization becomes a rate, a number of requests a length', (t) => {
  t.like(plan('load: { open: { utilization: 0.5 }, requests: 16000 }\n'), { rate: 1600, windowMs: 10_000 });
});

test('closed load offers what is served, so it has connections and no utilization', (t) => {
  const it = plan('load: { closed: { connections: 64 }, requests: 32000 }\n');
  t.is(it.connections, 64);
  t.is(it.utilization, undefined);
  t.is(it.windowMs, 10_000);
  t.deepEqual(it.phases, [{ from: 0, to: 10_000, faults: [], capacity: 3200 }]);
});

test('a dead backend takes its capacity with it, phase by phase', (t) => {
  const { phases } = plan(`load: { open: { rate: 1600/s }, duration: 10s }
faults:
  - { at: 2s, until: 6s, on: app-1, crash: {} }
  - { at: 4s, until: 20s, on: app-2, freeze: {} }
`);
  t.deepEqual(
    phases.map(({ from, to, faults, capacity }) => [from, to, faults, capacity]),
    [
      [0, 2000, [], 3200],
      [2000, 4000, ['crash app-1'], 2400],
      [4000, 6000, ['crash app-1', 'freeze app-2'], 1600],
      [6000, 10_000, ['freeze app-2'], 2400],
    ],
  );
  t.deepEqual(
    phases.map(({ utilization }) => utilization),
    [0.5, 1600 / 2400, 1, 1600 / 2400],
  );
});

test('a slow backend keeps a part of its capacity, and is the fullest where load is shared by weight', (t) => {
  const [, phase] = plan(
    'load: { open: { rate: 1600/s }, duration: 10s }\nfaults: [{ at: 2s, on: app-3, slow: { factor: 10 } }]\n',
  ).phases;
  t.is(phase!.capacity, 3 * 800 + 80);
  t.deepEqual(phase!.busiest, { id: 'app-3', utilization: 400 / 80 });
});

test('faults that are no slower take nothing', (t) => {
  const [, phase] = plan(
    'load: { open: { rate: 1600/s }, duration: 10s }\nfaults: [{ at: 2s, on: app-3, lie: {} }]\n',
  ).phases;
  t.is(phase!.capacity, 3200);
});

test('with nobody left, utilization is infinite', (t) => {
  const [phase] = plan(
    'load: { open: { rate: 1/s }, duration: 10s }\nfaults: [{ at: 0s, on: all, vanish: {} }]\n',
  ).phases;
  t.like(phase, { capacity: 0, utilization: Infinity, busiest: undefined });
});

test('a spike fills the fleet, a ramp as far as it comes', (t) => {
  const { phases } = plan(`load: { open: { rate: 800/s }, duration: 10s }
faults:
  - { at: 2s, until: 3s, every: 3s, spike: { factor: 5 } }
  - { at: 8s, ramp: { to: 2 } }
`);
  t.deepEqual(
    phases.map(({ from, faults, rate, utilization }) => [from, faults, rate, utilization]),
    [
      [0, [], 800, 0.25],
      [2000, ['spike'], 4000, 1.25],
      [3000, [], 800, 0.25],
      [5000, ['spike'], 4000, 1.25],
      [6000, [], 800, 0.25],
      [8000, ['spike', 'ramp'], 6000, 1.875],
      [9000, ['ramp'], 1600, 0.5],
    ],
  );
  t.is(plan('load: { open: { rate: 800/s }, duration: 10s }\n').phases[0]!.rate, undefined);
  const closed = plan(
    'load: { closed: { connections: 64 }, duration: 10s }\nfaults: [{ at: 2s, spike: { factor: 3 } }]\n',
  );
  t.deepEqual(
    closed.phases.map(({ rate, connections }) => [rate, connections]),
    [
      [undefined, 64],
      [undefined, 192],
    ],
  );
});

test('a plan says how many balancers there are and what trips cost, where anything is set', (t) => {
  const load = 'load: { open: { rate: 1/s }, duration: 10s }\n';
  const plain = plan(`${load}network: { jitter: 20% }\n`);
  t.deepEqual(plain.balancers, { count: 1 });
  t.is(plain.network, undefined);
  const far = plan(
    `${load}network: { client: 20ms }\nbalancer: { count: 3, zones: [a], board: { every: 1s } }\n`,
  );
  t.deepEqual(far.balancers, { count: 3, zones: ['a'], boardMs: 1000 });
  t.is(far.network?.client, 20);
});

const pooled = `load:
  open: { rate: 1600/s }
  duration: 10s
  mix: [{ path: /api/users?all, share: 3 }, { path: /, host: Admin.Test }, { path: /static, headers: { X-Old: '1' } }, { path: /rest, share: 3 }]
balancer:
  pools: { rest: { backends: [app-3, app-4] } }
  routes:
    - { host: '*.test', pool: app-2 }
    - { path: /static, header: { x-old: '1' }, pool: rest }
    - { path: /api, pool: app-1 }
    - { path: /apis, pool: app-2 }
`;

test('routes divide the load: each pool gets its share of the mix, and a backend what all its pools are sent', (t) => {
  const { phases, utilization } = plan(
    `${pooled}faults: [{ at: 5s, on: app-2, crash: {} }, { at: 5s, on: app-1, slow: { factor: 2 } }]\n`,
  );
  t.is(utilization, 0.5, 'of the fleet, as if all shared the load');
  const [before, during] = phases;
  const pools = (phase: typeof before) => new Map(phase!.pools!.map((it) => [it.name, it]));
  t.deepEqual(
    [...pools(before).values()],
    [
      { name: 'all', share: 3 / 8, capacity: 3200, utilization: 600 / 3200 },
      { name: 'rest', share: 1 / 8, capacity: 1600, utilization: 200 / 1600 },
      { name: 'app-2', share: 1 / 8, capacity: 800, utilization: 200 / 800 },
      { name: 'app-1', share: 3 / 8, capacity: 800, utilization: 600 / 800 },
    ],
  );
  t.deepEqual(before!.busiest, { id: 'app-1', utilization: (600 + 600 / 4) / 800 });
  t.like(pools(during).get('app-2'), { capacity: 0, utilization: Infinity });
  t.like(pools(during).get('app-1'), { capacity: 400, utilization: 1.5 });
  t.deepEqual(during!.busiest, { id: 'app-1', utilization: (600 + 600 / 3) / 400 });
});

test('without routes there are no pools to tell of, of a closed load only their shares are', (t) => {
  t.is(plan('load: { open: { rate: 1/s }, duration: 10s }\n').phases[0]!.pools, undefined);
  const routed = `balancer: { routes: [{ path: /, pool: app-1 }] }\n`;
  const { phases } = plan(`load: { closed: { connections: 8 }, duration: 10s }\n${routed}`);
  t.deepEqual(phases[0]!.pools, [{ name: 'app-1', share: 1, capacity: 800 }]);
});

test('where a trace says what is asked for, nothing is said of pools', (t) => {
  const { scenario } = load(
    `${fleet}load: { open: { trace: [0ms, 10ms] } }\nbalancer: { routes: [{ path: /api, pool: app-1 }, { path: /, pool: app-2 }] }\n`,
  );
  t.is(planOf(scenario, 1).phases[0]!.pools?.[0]?.name, 'app-2', 'this one does not');
  const trace = { ...scenario.load.open!.trace!, path: ['/api', '/'] };
  const told = { ...scenario, load: { ...scenario.load, open: { ...scenario.load.open!, trace } } };
  t.is(planOf(told, 1).phases[0]!.pools, undefined);
});
