/** The workload is the same for the same seed, follows its laws, and its parts are independent of one another. */
import test from 'ava';
import fc from 'fast-check';
import { Source, stream } from './random.ts';
import type { Load } from './scenario.ts';
import { type capacityOf, rateOf, Workload } from './workload.ts';
import { Zipf } from './zipf.ts';

const base: Load = {
  closed: undefined,
  open: { rate: 1000, utilization: undefined, arrivals: 'poisson', connections: 1024 },
  warmup: 1000,
  duration: 8000,
  requests: undefined,
  deadline: undefined,
  timeout: 10_000,
  keys: { kind: 'uniform', options: { count: 100 } },
  cookies: false,
  clients: 1000,
  mix: [{ path: '/', method: 'GET', share: 1, body: 0 }],
};
const make = (change: Partial<Load> = {}, seed = 1, rate = 1000) =>
  new Workload({ ...base, ...change }, seed, rate);
const times = <T>(n: number, of: (i: number) => T) => Array.from({ length: n }, (_, i) => of(i));

test('the same seed gives the same workload, another seed another, and order of asking does not matter', (t) => {
  const all = (seed: number, order: number[]) => {
    const w = make({ keys: { kind: 'zipf', options: { count: 50, exponent: 1 } } }, seed);
    const seen = new Map(order.map((i) => [i, [w.key(i), w.keyHash(i), w.client(i), w.quantile(i)]]));
    return times(order.length, (i) => seen.get(i));
  };
  const forth = times(200, (i) => i);
  t.deepEqual(all(7, forth), all(7, forth.toReversed()));
  t.notDeepEqual(all(7, forth), all(8, forth));
  const [a, b] = [make().arrivals(), make().arrivals()];
  t.deepEqual(
    times(100, () => a()),
    times(100, () => b()),
  );
});

test('Poisson arrivals: gaps have the mean, the variance and the distribution of an exponential law', (t) => {
  const n = 200_000;
  const next = make({}, 3, 500).arrivals();
  let last = 0;
  const gaps = times(n, () => {
    const time = next();
    const gap = time - last;
    last = time;
    return gap;
  });
  t.true(gaps.every((gap) => gap > 0));
  const mean = last / n;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / n;
  t.true(Math.abs(mean / 2 - 1) < 0.01, `mean ${mean}`);
  t.true(Math.abs(variance / 4 - 1) < 0.03, `variance ${variance}`);
  for (const share of [0.1, 0.5, 0.9, 0.99]) {
    const below = gaps.filter((gap) => gap < -2 * Math.log(1 - share)).length / n;
    t.true(Math.abs(below - share) < 5 * Math.sqrt((share * (1 - share)) / n), `${share}: ${below}`);
  }
  let lagged = 0;
  for (let i = 1; i < n; i++) lagged += (gaps[i]! - mean) * (gaps[i - 1]! - mean);
  t.true(Math.abs(lagged / n / variance) < 5 / Math.sqrt(n), 'consecutive gaps are correlated');
});

test('constant arrivals are exactly the rate, from 0 on, without drift', (t) => {
  const next = make({ open: { ...base.open!, arrivals: 'constant' } }, 1, 3).arrivals();
  const seen = times(3001, () => next());
  t.is(seen[0], 0);
  t.true(Math.abs(seen[3000]! - 1_000_000) < 1e-6);
});

for (const [count, exponent] of [
  [10, 0],
  [1, 1],
  [2, 1],
  [10, 0.5],
  [100, 1],
  [1000, 1.1],
  [1000, 2],
  [50, 10],
] as const) {
  test(`Zipf over ${count} keys with exponent ${exponent} gives each rank its share`, (t) => {
    const n = 400_000;
    const zipf = new Zipf(count, exponent);
    const draws = new Source(5, stream.keys);
    const seen = new Array<number>(count + 1).fill(0);
    for (let i = 0; i < n; i++) seen[zipf.rank(draws, i)]!++;
    t.is(seen[0], 0);
    const weights = times(count, (k) => (k + 1) ** -exponent);
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    let statistic = 0;
    let classes = 0;
    weights.forEach((weight, k) => {
      const expected = (n * weight) / whole;
      if (expected < 10) return;
      statistic += (seen[k + 1]! - expected) ** 2 / expected;
      classes++;
    });
    t.true(
      statistic < classes + 5 * Math.sqrt(2 * classes) + 5,
      `chi-square ${statistic} of ${classes} ranks`,
    );
  });
}

