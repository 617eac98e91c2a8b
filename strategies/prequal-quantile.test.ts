import test from 'ava';
import fc from 'fast-check';
import { RecentQuantile } from './prequal-quantile.ts';

const rows: [sentence: string, q: number, window: number, samples: number[], gives: number][] = [
  ['while there is no sample nothing is above it', 0.84, 4, [], Infinity],
  ['of ten samples the .84 quantile is the ninth', 0.84, 10, [7, 3, 9, 1, 10, 4, 2, 8, 6, 5], 9],
  ['a single sample is every quantile', 0.1, 10, [3], 3],
  ['the oldest samples are forgotten', 0.5, 3, [100, 100, 100, 1, 2, 3], 2],
  ['numbers beyond all reason count as 4,095', 0.5, 3, [1e9, 1e9, 1], 4095],
];
for (const [sentence, q, window, samples, gives] of rows) {
  test(`a quantile of the latest: ${sentence}`, (t) => {
    const quantile = new RecentQuantile(q, window);
    for (const sample of samples) quantile.add(sample);
    t.is(quantile.value, gives);
  });
}

test('sorting the latest samples agrees, whatever came before them', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.nat(9), { minLength: 1, maxLength: 100, size: 'max' }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (window, samples, q) => {
        const quantile = new RecentQuantile(q, window);
        return samples.every((sample, i) => {
          quantile.add(sample);
          const latest = samples.slice(Math.max(0, i + 1 - window), i + 1).sort((a, b) => a - b);
          return quantile.value === latest[Math.ceil(q * latest.length) - 1];
        });
      },
    ),
  );
  t.pass();
});
