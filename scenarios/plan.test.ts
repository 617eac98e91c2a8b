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
