import test from 'ava';
import type { Event, Run } from '../harness/recording.ts';
import { faultTime, faultWindows, phaseAt, phaseSeconds } from './windows.ts';

const scheduled = (at: number, until?: number) => ({ kind: 'crash', options: {}, at, until, on: 'app-2' });
const runWith = (...faults: ReturnType<typeof scheduled>[]) =>
  ({ scenario: { faults }, backends: [{ id: 'app-1' }, { id: 'app-2' }] }) as unknown as Run;
const trial = { id: 'a', seed: 1, windowMs: 8_000 };
const event = (
  t: number,
  phase: 'asked' | 'taken' | 'heal-asked' | 'healed' | 'failed',
  more = {},
): Event => ({
  ...{ trial: 'a', type: 'fault', fault: 0, kind: 'crash', backends: ['app-2'] },
  ...{ t, phase },
  ...more,
});

test('a window runs from taken to healed, and knows when each was asked for', (t) => {
  const events = [
    event(2_500, 'asked'),
    event(2_503, 'taken'),
    event(5_000, 'heal-asked'),
    event(5_400, 'healed'),
  ];
  const [window, ...more] = faultWindows(runWith(scheduled(2_500, 5_000)), trial, events);
  t.is(more.length, 0);
  t.like(window, {
    asked: 2_500,
    taken: 2_503,
    healAsked: 5_000,
    healed: 5_400,
    from: 'events',
    occurrence: 0,
  });
});

test('without events the scenario stands in, and says so', (t) => {
  t.like(faultWindows(runWith(scheduled(2_500, 5_000)), trial, [])[0], {
    taken: 2_500,
    healed: 5_000,
    from: 'scenario',
  });
});

test('of a fault that flaps and was never told of, each time stands in, on whom it would have hit', (t) => {
  const flapping = { ...scheduled(6_000, 6_500), every: 1_500, on: 'all' };
  t.deepEqual(
    faultWindows(runWith(flapping), trial, []).map(({ occurrence, backends, taken, healed }) => [
      ...[occurrence, backends.join(), taken, healed],
    ]),
    [
      [0, 'app-1,app-2', 6_000, 6_500],
      [1, 'app-1,app-2', 7_500, null],
    ],
  );
});

test('asked and never taken: the recording was cut short, and asked stands in', (t) => {
  t.like(faultWindows(runWith(scheduled(2_500)), trial, [event(2_510, 'asked')])[0], {
    taken: 2_510,
    from: 'asked',
  });
});

test('a fault that failed has no window; one planned after the end of a short trial has none either', (t) => {
  t.deepEqual(
    faultWindows(runWith(scheduled(2_500)), trial, [event(2_500, 'asked'), event(2_600, 'failed')]),
    [],
  );
  t.deepEqual(faultWindows(runWith(scheduled(9_000)), trial, []), []);
});

test('the events of another trial are not mine', (t) => {
  const windows = faultWindows(runWith(scheduled(2_500)), trial, [event(1, 'taken', { trial: 'b' })]);
  t.is(windows[0]!.from, 'scenario');
});

test('a fault that comes again gives a window each time', (t) => {
  const events = [
    event(1_000, 'taken'),
    event(1_500, 'healed'),
    event(4_000, 'taken'),
    event(4_500, 'healed'),
  ];
  const windows = faultWindows(runWith(scheduled(1_000)), trial, events);
  t.deepEqual(
    windows.map(({ taken, healed, occurrence }) => [taken, healed, occurrence]),
    [
      [1_000, 1_500, 0],
      [4_000, 4_500, 1],
    ],
  );
});

test('a staggered fault heals each backend on its own', (t) => {
  const other = { backends: ['app-3'] };
  const events = [
    event(1_000, 'taken'),
    event(2_000, 'taken', other),
    event(3_000, 'healed'),
    event(4_000, 'healed', other),
  ];
  const windows = faultWindows(runWith(scheduled(1_000)), trial, events);
  t.deepEqual(
    windows.map(({ backends, taken, healed }) => [backends[0], taken, healed]),
    [
      ['app-2', 1_000, 3_000],
      ['app-3', 2_000, 4_000],
    ],
  );
});

const window = (taken: number, healed: number | null) => ({
  ...{ fault: 0, occurrence: 0, kind: 'crash', backends: [], asked: taken, from: 'events' as const },
  ...{ taken, healAsked: healed, healed },
});

test('overlapping windows are one stretch; one never healed lasts to the end', (t) => {
  t.deepEqual(faultTime([window(1_000, 3_000), window(2_000, 4_000), window(6_000, null)], 8_000), [
    { from: 1_000, to: 4_000 },
    { from: 6_000, to: 8_000 },
  ]);
});

test('phases: before the first, during any, after at all other times', (t) => {
  const union = [
    { from: 1_000, to: 4_000 },
    { from: 6_000, to: 7_000 },
  ];
  const at = [0, 999, 1_000, 3_999, 4_000, 6_500, 7_000].map((ms) => phaseAt(union, ms));
  t.deepEqual(at, ['before', 'before', 'during', 'during', 'after', 'during', 'after']);
  t.deepEqual(phaseSeconds(union, 8_000), { before: 1, during: 4, after: 3 });
});

test('without a fault all is before', (t) => {
  t.is(phaseAt([], 5_000), 'before');
  t.deepEqual(phaseSeconds([], 8_000), { before: 8, during: 0, after: 0 });
});
