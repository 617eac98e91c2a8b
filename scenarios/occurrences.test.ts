/** What each shape of a fault comes to, in a table; then what is drawn. */
import test from 'ava';
import { occurrencesOf, stepsOf } from './occurrences.ts';
import type { ScheduledFault } from './scheduled-fault.ts';

const fleet = ['app-1', 'app-2', 'app-3', 'app-4'].map((id) => ({ id }));
const crash = (shape: Partial<ScheduledFault>): ScheduledFault =>
  ({ kind: 'crash', options: {}, at: 1000, on: 'app-1', ...shape }) as ScheduledFault;

/** `at whom until`, one a line. */
const linesOf = (shape: Partial<ScheduledFault>, length: number | undefined = 10_000) =>
  occurrencesOf([crash(shape)], fleet, 1, length).map(
    ({ at, backends, until }) => `${at} ${backends.join('+')}${until === undefined ? '' : ` ${until}`}`,
  );

for (const [says, shape, expected, length] of [
  ['without a shape it comes once', { until: 2000 }, ['1000 app-1 2000']],
  ['without `until` it stands to the end', { on: 'all' }, ['1000 app-1+app-2+app-3+app-4']],
  [
    'every: again and again, as long each time',
    { until: 1500, every: 4000 },
    ['1000 app-1 1500', '5000 app-1 5500', '9000 app-1 9500'],
  ],
  [
    'every: nothing begins at the very end',
    { until: 1500, every: 3000 },
    ['1000 app-1 1500', '4000 app-1 4500'],
    7000,
  ],
  [
    'times: so often, whatever the length',
    { until: 1500, every: 4000, times: 2 },
    ['1000 app-1 1500', '5000 app-1 5500'],
  ],
  [
    'times: also past the end',
    { until: 1500, every: 4000, times: 2 },
    ['1000 app-1 1500', '5000 app-1 5500'],
    2000,
  ],
  [
    'stagger: one target after the other, each as long',
    { on: ['app-3', 'app-1'], until: 1500, stagger: 200 },
    ['1000 app-1 1500', '1200 app-3 1700'],
  ],
  ['stagger of a single target is no stagger', { until: 1500, stagger: 200 }, ['1000 app-1 1500']],
  [
    'every and stagger: each target flaps, one later than the other',
    { on: ['app-1', 'app-2'], until: 1500, every: 800, times: 2, stagger: 1000 },
    ['1000 app-1 1500', '1800 app-1 2300', '2000 app-2 2500', '2800 app-2 3300'],
  ],
] as [string, Partial<ScheduledFault>, string[], number?][])
  test(says, (t) => t.deepEqual(linesOf(shape, length), expected));

test('occurrences are numbered in order of time, each fault on its own', (t) => {
  const shape = { on: ['app-1', 'app-2'], until: 1500, every: 800, times: 2, stagger: 1000 };
  const all = occurrencesOf([crash(shape), crash({ at: 1100 })], fleet, 1, 10_000);
  t.deepEqual(
    all.map(({ at, fault, occurrence }) => [at, fault, occurrence]),
    [
      [1000, 0, 0],
      [1100, 1, 0],
      [1800, 0, 1],
      [2000, 0, 2],
      [2800, 0, 3],
    ],
  );
});

test('random targets stay the same each time, and with `again: anew` are drawn anew, the first as ever', (t) => {
  const flapping = { on: 'random:2', until: 1100, every: 200 };
  const whom = (shape: Partial<ScheduledFault>, seed: number) =>
    occurrencesOf([crash(shape)], fleet, seed, 10_000).map(({ backends }) => backends.join());
  const same = whom(flapping, 7);
  t.is(same.length, 45);
  t.is(new Set(same).size, 1);
  const anew = whom({ ...flapping, again: 'anew' }, 7);
  t.is(anew[0], same[0]);
  t.is(new Set(anew).size, 6, 'of four, two at a time: each of the six pairs comes up');
  t.deepEqual(whom({ ...flapping, again: 'anew' }, 7), anew);
  t.notDeepEqual(whom({ ...flapping, again: 'anew' }, 8), anew);
});

test('of what falls on one moment, what ends is healed before anything begins', (t) => {
  const faults = [crash({ at: 2000, until: 3000 }), crash({ at: 1000, until: 2000 })];
  t.deepEqual(
    stepsOf(occurrencesOf(faults, fleet, 1, 10_000)).map(({ at, what, of }) => `${at} ${what} ${of.fault}`),
    ['1000 begin 1', '2000 heal 1', '2000 begin 0', '3000 heal 0'],
  );
});
