/**
 * Faults of the load, by a real generator and in virtual time, with one seed: the same requests leave at the same times with the same
 * keys, whether or not a real machine is a little late.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { balancerSchema } from '../scenarios/scenario.ts';
import { runOnProcesses } from './on-processes.test-support.ts';
import { type Event, type RequestColumns, readEvents, readRequests } from './recording.ts';
import { byNumber, type Played, play, scenarioOf, type WorldInput } from './simulation/world.test-support.ts';

const balancer = { health: false, passive: false, retries: { max: 0 } } as const;
const world: WorldInput = {
  fleet: [{ id: 'app', count: 2, workers: 32, service: { constant: { mean: '5ms' } } }],
  load: {
    open: { rate: '100/s', connections: 'unlimited' },
    ...{ warmup: '300ms', duration: '4s', keys: { uniform: { count: 50 } } },
  },
  balancer,
  faults: [
    { at: '500ms', until: '1s', every: '2s', spike: { factor: 4 } },
    { at: '1s', until: '2s', ramp: { to: 3 } },
    { at: '1500ms', until: '3500ms', 'hot-key': { share: '40%', keys: 2 } },
  ],
};
let dir: string;
let real: RequestColumns;
let events: Event[];
let virtual: Played;

test.before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'steelyard-load-'));
  const scenario = { ...scenarioOf(world), name: 'load' };
  const contenders = [
    { name: 'rr', strategy: 'round-robin', options: {}, balancer: balancerSchema.parse(balancer) },
  ];
  await runOnProcesses({
    ...{ dir, scenario, contenders, atMost: 60_000 },
    onTrial: async (run, trial) => {
      [real, events] = await Promise.all([readRequests(dir, run, trial.id), readEvents(dir)]);
      virtual = play(world, { seed: trial.seed });
    },
  });
});
test.after.always(() => rm(dir, { recursive: true, force: true }));

test('the same requests are due at the same times, with the same keys', (t) => {
  const rows = Array.from({ length: real.length }, (_, i) => [
    ...[real.index[i]!, real.intended[i]! / 1000, real.keyHash[i]!],
  ]).sort(([a], [b]) => a! - b!);
  // The simulator is never late.
  const simulated = byNumber(virtual).map(({ index, sent, keyHash }) => [index, sent, keyHash]);
  t.deepEqual(
    rows.map(([index, , key]) => [index, key]),
    simulated.map(([index, , key]) => [index, key]),
  );
  // A microsecond may be rounded either way.
  for (const [i, [, due]] of rows.entries()) t.true(Math.abs(due! - simulated[i]![1]!) <= 0.0011);
});

test('as many as the faults say: 100/s, 400/s in spikes, 200/s on the ramp', (t) => {
  const within = (from: number, to: number) =>
    real.intended.filter((due) => due >= from * 1000 && due < to * 1000).length;
  for (const [from, to, expected] of [
    [-300, 500, 80],
    [500, 1000, 200],
    [1000, 2000, 200],
    [2500, 3000, 200],
    [3000, 4000, 100],
  ] as const)
    t.true(
      Math.abs(within(from, to) - expected) < 5 * Math.sqrt(expected),
      `${within(from, to)}, ${expected}`,
    );
});

test('both say when each fault took and was over, and that it hit no backend', (t) => {
  const told = (all: readonly object[]) =>
    (all as Event[])
      .filter((it) => it.type === 'fault')
      .map(({ t: ms, fault, kind, backends, phase }) => ({
        ms,
        told: `${phase} ${fault} ${kind} ${backends}`,
      }));
  const [measured, simulated] = [told(events), told(virtual.events)];
  const names = (all: typeof measured) => all.map((it) => it.told).sort();
  t.deepEqual(names(measured), names(simulated));
  t.is(measured.length, 4 * 4);
  for (const it of measured) {
    const nearest = Math.min(
      ...simulated.flatMap((other) => (other.told === it.told ? [Math.abs(it.ms - other.ms)] : [])),
    );
    t.true(nearest < 500, `${it.told}: ${nearest} ms apart`);
  }
});
