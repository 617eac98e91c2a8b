import test from 'ava';
import fc from 'fast-check';
import { Sketch } from './sketch.ts';

const of = (times: readonly number[]) => {
  const sketch = new Sketch();
  for (const it of times) sketch.add(it);
  return sketch;
};
const quantile = (times: readonly number[], u: number) =>
  times.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(u * times.length) - 1)]!;
const sample = fc.array(fc.double({ min: 0.02, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 });

test('quantiles are within 2% of the sample’s own', (t) => {
  fc.assert(
    fc.property(sample, fc.double({ min: 0.001, max: 1, noNaN: true }), (times, u) => {
      t.true(Math.abs(of(times).at(u) / quantile(times, u) - 1) < 0.021);
    }),
  );
});

test('so many equally likely times have the sample’s mean, and never fall', (t) => {
  fc.assert(
    fc.property(sample, fc.integer({ min: 1, max: 200 }), (times, n) => {
      const law = of(times).times(n);
      t.is(law.length, n);
      t.true(law.every((it, i) => i === 0 || it >= law[i - 1]! * (1 - 1e-9)));
      const mean = (all: readonly number[]) => all.reduce((sum, it) => sum + it, 0) / all.length;
      t.true(Math.abs(mean(law) / mean(times) - 1) < 0.021, `${mean(law)} and ${mean(times)}`);
    }),
  );
});

test('200 of them keep the p99 of an exponential law within 5%', (t) => {
  const times = Array.from({ length: 100_000 }, (_, i) => -10 * Math.log((i + 0.5) / 100_000));
  const law = of(times).times(200);
  t.true(Math.abs(law[Math.ceil(0.99 * 200) - 1]! / quantile(times, 0.99) - 1) < 0.05);
});

test('the distance of a part from the rest is Kolmogorov and Smirnov’s', (t) => {
  const before = of([1, 1, 1, 1]);
  const after = before.without(new Sketch());
  after.merge(of([9, 9, 1]));
  const all = after.without(new Sketch());
  all.merge(of([1, 1]));
  t.true(Math.abs(after.distanceSince(before, all) - 2 / 3) < 1e-9);
});
