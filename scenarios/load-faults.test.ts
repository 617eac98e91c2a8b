/** What faults make of a load: as many requests as they say, when they say, with the keys they say; and before them nothing. */
import test from 'ava';
import { clockOf, type LoadOccurrence } from './load-faults.ts';
import { load } from './loader.test-support.ts';
import { Workload } from './workload.ts';

const times = <T>(n: number, of: (i: number) => T) => Array.from({ length: n }, (_, i) => of(i));
const fault = (kind: string, options: Record<string, unknown>, at: number, until?: number, number = 0) =>
  ({ fault: number, kind, options, at, ...(until === undefined ? {} : { until }) }) satisfies LoadOccurrence;
const spike = (factor: number, at: number, until?: number) => fault('spike', { factor }, at, until);
const ramp = (to: number, at: number, until?: number, over = 0) => fault('ramp', { to, over }, at, until);

const warmup = 1000;
const rate = 1000;
function make(faults: LoadOccurrence[], { arrivals = 'poisson', seed = 1, more = '' } = {}) {
  const { scenario } = load(
    `{ fleet: [{ id: app }], load: { open: { rate: ${rate}/s, arrivals: ${arrivals} }, duration: 60s, keys: { uniform: { count: 100 } }${more} } }`,
  );
  return new Workload(scenario.load, seed, rate, faults);
}

/** Times from t = 0 of all that are due before `end`. */
function arrivalsOf(workload: Workload, end: number): number[] {
  const next = workload.arrivals();
  const seen: number[] = [];
  for (let t = next() - warmup; t < end; t = next() - warmup) seen.push(t);
  return seen;
}

const within = (seen: readonly number[], from: number, to: number) =>
  seen.filter((t) => t >= from && t < to).length;

const laws: [
  sentence: string,
  faults: LoadOccurrence[],
  expected: [from: number, to: number, count: number][],
][] = [
  ['no fault', [], [[0, 5000, 5000]]],
  [
    'a spike: so many times the rate, and as before after it',
    [spike(5, 2000, 4000)],
    [
      [0, 2000, 2000],
      [2000, 3000, 5000],
      [3000, 4000, 5000],
      [4000, 8000, 4000],
    ],
  ],
  [
    'a lull',
    [spike(0.1, 2000, 12_000)],
    [
      [0, 2000, 2000],
      [2000, 12_000, 1000],
      [12_000, 14_000, 2000],
    ],
  ],
  [
    'a ramp: each second has the mean of its ends',
    [ramp(3, 2000, 6000)],
    [
      [2000, 3000, 1250],
      [3000, 4000, 1750],
      [4000, 5000, 2250],
      [5000, 6000, 2750],
      [6000, 8000, 2000],
    ],
  ],
  [
    'a ramp that stays until it is healed',
    [ramp(3, 2000, 8000, 2000)],
    [
      [2000, 4000, 4000],
      [4000, 8000, 12_000],
      [8000, 9000, 1000],
    ],
  ],
  [
    'what comes again, and two at once',
    [spike(2, 1000, 2000), spike(2, 3000, 4000), { ...spike(3, 3500, 4500), fault: 1 }],
    [
      [1000, 2000, 2000],
      [2000, 3000, 1000],
      [3000, 3500, 1000],
      [3500, 4000, 3000],
      [4000, 4500, 1500],
      [4500, 5500, 1000],
    ],
  ],
];
for (const [sentence, faults, expected] of laws) {
  test(`constant arrivals: ${sentence}`, (t) => {
    const seen = arrivalsOf(make(faults, { arrivals: 'constant' }), 15_000);
    // An arrival that falls on an edge is on either side of it, by rounding.
    for (const [from, to, count] of expected)
      t.true(Math.abs(within(seen, from, to) - count) <= 1, `${within(seen, from, to)} of ${count}`);
  });
  test(`Poisson arrivals: ${sentence}`, (t) => {
    const seeds = 20;
    const all = times(seeds, (seed) => arrivalsOf(make(faults, { seed }), 15_000));
    for (const [from, to, count] of expected) {
      const counts = all.map((seen) => within(seen, from, to));
      const mean = counts.reduce((sum, it) => sum + it, 0) / seeds;
      t.true(Math.abs(mean - count) < 4.5 * Math.sqrt(count / seeds), `mean ${mean} of ${count}`);
      const variance = counts.reduce((sum, it) => sum + (it - count) ** 2, 0) / seeds;
      t.true(variance / count > 0.3 && variance / count < 2.4, `variance ${variance} of ${count}`);
    }
  });
}

