/** Connections that come and go are there when the load's clock says so, and number their requests apart from all others. */
import test from 'ava';
import fc from 'fast-check';
import { Crowd } from './crowd.ts';
import { LoadClock } from './load-clock.ts';

const spike = { at: 10, until: 20, from: 3, to: 3, over: 0 };
const ramp = { at: 30, until: 50, from: 1, to: 2, over: 20 };
const lull = { at: 60, until: 70, from: 0.25, to: 0.25, over: 0 };
const crowd = new Crowd(4, new LoadClock([spike, ramp, lull]));

test('where nothing changes, all are always there', (t) => {
  const it = new Crowd(4, undefined);
  t.is(it.most, 4);
  t.true(it.steady);
  t.deepEqual(
    [0, 3].map((number) => it.opens(number, 7)),
    [7, 7],
  );
  t.deepEqual([it.requestOf(3, 2), it.connectionOf(11)], [11, 3]);
});

for (const [number, t0, expected, why] of [
  [0, 65, 65, 'the first is always there'],
  [1, 65, 70, 'in a lull the others go, and come back after it'],
  [3, 5, 5, 'the usual ones are there before'],
  [4, 5, 10, 'the others come with the spike'],
  [11, 12, 12, 'and are there in it'],
  [11, 20, Number.POSITIVE_INFINITY, 'the last of them never come back'],
  [4, 20, 32.5, 'on a ramp each comes when it is its turn: half a connection early'],
  [7, 20, 47.5, 'the last of the ramp'],
  [7, 50, Number.POSITIVE_INFINITY, 'and when it is over it is over'],
] as const)
  test(`connection ${number} at ${t0}: ${why}`, (t) => t.is(crowd.opens(number, t0), expected));

test('there are as many as the clock says, at any time', (t) => {
  t.is(crowd.most, 12);
  for (let at = -5; at < 80; at += 0.37) {
    const there = Array.from({ length: crowd.most }, (_, number) => crowd.opens(number, at)).filter(
      (opens) => opens === at,
    ).length;
    t.true(Math.abs(there - Math.max(1, crowd.mostWithin(at, at + 1e-9))) <= 0, `${there} at ${at}`);
  }
});

test('every request has a number of its own, which says whose it is; the usual ones have those that they always have', (t) => {
  const usual = new Crowd(4, undefined);
  const seen = new Set<number>();
  for (let connection = 0; connection < crowd.most; connection++)
    for (let ordinal = 0; ordinal < 50; ordinal++) {
      const request = crowd.requestOf(connection, ordinal);
      seen.add(request);
      t.is(crowd.connectionOf(request), connection);
      if (connection < 4) t.is(request, usual.requestOf(connection, ordinal));
      else t.true(Number.isSafeInteger(request) && request > 1e12);
    }
  t.is(seen.size, 50 * crowd.most);
});

test('who has come to the time that it was told is wanted then', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.double({ min: 0.01, max: 20, noNaN: true }),
      fc.double({ min: 0.1, max: 1000, noNaN: true }),
      fc.nat(),
      (connections, to, over, which) => {
        const clock = new LoadClock([{ at: 1 / 3, until: Number.POSITIVE_INFINITY, from: 1, to, over }]);
        const it = new Crowd(connections, clock);
        const number = which % it.most;
        const opens = it.opens(number, 0);
        t.true(opens === Number.POSITIVE_INFINITY || it.opens(number, opens) === opens);
      },
    ),
    { seed: 1 },
  );
});
