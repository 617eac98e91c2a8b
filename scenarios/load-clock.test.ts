/** Two clocks that agree until the first change, and of which each undoes the other. */
import test from 'ava';
import fc from 'fast-check';
import { LoadClock, type RateChange } from './load-clock.ts';

const spike = (at: number, until: number, factor: number): RateChange => ({
  ...{ at, until, from: factor, to: factor, over: 0 },
});
const ramp = (at: number, until: number, to: number, over = until - at): RateChange => ({
  ...{ at, until, from: 1, to, over },
});
const near = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

const rows: [
  sentence: string,
  changes: RateChange[],
  time: number,
  load: number,
  factor: number,
  most: [from: number, to: number, factor: number],
][] = [
  ['no change, no difference', [], 5, 5, 1, [0, 10, 1]],
  ['before a spike both clocks agree', [spike(10, 20, 5)], 7, 7, 1, [0, 10, 1]],
  ['in a spike the load runs so many times as fast', [spike(10, 20, 5)], 12, 20, 5, [0, 11, 5]],
  ['after it both run alike again', [spike(10, 20, 5)], 30, 70, 1, [20, 30, 1]],
  ['less than before, too', [spike(10, 20, 0.5)], 20, 15, 1, [10, 20, 0.5]],
  ['half-way up a ramp, a quarter of the growth has come', [ramp(10, 20, 3)], 15, 17.5, 2, [10, 15, 2]],
  ['a whole ramp is its mean', [ramp(10, 20, 3)], 20, 30, 1, [0, 99, 3]],
  ['a ramp that stays', [ramp(10, 40, 3, 10)], 30, 60, 3, [30, 40, 3]],
  ['a ramp cut short', [ramp(10, 15, 3, 10)], 20, 22.5, 1, [0, 99, 2]],
  ['down', [ramp(10, 20, 0.2)], 20, 16, 1, [12, 13, 0.84]],
  ['two that hold together multiply', [spike(10, 30, 2), spike(20, 40, 3)], 30, 90, 3, [0, 99, 6]],
  ['a spike on a ramp', [ramp(0, 20, 3), spike(10, 20, 2)], 20, 65, 1, [0, 20, 6]],
  ['one that follows at once', [spike(10, 20, 2), spike(20, 30, 3)], 25, 45, 3, [15, 25, 3]],
  ['one that never ends', [spike(10, Number.POSITIVE_INFINITY, 4)], 110, 410, 4, [0, 1e9, 4]],
];
for (const [sentence, changes, time, load, factor, [from, to, most]] of rows)
  test(sentence, (t) => {
    const clock = new LoadClock(changes);
    t.true(near(clock.loadAt(time), load), `${clock.loadAt(time)}`);
    t.true(near(clock.timeOf(load), time), `${clock.timeOf(load)}`);
    t.true(near(clock.factorAt(time), factor), `${clock.factorAt(time)}`);
    t.true(near(clock.mostWithin(from, to), most), `${clock.mostWithin(from, to)}`);
  });

test('whatever changes, each clock undoes the other, both only go forward, and never by more than the most there is', (t) => {
  const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  const change = fc
    .tuple(number(0, 100), number(0.1, 50), number(0.05, 20), fc.boolean())
    .map(([at, lasts, to, grows]) => (grows ? ramp(at, at + lasts, to) : spike(at, at + lasts, to)));
  const changes = fc.array(change, { maxLength: 5 });
  const law = fc.property(changes, number(-10, 200), number(0.001, 20), (all, from, more) => {
    const growing = all.find(({ over }) => over > 0);
    const clock = new LoadClock(all.filter((it) => it.over === 0 || it === growing));
    const to = from + more;
    const [load, later] = [clock.loadAt(from), clock.loadAt(to)];
    t.true(from > clock.first || (load === from && clock.timeOf(load) === from));
    t.true(Math.abs(clock.timeOf(load) - from) < 1e-6);
    t.true(later > load);
    t.true(later - load <= more * clock.mostWithin(from, to) * (1 + 1e-9) + 1e-9);
  });
  fc.assert(law, { seed: 1 });
});

test('where the stream ends, it ends on either clock', (t) => {
  t.is(new LoadClock([spike(1, 2, 2)]).timeOf(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
});