test('what is due before the first fault is due exactly then without it', (t) => {
  for (const arrivals of ['poisson', 'constant']) {
    const plain = arrivalsOf(make([], { arrivals }), 3000);
    for (const faults of [[spike(5, 3000, 4000)], [ramp(3, 3000)]]) {
      const seen = arrivalsOf(make(faults, { arrivals }), 5000);
      t.deepEqual(seen.slice(0, plain.length), plain);
      t.true(seen[plain.length]! >= 3000);
    }
  }
});

test('within a spike gaps have the law of its rate', (t) => {
  const seen = arrivalsOf(make([spike(10, 0, 20_000)]), 20_000).filter((t) => t >= 0);
  const gaps = seen.slice(1).map((t, i) => t - seen[i]!);
  for (const share of [0.1, 0.5, 0.9, 0.99]) {
    const below = gaps.filter((gap) => gap < -0.1 * Math.log(1 - share)).length / gaps.length;
    t.true(
      Math.abs(below - share) < 5 * Math.sqrt((share * (1 - share)) / gaps.length),
      `${share}: ${below}`,
    );
  }
});

test('a replayed trace runs so many times as fast', (t) => {
  const { scenario } = load(
    '{ fleet: [{ id: app }], load: { open: { trace: [0, 1s, 2s, 3s, 4s, 5s] }, warmup: 0s } }',
  );
  const next = new Workload(scenario.load, 1, 1, [spike(2, 1000, 2000)]).arrivals();
  t.deepEqual(
    times(7, () => next()),
    [0, 1000, 1500, 2000, 3000, 4000, Number.POSITIVE_INFINITY],
  );
});

test('a hot key has its share while it is hot, and nobody else’s key; before and after all is as without it', (t) => {
  const plain = make([]);
  const w = make([fault('hot-key', { share: 0.3, keys: 1 }, 2000, 4000)]);
  const n = 20_000;
  let hot = 0;
  for (let i = 0; i < n; i++) {
    for (const t0 of [-1, 0, 1999.9, 4000]) t.is(w.key(i, t0), plain.key(i));
    if (w.key(i, 2000) === 'key-100') hot++;
    else t.is(w.key(i, 2000), plain.key(i));
    t.is(w.key(i, 2000), w.key(i, 3999));
    t.is(w.key(i, 2000), `key-${w.keyNumber(i, 2000)}`);
    t.is(w.keyHash(i, 2000) === w.keyHash(0, 1), w.key(i, 2000) === w.key(0, 1));
    t.is(w.quantile(i), plain.quantile(i));
  }
  t.true(Math.abs(hot / n - 0.3) < 5 * Math.sqrt(0.21 / n), `${hot / n}`);
});

test('several hot keys share it evenly; two faults have keys of their own, the same each time they come', (t) => {
  const few = { share: 0.5, keys: 4 };
  const w = make([
    fault('hot-key', few, 0, 1000, 3),
    fault('hot-key', { share: 0.5, keys: 2 }, 2000, 3000, 5),
    fault('hot-key', few, 4000, 5000, 3),
  ]);
  const n = 40_000;
  const seen = new Map<string, number>();
  for (let i = 0; i < n; i++) {
    const key = w.key(i, 500);
    if (w.keyNumber(i, 500) >= 100) seen.set(key, (seen.get(key) ?? 0) + 1);
    t.is(w.key(i, 4500), key);
  }
  t.deepEqual([...seen.keys()].sort(), ['key-100', 'key-101', 'key-102', 'key-103']);
  for (const count of seen.values()) t.true(Math.abs(count / n - 0.125) < 0.01, `${count / n}`);
  const second = new Set(times(1000, (i) => w.keyNumber(i, 2500)).filter((key) => key >= 100));
  t.deepEqual([...second].sort(), [104, 105]);
});

test('hot keys come after those that kinds of requests have of their own', (t) => {
  const w = make([fault('hot-key', { share: 1, keys: 1 }, 0)], {
    more: ', mix: [{ path: /a }, { path: /b, keys: { uniform: { count: 50 } } }]',
  });
  t.is(w.key(7, 0), 'key-150');
});

test('a fault that is none of the load’s has no clock to run by, and is refused', (t) => {
  t.is(clockOf([fault('hot-key', { share: 1, keys: 1 }, 0)]), undefined);
  t.throws(() => clockOf([fault('crash', {}, 0)]), { instanceOf: RangeError, message: /crash/ });
});
