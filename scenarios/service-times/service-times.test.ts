/** Every law found by listing the folder: monotone, finite, and its mean is the integral of its quantile function. */
import test from 'ava';
import fc from 'fast-check';
import { serviceTimeOf, serviceTimes } from '../catalogue.ts';
import { normalQuantile } from './normal.ts';

const e = Math.E;
const rows: [
  sentence: string,
  kind: string,
  options: Record<string, unknown>,
  mean: number,
  at: [number, number][],
][] = [
  [
    'constant is the same everywhere',
    'constant',
    { mean: 10 },
    10,
    [
      [0.001, 10],
      [0.5, 10],
      [0.999, 10],
    ],
  ],
  [
    'uniform runs straight from min to max',
    'uniform',
    { min: 5, max: 25 },
    15,
    [
      [0.25, 10],
      [0.5, 15],
      [0.75, 20],
    ],
  ],
  [
    'a uniform law may have no width',
    'uniform',
    { min: 7, max: 7 },
    7,
    [
      [0.1, 7],
      [0.9, 7],
    ],
  ],
  [
    'exponential: the median is mean × ln 2, p99 is mean × ln 100',
    'exponential',
    { mean: 10 },
    10,
    [
      [0.5, 10 * Math.LN2],
      [0.99, 10 * Math.log(100)],
      [1 - 1 / e, 10],
    ],
  ],
  [
    'lognormal: the median is mean ÷ exp(σ²/2), one σ up is exp σ times that',
    'lognormal',
    { mean: 10, sigma: 0.5 },
    10,
    [
      [0.5, 10 * e ** -0.125],
      [0.8413447460685429, 10 * e ** (0.5 - 0.125)],
      [0.9772498680518208, 10 * e ** (1 - 0.125)],
    ],
  ],
  [
    'lognormal without spread is constant',
    'lognormal',
    { mean: 10, sigma: 0 },
    10,
    [
      [0.001, 10],
      [0.999, 10],
    ],
  ],
  [
    'pareto: p99 is min × 100^(1/shape)',
    'pareto',
    { min: 6, shape: 2.5 },
    10,
    [
      [0.5, 6 * 2 ** 0.4],
      [0.99, 6 * 100 ** 0.4],
    ],
  ],
  [
    'bimodal is slow for exactly its share',
    'bimodal',
    { fast: 1, slow: 91, share: 0.1 },
    10,
    [
      [0.5, 1],
      [0.8999, 1],
      [0.9001, 91],
      [0.999, 91],
    ],
  ],
  [
    'empirical takes each given time equally often, in any order',
    'empirical',
    { times: [40, 10, 20, 10] },
    20,
    [
      [0.01, 10],
      [0.49, 10],
      [0.51, 20],
      [0.74, 20],
      [0.76, 40],
      [0.999, 40],
    ],
  ],
];

test('every law has a row', (t) => {
  t.deepEqual([...new Set(rows.map(([, kind]) => kind))].sort(), [...serviceTimes.keys()]);
});

for (const [sentence, kind, options, mean, at] of rows) {
  const law = serviceTimeOf({ kind, options });

  test(sentence, (t) => {
    for (const [u, ms] of at)
      t.true(Math.abs(law.at(u) - ms) <= 1e-9 * ms, `at(${u}) is ${law.at(u)}, not ${ms}`);
  });

  test(`${sentence}; its mean is its integral`, (t) => {
    t.true(Math.abs(law.mean - mean) < 1e-9, `mean is ${law.mean}`);
    // The tail is cut into ever finer pieces: u = 1 − 2^−k, each by the midpoint rule.
    let sum = 0;
    for (let k = 0; k < 60; k++) {
      const from = 1 - 2 ** -k;
      const width = 2 ** -(k + 1);
      if (k > 50) break;
      const steps = k < 8 ? 20_000 : 200;
      for (let i = 0; i < steps; i++) sum += (law.at(from + (width * (i + 0.5)) / steps) * width) / steps;
    }
    t.true(Math.abs(sum / mean - 1) < 1e-3, `the integral is ${sum}`);
  });

  test(`${sentence}; it never falls and is finite at both ends of 32 bits`, (t) => {
    const unit = fc.double({ min: 2 ** -33, max: 1 - 2 ** -33, noNaN: true });
    fc.assert(
      fc.property(unit, unit, (a, b) => law.at(Math.min(a, b)) <= law.at(Math.max(a, b))),
      { seed: 1 },
    );
    for (const u of [2 ** -33, 1 - 2 ** -33]) t.true(Number.isFinite(law.at(u)) && law.at(u) >= 0);
    t.pass();
  });
}

test('pareto with shape 1 or less has no mean, and says so', (t) => {
  t.is(serviceTimeOf({ kind: 'pareto', options: { min: 5, shape: 1 } }).mean, Infinity);
  t.is(serviceTimeOf({ kind: 'pareto', options: { min: 5, shape: 0.5 } }).mean, Infinity);
});

test('laws that options cannot make are refused with a sentence', (t) => {
  t.throws(() => serviceTimeOf({ kind: 'uniform', options: { min: 9, max: 8 } }), {
    message: /at least min/,
  });
  t.throws(() => serviceTimeOf({ kind: 'bimodal', options: { fast: 9, slow: 8, share: 0.1 } }), {
    message: /at least fast/,
  });
  t.throws(() => serviceTimeOf({ kind: 'empirical', options: { times: [] } }), { message: /at least one/ });
  t.throws(() => serviceTimeOf({ kind: 'gauss', options: {} }), {
    message: /no service time is called gauss; there are bimodal/,
  });
});

test('the normal quantile inverts the normal law, in the centre and far out in both tails', (t) => {
  // Known values first, then Φ(z) by Simpson's rule over the density, from −12.
  const known: [number, number][] = [
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.025, -1.959963984540054],
    [0.99, 2.3263478740408408],
    [0.999, 3.090232306167813],
    [1e-6, -4.753424308822899],
    [1e-12, -7.034483825301131],
  ];
  for (const [u, z] of known) t.true(Math.abs(normalQuantile(u) - z) < 1e-9, `${u}: ${normalQuantile(u)}`);
  for (let z = -6; z <= 6; z += 0.37) {
    const steps = 4000;
    const h = (z + 12) / steps;
    let sum = 0;
    for (let i = 0; i <= steps; i++) {
      const x = -12 + i * h;
      sum += Math.exp((-x * x) / 2) * (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2);
    }
    const u = (sum * h) / 3 / Math.sqrt(2 * Math.PI);
    if (u < 1 - 1e-7) t.true(Math.abs(normalQuantile(u) - z) < 1e-6, `z ${z}: ${normalQuantile(u)}`);
  }
});
