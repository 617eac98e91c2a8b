import test from 'ava';
import fc from 'fast-check';
import { RecentQuantile } from './prequal-quantile.ts';

test('while there is no sample nothing is above the quantile', (t) => {
  t.is(new RecentQuantile(4).at(0.84), Infinity);
});

test('of ten samples the .84 quantile is the ninth: two of ten are not below it', (t) => {
  const quantile = new RecentQuantile(10);
  for (const sample of [7, 3, 9, 1, 10, 4, 2, 8, 6, 5]) quantile.add(sample);
  t.is(quantile.at(0.84), 9);
});

test('sorting the latest samples agrees, whatever came before them', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.nat(9), { minLength: 1, maxLength: 100, size: 'max' }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (window, samples, q) => {
        const quantile = new RecentQuantile(window);
        return samples.every((sample, i) => {
          quantile.add(sample);
          const latest = samples.slice(Math.max(0, i + 1 - window), i + 1).sort((a, b) => a - b);
          return quantile.at(q) === latest[Math.ceil(q * latest.length) - 1];
        });
      },
    ),
  );
  t.pass();
});