test('Zipf over ten million keys stays within them, and the head has its exact share, for exponents around 1', (t) => {
  for (const exponent of [0.8, 1 - 1e-10, 1, 1 + 1e-10, 1.1, 10]) {
    const zipf = new Zipf(10_000_000, exponent);
    const draws = new Source(6, stream.keys);
    let whole = 0;
    for (let k = 10_000_000; k >= 1; k--) whole += k ** -exponent;
    const n = 100_000;
    let first = 0;
    for (let i = 0; i < n; i++) {
      const rank = zipf.rank(draws, i);
      if (!(rank >= 1 && rank <= 10_000_000 && Number.isInteger(rank))) t.fail(`rank ${rank}`);
      if (rank === 1) first++;
    }
    const share = 1 / whole;
    t.true(
      Math.abs(first / n - share) <= 5 * Math.sqrt((share * (1 - share)) / n),
      `${exponent}: ${first / n}, ${share}`,
    );
  }
});

test('a rejected draw takes the next attempt, and few are rejected', (t) => {
  for (const exponent of [0, 0.5, 1, 1.5, 3]) {
    const zipf = new Zipf(1000, exponent);
    const draws = new Source(9, stream.keys);
    let asked = 0;
    const counting = Object.create(draws) as Source;
    counting.draw = (i, attempt) => {
      asked++;
      return draws.draw(i, attempt);
    };
    for (let i = 0; i < 10_000; i++) zipf.rank(counting, i);
    t.true(asked < 13_000, `exponent ${exponent}: ${asked} draws for 10,000 ranks`);
  }
});

test('keys are uniform over their count; equal keys have equal hashes, different ones different, in every round', (t) => {
  const hashes = new Map<string, number>();
  for (const seed of [1, 2]) {
    const w = make({ keys: { kind: 'uniform', options: { count: 1000 } } }, seed);
    const seen = new Array<number>(1000).fill(0);
    for (let i = 0; i < 100_000; i++) {
      seen[w.keyNumber(i)]!++;
      const hash = w.keyHash(i);
      t.is(hashes.get(w.key(i)) ?? hash, hash);
      hashes.set(w.key(i), hash);
    }
    const statistic = seen.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    t.true(statistic < 1000 + 5 * Math.sqrt(2000), `chi-square ${statistic}`);
  }
  t.is(new Set(hashes.values()).size, 1000);
});

test('clients are so many addresses in 10.0.0.0/8, all of them valid', (t) => {
  const seen = new Set(times(50_000, (i) => make().client(i)));
  t.is(seen.size, 1000);
  t.true(seen.has('10.0.0.1') && seen.has('10.0.3.232'));
  const many = make({ clients: 16_000_000 });
  fc.assert(
    fc.property(fc.maxSafeNat(), (i) => {
      const parts = many.client(i).split('.').map(Number);
      return (
        parts.length === 4 &&
        parts[0] === 10 &&
        parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255)
      );
    }),
    { seed: 1 },
  );
});

test('the mix is drawn by share', (t) => {
  const mix: Load['mix'] = [
    { path: '/a', method: 'GET', share: 3, body: 0 },
    { path: '/b', method: 'POST', share: 1, body: 500 },
  ];
  const w = make({ mix });
  const n = 40_000;
  const posts = times(n, (i) => w.request(i)).filter((it) => it.method === 'POST');
  t.true(Math.abs(posts.length / n - 0.25) < 5 * Math.sqrt(0.1875 / n));
  t.deepEqual(posts[0], { path: '/b', method: 'POST', body: 500 });
});

