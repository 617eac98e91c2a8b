import test from 'ava';
import fc from 'fast-check';
import { binned, describe, median, nearestRank, pooled } from './latencies.ts';

const hundred = Float64Array.from({ length: 100 }, (_, i) => (i + 1) * 1000);

for (const [q, expected, why] of [
  [0.5, 50_000, 'half of a hundred values are at most the fiftieth'],
  [0.99, 99_000, 'exactly 99 values are at most the 99th: no rounding up to the maximum'],
  [0.999, 100_000, 'rank 99.9 is the hundredth'],
  [0.001, 1_000, 'the first value is the least there is'],
  [1, 100_000, 'all of them'],
] as const)
  test(`nearest rank of ${q}: ${why}`, (t) => t.is(nearestRank(hundred, q), expected));

test('0.999 of a thousand is the 999th value, though 0.999 · 1000 exceeds 999 in floating point', (t) => {
  const thousand = Float64Array.from({ length: 1000 }, (_, i) => i + 1);
  t.is(nearestRank(thousand, 0.999), 999);
});

test('nothing has no percentile', (t) => {
  t.is(nearestRank(new Float64Array(), 0.5), Number.NaN);
  t.is(describe(new Float64Array()).p99, null);
  t.is(describe(new Float64Array()).mean, null);
});

test('property: at least q of the values are at most the percentile, and fewer are at most any smaller value', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 60, size: 'max' }),
      fc.integer({ min: 1, max: 999 }),
      (values, permille) => {
        const sorted = Float64Array.from(values).sort();
        const q = permille / 1000;
        const found = nearestRank(sorted, q);
        const atMost = sorted.filter((value) => value <= found).length;
        const below = sorted.filter((value) => value < found).length;
        return atMost >= q * sorted.length - 1e-6 && below < q * sorted.length + 1e-6;
      },
    ),
  );
  t.pass();
});

test('errors at the deadline fill the top: 98 answers of 10 ms and two errors at 1 s', (t) => {
  const ok = new Float64Array(98).fill(10_000);
  const latency = describe(ok, 1_000_000, 2);
  t.is(latency.p50, 10);
  t.is(latency.p99, 1000);
  t.is(latency.max, 1000);
  t.is(latency.mean, (98 * 10 + 2 * 1000) / 100);
});

test('an ok answer beyond the deadline counts as the deadline', (t) => {
  t.is(describe(Float64Array.of(10_000, 3_000_000), 1_000_000).max, 1000);
});

test('pooling sorts the values of all sets together', (t) => {
  t.deepEqual([...pooled([Float64Array.of(3, 5), Float64Array.of(1, 4)])], [1, 3, 4, 5]);
});

test('bins: a value falls into the bin of its time, those outside and NaN into none', (t) => {
  const times = [0, 99, 100, 250, -1, 300, 50];
  const values = [5, 3, 7, 9, 1, 2, Number.NaN];
  const bins = binned(
    7,
    (row) => times[row]!,
    (row) => values[row]!,
    { from: 0, width: 100, bins: 3 },
  );
  t.deepEqual(
    bins.map((bin) => [...bin]),
    [[3, 5], [7], [9]],
  );
});

for (const [values, expected, why] of [
  [[3, 1, 2], 2, 'the middle one'],
  [[4, 1, 2, 3], 2.5, 'between the two middle ones'],
  [[1, null, 2], 2, 'never is later than any time'],
  [[1, null, null], null, 'mostly never is never'],
  [[], null, 'nothing has no median'],
] as [(number | null)[], number | null, string][])
  test(`median of ${JSON.stringify(values)}: ${why}`, (t) => t.is(median(values), expected));
