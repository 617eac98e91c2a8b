import test from 'ava';
import fc from 'fast-check';
import { LatencyByLoad } from './load-meter-latency.ts';

type Sample = readonly [at: number, found: number, latency: number];

function after(samples: readonly Sample[]): LatencyByLoad {
  const it = new LatencyByLoad();
  for (const [at, found, latency] of samples) it.add(at, found, latency);
  return it;
}
const repeated = (times: number, found: number, latency: number, from = 0): Sample[] =>
  Array.from({ length: times }, (_, i) => [from + i, found, latency]);

const tables: [sentence: string, samples: Sample[], now: number, inFlight: number, expected: number][] = [
  ['nothing known: 0', [], 0, 3, 0],
  ['one is enough', [[0, 0, 12]], 10, 0, 12],
  [
    'of an even number, the mean of the middle two',
    [
      [0, 0, 10],
      [1, 0, 20],
    ],
    10,
    0,
    15,
  ],
  ['an outlier among nine is shrugged off', [...repeated(8, 0, 10), [9, 0, 5000]], 10, 0, 10],
  ['load high: those that met high load', [...repeated(20, 0, 10), ...repeated(20, 8, 90, 20)], 40, 8, 90],
  [
    'load gone: those that met none, though older',
    [...repeated(20, 0, 10), ...repeated(20, 8, 90, 20)],
    40,
    0,
    10,
  ],
  ['in between: the nearer ones', [...repeated(20, 0, 10), ...repeated(20, 8, 90, 20)], 40, 5, 90],
  [
    'never seen so much: the most there was',
    [...repeated(20, 0, 10), ...repeated(20, 8, 90, 20)],
    40,
    500,
    90,
  ],
  ['of equally near ones the later nine', [...repeated(20, 3, 10), ...repeated(9, 3, 50, 20)], 40, 3, 50],
  [
    'above and below are equally near, the later counts',
    [...repeated(9, 2, 10), ...repeated(9, 4, 50, 20)],
    40,
    3,
    50,
  ],
  ['what is older than 5 s is forgotten', [...repeated(20, 0, 900), [6000, 9, 10]], 6000, 0, 10],
  ['and after 5 s of silence nothing is known', repeated(20, 0, 900), 5020, 0, 0],
  ['only the last 128 are kept', [...repeated(20, 0, 900), ...repeated(128, 5, 10, 20)], 150, 0, 10],
];
for (const [sentence, samples, now, inFlight, expected] of tables)
  test(sentence, (t) => t.is(after(samples).estimate(now, inFlight), expected));

test('agrees with sorting everything, whatever came before', (t) => {
  const sample = fc.record({
    gap: fc.integer({ min: 0, max: 400 }),
    found: fc.nat(12),
    latency: fc.integer({ min: 1, max: 1000 }),
  });
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 300, size: 'max' }), fc.nat(14), (steps, inFlight) => {
      const it = new LatencyByLoad();
      const all: { at: number; found: number; latency: number; order: number }[] = [];
      let now = 0;
      for (const { gap, found, latency } of steps) {
        now += gap;
        it.add(now, found, latency);
        all.push({ at: now, found, latency, order: all.length });
      }
      const distance = (one: { found: number }) => Math.abs(one.found - inFlight);
      const chosen = all
        .slice(-128)
        .filter(({ at }) => at >= now - 5000)
        .sort((a, b) => distance(a) - distance(b) || b.order - a.order)
        .slice(0, 9)
        .map(({ latency }) => latency)
        .sort((a, b) => a - b);
      const half = (chosen.length - 1) / 2;
      const expected = chosen.length === 0 ? 0 : (chosen[Math.floor(half)]! + chosen[Math.ceil(half)]!) / 2;
      t.is(it.estimate(now, inFlight), expected);
    }),
    { seed: 1, numRuns: 300 },
  );
});