test('a kind of request may have keys of its own: nobody else’s, by their own law; the rest is as without them', (t) => {
  const mix: Load['mix'] = [
    { path: '/a', method: 'GET', share: 1, body: 0 },
    {
      ...{ path: '/b', method: 'GET', share: 1, body: 0 },
      keys: { kind: 'zipf', options: { count: 50, exponent: 2 } },
    },
    {
      ...{ path: '/c', method: 'GET', share: 1, body: 0 },
      keys: { kind: 'uniform', options: { count: 4 } },
    },
    { path: '/d', method: 'GET', share: 1, body: 0 },
  ];
  const w = make({ mix });
  const plain = make({ mix: mix.map(({ keys: _, ...it }) => it) });
  const seen: Record<string, Map<string, number>> = {};
  for (let i = 0; i < 20_000; i++) {
    const { path, ...shape } = w.request(i);
    t.false('keys' in shape);
    t.is(path, plain.request(i).path);
    const key = w.key(i);
    if (path === '/a' || path === '/d') t.is(key, plain.key(i));
    seen[path] ??= new Map();
    seen[path].set(key, (seen[path].get(key) ?? 0) + 1);
  }
  const of = (path: string) => new Set(seen[path]!.keys());
  t.is(of('/a').symmetricDifference(of('/d')).size, 0);
  t.deepEqual([...of('/c')].sort(), ['key-150', 'key-151', 'key-152', 'key-153']);
  t.is(of('/a').size, 100);
  t.true(of('/a').isDisjointFrom(of('/b')) && of('/b').isDisjointFrom(of('/c')));
  const [first, second] = ['key-100', 'key-101'].map((key) => seen['/b']!.get(key)!);
  t.true(first! / second! > 3 && first! / second! < 5.5, `${first} and ${second}: 4 to 1 by its law`);
});

test('arrivals, keys, clients, quantiles and the mix are independent of one another at the same request', (t) => {
  const n = 100_000;
  const w = make({
    clients: 256,
    keys: { kind: 'uniform', options: { count: 256 } },
    mix: [1, 2].map((k) => ({ path: `/${k}`, method: 'GET' as const, share: 1, body: 0 })),
  });
  const next = w.arrivals();
  let last = 0;
  const rows = times(n, (i) => {
    const time = next();
    const gap = Math.exp(last - time); // uniform in (0, 1) at 1000/s
    last = time;
    const address = w.client(i).split('.').map(Number);
    const client = (address[2]! * 256 + address[3]! - 0.5) / 256;
    return [
      gap,
      (w.keyNumber(i) + 0.5) / 256,
      client,
      w.quantile(i),
      w.request(i).path === '/1' ? 0.25 : 0.75,
    ];
  });
  for (let a = 0; a < 5; a++)
    for (let b = a + 1; b < 5; b++) {
      const cells = new Array<number>(16).fill(0);
      for (const row of rows) cells[Math.floor(row[a]! * 4) * 4 + Math.floor(row[b]! * 4)]!++;
      const filled = b === 4 ? cells.filter((count) => count > 0) : cells;
      const expected = n / filled.length;
      const statistic = filled.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      t.true(statistic < 50, `parts ${a} and ${b}: chi-square ${statistic}`);
    }
});

const entry = { id: 'app', workers: 8, speed: 1, service: { kind: 'exponential', options: { mean: 10 } } };
const open = (change: Partial<NonNullable<Load['open']>>) => ({
  open: { rate: undefined, utilization: undefined, arrivals: 'poisson' as const, connections: 1, ...change },
});
const rates: [
  sentence: string,
  load: Pick<Load, 'open'>,
  fleet: Parameters<typeof capacityOf>[0],
  rate: number,
][] = [
  ['closed load has no rate', { open: undefined }, [entry], 0],
  ['a rate is a rate', open({ rate: 123 }), [entry], 123],
  ['8 workers of 10 ms serve 800/s; 70% of that', open({ utilization: 0.7 }), [entry], 560],
  ['copies count', open({ utilization: 0.5 }), [{ ...entry, count: 4 }], 1600],
  ['entries add, speed multiplies', open({ utilization: 1 }), [entry, { ...entry, speed: 0.5 }], 1200],
];
for (const [sentence, load, fleet, rate] of rates)
  test(`rate: ${sentence}`, (t) => t.true(Math.abs(rateOf(load, fleet) - rate) < 1e-9));

test('utilization of a law without a mean is refused, naming backend, law and remedy', (t) => {
  const heavy = { ...entry, service: { kind: 'pareto', options: { min: 1, shape: 0.9 } } };
  t.throws(() => rateOf(open({ utilization: 0.5 }), [entry, heavy]), {
    instanceOf: RangeError,
    message: /^app: its pareto .* infinite mean.*load\.open\.rate/,
  });
  t.is(rateOf(open({ rate: 5 }), [heavy]), 5);
  const instant = { ...entry, service: { kind: 'constant', options: { mean: 0 } } };
  t.throws(() => rateOf(open({ utilization: 0.5 }), [instant]), { message: /no time at all/ });
});
