import test from 'ava';
import type { RequestRow } from '../harness/recording.ts';
import { Deadline } from './deadline.ts';
import { requestsOf } from './fixture-rows.test-support.ts';
import { type Bin, bandOf, binsAround, recoveredAt } from './recovery.ts';

const good = (t: number): Bin => ({ t, good: 100, bad: 0, p99: 20 });
const broken = (t: number): Bin => ({ t, good: 60, bad: 40, p99: 1000 });
const before = Array.from({ length: 20 }, (_, i) => good(-2_000 + i * 100));
const after = (of: (t: number) => Bin) => Array.from({ length: 30 }, (_, i) => of(i * 100));
const band = bandOf(before)!;

test('the band: 10% below the lowest goodput and 25% above the highest p99 of the 2 s before', (t) => {
  const uneven = [...before, { ...good(-100), good: 80, p99: 40 }];
  const { goodput, p99 } = bandOf(uneven)!;
  t.deepEqual({ goodput, p99 }, { goodput: 72, p99: 50 });
});

test('a second: 90% of the mean before, or three standard deviations below it where that is less', (t) => {
  t.is(bandOf(before)!.second, 900, '1,000 a second: chance alone moves it by 95');
  const few = before.map((bin) => ({ ...bin, good: 10 }));
  t.is(bandOf(few)!.second, 70, '100 a second: chance alone moves it by 30');
});

test('one poor bin before the fault does not pass a quarter less for recovered', (t) => {
  const uneven = [...before.slice(0, -1), { ...good(-100), good: 80 }];
  const less = after((at) => ({ ...good(at), good: at < 1_500 ? 75 : 100 }));
  t.is(
    recoveredAt([...uneven, ...less], bandOf(uneven)),
    1_100,
    'four bins of 75 and six of 100 are 900; nine tenths of 990 are asked for',
  );
});

test('what happened since the fault was asked for is no reference, nor is a bin without a good request', (t) => {
  const shaken = [...before.slice(0, -2), { ...good(-200), good: 10 }, { ...good(-100), p99: 900 }];
  t.deepEqual(bandOf(shaken, -150), bandOf(before));
  t.is(bandOf(before.map((bin) => ({ ...bin, good: 0 }))), undefined);
});

test('fewer than five bins before the fault are no reference', (t) => {
  t.is(bandOf(before.slice(-4)), undefined);
  t.is(recoveredAt(after(good), undefined), null);
});

for (const [bins, expected, why] of [
  [after(good), 0, 'the band was never left'],
  [after((at) => (at < 700 ? broken(at) : good(at))), 700, 'inside from 700 ms on'],
  [
    after((at) => (at < 700 || at === 1_200 ? broken(at) : good(at))),
    1_300,
    'a relapse within the second begins it anew',
  ],
  [
    after((at) => (at < 700 || at === 1_700 ? broken(at) : good(at))),
    700,
    'a relapse after a whole second does not',
  ],
  [after((at) => (at < 2_100 ? broken(at) : good(at))), null, 'less than 1 s of the run is left'],
  [
    after((at) => ({ ...good(at), p99: at < 500 ? 200 : 20 })),
    500,
    'slow is not recovered, though all is answered',
  ],
  [
    after((at) => ({ ...good(at), good: at < 500 ? 80 : 100 })),
    500,
    'quick is not recovered, while a part goes missing',
  ],
] as [Bin[], number | null, string][])
  test(`recovered at ${expected}: ${why}`, (t) => t.is(recoveredAt([...before, ...bins], band), expected));

const hang: Partial<RequestRow> = { outcome: 'lost', cause: 'timeout', latency: 5_000_000 };

test('a request that hangs counts against the bin it was due in, at the deadline', (t) => {
  const rows = requestsOf([
    { intended: 1_000_000 },
    { intended: 1_050_000, ...hang },
    { intended: 1_150_000 },
  ]);
  const bins = binsAround(
    rows,
    new Deadline(rows, { deadline: 1_000, timeout: 10_000 }, 1_300),
    1_000,
    1_300,
  );
  const [first, second] = bins.filter(({ t: at }) => at >= 0);
  t.deepEqual(first, { t: 0, good: 1, bad: 1, p99: 1000 });
  t.deepEqual(second, { t: 100, good: 1, bad: 0, p99: 10 });
});

test('bins are aligned to the fault and whole: a fault at 2.55 s has 20 bins before it, one at 0.35 s has 3', (t) => {
  const rows = requestsOf([]);
  const deadline = new Deadline(rows, { deadline: 1_000, timeout: 10_000 }, 8_000);
  t.is(binsAround(rows, deadline, 2_550, 8_000)[0]!.t, -2_000);
  t.is(binsAround(rows, deadline, 350, 8_000)[0]!.t, -300);
  t.is(
    binsAround(rows, deadline, 2_550, 8_000).at(-1)!.t,
    5_300,
    'the bin from 5.4 s would pass the end at 5.45 s',
  );
});
