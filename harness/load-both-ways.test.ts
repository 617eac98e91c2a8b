/**
 * Faults of the load, by a real generator and in virtual time, with one seed: the same requests leave at the same times with the same
 * keys, whether or not a real machine is a little late, and the same clients go away.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { balancerSchema } from '../scenarios/scenario.ts';
import { runOnProcesses } from './on-processes.test-support.ts';
import {
  attemptKinds,
  causes,
  type Event,
  outcomes,
  type RequestColumns,
  readAttempts,
  readEvents,
  readRequests,
} from './recording.ts';
import { byNumber, type Played, play, scenarioOf, type WorldInput } from './simulation/world.test-support.ts';

const balancer = { health: false, passive: false, retries: { max: 0 } } as const;
const world: WorldInput = {
  fleet: [{ id: 'app', count: 2, workers: 32, service: { constant: { mean: '5ms' } } }],
  load: {
    open: { rate: '100/s', connections: 'unlimited' },
    ...{ warmup: '300ms', duration: '4s', keys: { uniform: { count: 50 } } },
  },
  balancer,
  // A busy machine is none of its business.
  steady: false,
  faults: [
    { at: '500ms', until: '1s', every: '2s', spike: { factor: 4 } },
    { at: '1s', until: '2s', ramp: { to: 3 } },
    { at: '1500ms', until: '3500ms', 'hot-key': { share: '40%', keys: 2 } },
  ],
};
const contenders = [
  { name: 'rr', strategy: 'round-robin', options: {}, balancer: balancerSchema.parse(balancer) },
];
let dir: string;
let real: RequestColumns;
let events: Event[];
let virtual: Played;

test.before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'steelyard-load-'));
  const scenario = { ...scenarioOf(world), name: 'load' };
  await runOnProcesses({
    ...{ dir, scenario, contenders, atMost: 60_000 },
    onTrial: async (run, trial) => {
      [real, events] = await Promise.all([readRequests(dir, run, trial.id), readEvents(dir)]);
      virtual = play(world, { seed: trial.seed });
    },
  });
});
test.after.always(() => rm(dir, { recursive: true, force: true }));

/** Half of the clients leave long before they could be answered, by a balancer and backends with room for all. */
const impatient: WorldInput = {
  fleet: [
    { id: 'app', count: 2, workers: 100, service: { constant: { mean: '1500ms' } }, cancelAbandoned: true },
  ],
  load: {
    open: { rate: '80/s', connections: 'unlimited', arrivals: 'constant' },
    ...{ warmup: '300ms', duration: '2s' },
  },
  balancer,
  steady: false,
  faults: [{ at: '500ms', until: '2s', abort: { share: '50%', after: '50ms' } }],
};

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

test('the same clients go away, the balancer ends their attempts at once, and nothing of them is left', async (t) => {
  const scenario = { ...scenarioOf(impatient), name: 'impatient' };
  const own = await mkdtemp(join(tmpdir(), 'steelyard-abort-'));
  t.teardown(() => rm(own, { recursive: true, force: true }));
  await runOnProcesses({
    ...{ dir: own, scenario, contenders, atMost: 60_000 },
    onTrial: async (run, trial) => {
      const [requests, attempts] = await Promise.all([
        readRequests(own, run, trial.id),
        readAttempts(own, run, trial.id),
      ]);
      const twin = play(impatient, { seed: trial.seed });
      const ends = new Map(twin.requests.map(({ index, outcome, cause }) => [index, `${outcome} ${cause}`]));
      const left = new Set<number>();
      const waits: number[] = [];
      for (let row = 0; row < requests.length; row++) {
        const index = requests.index[row]!;
        const end = `${outcomes[requests.outcome[row]!]} ${causes[requests.cause[row]!]}`;
        t.is(end, ends.get(index)!, `request ${index}`);
        if (end !== 'aborted client-left') continue;
        left.add(index);
        const waited = requests.latency[row]! / 1000;
        t.true(waited >= 50, `${waited} ms`);
        waits.push(waited);
      }
      t.true(left.size > 30 && left.size < 90, `${left.size} of 120`);

      const { sent, ok, failed, lost, aborted = 0, inFlightAtEnd } = trial.counts;
      t.deepEqual([sent, failed, lost, inFlightAtEnd], [ok + aborted, 0, 0, 0]);
      t.deepEqual([aborted, twin.counts.aborted], [left.size, left.size]);

      const tries = Array.from({ length: attempts.length }, (_, row) => ({
        request: attempts.request[row]!,
        kind: attemptKinds[attempts.kind[row]!]!,
        took: (attempts.ended[row]! - attempts.picked[row]!) / 1000,
      }));
      t.is(tries.length, requests.length, 'one attempt each');
      for (const { request, kind, took } of tries) {
        t.is(kind, left.has(request) ? 'cancelled' : 'ok', `request ${request}`);
        if (left.has(request)) waits.push(took);
      }
      // Of clients and attempts; a machine that stands still may keep a few.
      const median = waits.sort((a, b) => a - b)[waits.length >> 1]!;
      t.true(median < 400, `${median} ms`);
    },
  });
});
