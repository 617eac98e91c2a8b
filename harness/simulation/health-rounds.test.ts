/**
 * Health checks in virtual time: a fault is noticed at the check that completes the threshold, exactly, and so within interval ×
 * threshold + timeout; its end as exactly. Checks stand on a grid of 100 ms that begins with the warm-up.
 */
import test from 'ava';
import fc from 'fast-check';
import { detectionBound } from '../resilience/check-schedule.ts';
import { play, type WorldInput } from './world.test-support.ts';

const [interval, timeout] = [100, 40];
const warmup = 150;

interface Fault {
  kind: string;
  options?: object;
  /** After how many ms a check fails. */
  fails: number;
}
const faults: Fault[] = [
  { kind: 'crash', fails: 0 },
  { kind: 'stop', fails: 0 },
  { kind: 'vanish', fails: timeout },
  { kind: 'freeze', fails: timeout },
  { kind: 'hang', fails: timeout },
  { kind: 'sick', fails: 0 },
  { kind: 'reset', fails: 0 },
  { kind: 'error', options: { status: 500, after: '7ms' }, fails: 7 },
  { kind: 'drip', fails: timeout },
];

const worldOf = (
  { kind, options = {} }: Fault,
  from: number,
  until: number,
  unhealthy: number,
  healthy: number,
) =>
  ({
    fleet: [{ id: 'app', count: 3 }],
    load: { open: { rate: '10/s' }, warmup: `${warmup}ms`, duration: `${until + 2_000}ms` },
    balancer: {
      health: { interval: `${interval}ms`, timeout: `${timeout}ms`, unhealthy, healthy },
      ...{ passive: false, retries: { max: 0 }, tryTimeout: '30ms', connectTimeout: '30ms' },
    },
    faults: [{ at: `${from}ms`, until: `${until}ms`, on: 'app-2', [kind]: options }],
  }) as WorldInput;

/** The n-th check that begins after `from`, ms from t = 0. */
const check = (n: number, from: number) => (Math.floor((from + warmup) / interval) + n) * interval - warmup;

for (const fault of faults)
  test(`${fault.kind} is noticed by the check that completes the threshold, and its end as exactly`, (t) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 399 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (offset, unhealthy, healthy) => {
          // Between two checks, and gone well before and after a check is out.
          const from = 300 + offset + 0.25;
          const until = from + 1_000;
          const { events } = play(worldOf(fault, from, until, unhealthy, healthy));
          const moves = events.flatMap((it) => (it.type === 'health' && it.backend === 'app-2' ? [it] : []));
          const [down, up, ...more] = moves;
          const noticed = check(unhealthy, from) + fault.fails;
          if (down?.t !== noticed || down.to !== 'unhealthy')
            throw new Error(`noticed at ${down?.t}, not ${noticed}`);
          if (noticed - from > detectionBound({ interval, timeout, unhealthy })) throw new Error('too late');
          const back = check(healthy, Math.max(until, noticed));
          if (up?.t !== back || up.to !== 'healthy') throw new Error(`back at ${up?.t}, not ${back}`);
          if (more.length > 0 || moves.some(({ by }) => by !== 'active')) throw new Error('it flaps');
          if (events.some((it) => it.type === 'health' && it.backend !== 'app-2'))
            throw new Error('a neighbour fell');
        },
      ),
      { numRuns: 30, seed: 7, includeErrorInReport: true },
    );
    t.pass();
  });

test('a lie is never noticed: it answers health checks', (t) => {
  const { events } = play(worldOf({ kind: 'lie', fails: 0 }, 300, 1_300, 1, 1));
  t.deepEqual(
    events.filter((it) => it.type === 'health'),
    [],
  );
});

test('what lasts shorter than the threshold is not noticed: two failed checks of three', (t) => {
  const { events } = play(worldOf(faults[0]!, 360, 540, 3, 1));
  t.is(check(1, 360), 450);
  t.deepEqual(
    events.filter((it) => it.type === 'health'),
    [],
  );
});

test('between its detection and its return a backend gets nothing, and before it its share', (t) => {
  const world = worldOf(faults[0]!, 310, 1_310, 2, 2);
  const busy = { ...world, load: { ...world.load, open: { rate: '1000/s' } } };
  const { attempts } = play(busy);
  const [noticed, back] = [check(2, 310), check(2, 1_310)];
  const picks = attempts.filter(({ backend }) => backend === 1).map(({ picked }) => picked);
  t.deepEqual(
    picks.filter((at) => at > noticed && at < back),
    [],
  );
  t.true(picks.filter((at) => at > 310 && at < noticed).length > 20);
  t.true(picks.filter((at) => at > back && at < back + 100).length > 20);
});

test('every balancer checks by itself, and each says what it found', (t) => {
  const world = worldOf(faults[0]!, 310, 1_310, 2, 2);
  const { events } = play({ ...world, balancer: { ...world.balancer, count: 3 } });
  const moves = events.flatMap((it) => (it.type === 'health' ? [`${it.to} ${it.t}`] : []));
  const [noticed, back] = [check(2, 310), check(2, 1_310)];
  t.deepEqual(moves, [...Array(3).fill(`unhealthy ${noticed}`), ...Array(3).fill(`healthy ${back}`)]);
});
