import test from 'ava';
import fc from 'fast-check';
import { draw, stream } from '../../scenarios/random.ts';
import { detectionBound, nextCheck, nextJittered } from './check-schedule.ts';
import { Health } from './health.ts';

for (const [sentence, origin, at, expected] of [
  ['the first check is at the origin', 100, 40, 100],
  ['at a point, the next one is an interval later', 100, 100, 600],
  ['between two points, the next is the later', 100, 700, 1100],
  ['points missed while the process stood still are skipped', 0, 7320, 7500],
] as const) {
  test(`checks: ${sentence}`, (t) => t.is(nextCheck(origin, 500, at), expected));
}

test('the grid is strictly ahead, never more than an interval away, and does not drift', (t) => {
  const ms = fc.double({ min: 0.01, max: 1e7, noNaN: true });
  fc.assert(
    fc.property(ms, fc.double({ min: 1, max: 60_000, noNaN: true }), ms, (origin, interval, later) => {
      const at = origin + later;
      const next = nextCheck(origin, interval, at);
      t.true(next > at);
      t.true(next - at <= interval * (1 + 1e-9));
      const steps = (next - origin) / interval;
      t.true(Math.abs(steps - Math.round(steps)) < 1e-6);
    }),
  );
});

test('with jitter each point is at most so much later, and they stay in order', (t) => {
  const luck = (seed: number) => (k: number) => draw(seed, stream.jitter, 3, k);
  const points = (seed: number, jitter: number) => {
    const all: number[] = [];
    for (let at = -1; all.length < 50; all.push(at)) at = nextJittered(0, 100, jitter, luck(seed), at);
    return all;
  };
  t.deepEqual(
    points(1, 0),
    Array.from({ length: 50 }, (_, k) => 100 * k),
  );
  const jittered = points(1, 0.5);
  t.true(jittered.every((at, k) => at >= 100 * k && at < 100 * k + 50));
  t.true(new Set(jittered.map((at) => at % 100)).size > 40);
  t.deepEqual(points(1, 0.5), jittered);
  t.notDeepEqual(points(2, 0.5), jittered);
  t.true(points(1, 1).every((at, k, all) => k === 0 || at > all[k - 1]!));
});

test('whatever it is that fails, and however long a check hangs, detection takes at most interval × threshold + timeout', (t) => {
  const settings = fc.record({
    interval: fc.integer({ min: 10, max: 1000 }),
    timeout: fc.integer({ min: 1, max: 3000 }),
    unhealthy: fc.integer({ min: 1, max: 5 }),
    jitter: fc.constantFrom(0, 0.3, 1),
    healthy: fc.constant(2),
    faultAt: fc.integer({ min: 0, max: 5000 }),
    // How long each failing check takes, as a share of the timeout: refused at once … never answered.
    hangs: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }),
  });
  fc.assert(
    fc.property(settings, ({ faultAt, hangs, ...health }) => {
      const { interval, timeout, jitter } = health;
      const next = (at: number) => nextJittered(0, interval, jitter, (k) => draw(1, stream.jitter, 0, k), at);
      const bound = detectionBound(health);
      const state = new Health('healthy', health);
      const ends: { at: number; startedAt: number; passed: boolean }[] = [];
      for (let start = 0, i = 0; start <= faultAt + bound; start = next(start), i++) {
        const passed = start < faultAt;
        const takes = passed ? 0 : timeout * hangs[i % hangs.length]!;
        ends.push({ at: start + takes, startedAt: start, passed });
      }
      ends.sort((a, b) => a.at - b.at);
      const found = ends.find(({ at, startedAt, passed }) =>
        state.checked({ passed, startedAt, responseTime: at - startedAt, error: passed ? '' : 'x' }, at),
      );
      t.not(found, undefined);
      t.true(found!.at >= faultAt, 'never before the fault');
      t.true(found!.at <= faultAt + bound + 1e-6);
    }),
  );
});
