import test from 'ava';
import fc from 'fast-check';
import { type OutlierLimits, outliers } from './outlier.ts';

const successRate = { factor: 1.9, hosts: 5, requests: 100 };
const failurePercentage = { threshold: 0.85, hosts: 5, requests: 50 };
/** So many requests each, of which so many failed. */
const of = (requests: number, ...failed: number[]) => failed.map((it) => ({ ok: requests - it, failed: it }));
const found = (tallies: ReturnType<typeof of>, limits: Partial<OutlierLimits> = { successRate }) =>
  outliers(tallies, { successRate: false, failurePercentage: false, ...limits })
    .map(({ index, by }) => `${index} ${by}`)
    .join(', ');

for (const [sentence, tallies, limits, expected] of [
  ['one of six that fails half of the time', of(200, 0, 0, 100, 0, 0, 0), undefined, '2 success-rate'],
  ['nobody, where all fail alike', of(200, 100, 100, 100, 100, 100, 100), undefined, ''],
  ['nobody of four: too few to compare', of(200, 0, 0, 100, 0), undefined, ''],
  ['nobody with fewer than 100 requests', of(99, 0, 0, 50, 0, 0, 0), undefined, ''],
  [
    'two of ten, both bad',
    of(200, 80, 80, 0, 0, 0, 0, 0, 0, 0, 0),
    undefined,
    '0 success-rate, 1 success-rate',
  ],
  ['but not three of ten: 30% are more than 21.7%', of(200, 80, 80, 80, 0, 0, 0, 0, 0, 0, 0), undefined, ''],
  [
    'whom a fixed percentage finds',
    of(200, 180, 180, 180, 0, 0),
    { failurePercentage },
    '0 failure-percentage, 1 failure-percentage, 2 failure-percentage',
  ],
  ['at 85% exactly', of(200, 170, 169, 0, 0, 0), { failurePercentage }, '0 failure-percentage'],
  ['with 50 requests and not with 49', of(49, 49, 49, 49, 49, 49), { failurePercentage }, ''],
  [
    'each once, by whichever rule comes first',
    of(200, 200, 0, 0, 0, 0, 0),
    { successRate, failurePercentage },
    '0 success-rate',
  ],
  [
    'the worst first',
    of(200, 190, 200, 0, 0, 0, 0),
    { failurePercentage },
    '1 failure-percentage, 0 failure-percentage',
  ],
  [
    'nobody where nothing came',
    of(0, 0, 0, 0, 0, 0),
    {
      successRate: { ...successRate, requests: 0 },
      failurePercentage: { ...failurePercentage, requests: 0 },
    },
    '',
  ],
] as const) {
  test(`outlier: ${sentence}`, (t) => t.is(found(tallies, limits), expected));
}

test('k equally bad of n are found if and only if k / n is below 1 / (1 + factor²)', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 200 }),
      fc.nat(199),
      fc.double({ min: 0.5, max: 3, noNaN: true }),
      (n, k, factor) => {
        const bad = Math.min(k, n - 1);
        const limit = 1 / (1 + factor ** 2);
        fc.pre(bad > 0 && Math.abs(bad / n - limit) > 1e-6);
        const tallies = of(1_000, ...Array.from({ length: n }, (_, i) => (i < bad ? 300 : 0)));
        const seen = outliers(tallies, {
          successRate: { factor, hosts: 5, requests: 100 },
          failurePercentage: false,
        });
        t.is(seen.length, bad / n < limit ? bad : 0);
      },
    ),
  );
});
