/** Against values that others have published or computed. */
import test from 'ava';
import { roundsToProve } from '../../scenarios/plan.ts';
import { bits, Source, stream } from '../../scenarios/random.ts';
import { againstBest } from './best.ts';
import { holm } from './holm.ts';
import { normalBelow } from './normal.ts';
import { bounds, criticalValue, fewest, hodgesLehmann, signedRank } from './signed-rank.ts';

/** Heights of Darwin's maize, cross- minus self-fertilised; the example of scipy.stats.wilcoxon (SciPy 1.11 reference). */
const maize = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75];
/** Hamilton depression scale of nine patients, first minus second visit; Hollander and Wolfe, table 3.1; the example of R's wilcox.test. */
const depression = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3].map(
  (x, i) => x - [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29][i]!,
);

test('the maize of Darwin: p = 0.041259765625 on both sides, 0.0206298828125 on one', (t) => {
  const { n, w, twoSided, greater } = signedRank(maize);
  t.is(n, 15);
  t.is(w, 96);
  t.is(twoSided, 0.041259765625);
  t.is(greater, 0.0206298828125);
});

test('the depression scale: V = 40, p = 0.01953, estimate 0.46', (t) => {
  const { w, greater } = signedRank(depression);
  t.is(w, 40);
  t.is(greater, 10 / 512);
  t.true(Math.abs(hodgesLehmann(depression) - 0.46) < 1e-9);
});

// Of any table of the test, e.g. Wilcoxon, Katti, Wilcox 1970: the largest T that is significant at this one-sided level.
for (const [n, doubt, largest] of [
  [6, 0.025, 0],
  [7, 0.025, 2],
  [8, 0.025, 3],
  [9, 0.025, 5],
  [10, 0.025, 8],
  [12, 0.025, 13],
  [15, 0.025, 25],
  [20, 0.025, 52],
  [25, 0.025, 89],
  [10, 0.005, 3],
  [20, 0.005, 37],
  [30, 0.05, 151],
] as const)
  test(`n = ${n}, one-sided ${doubt}: T up to ${largest} is significant`, (t) =>
    t.is(criticalValue(n, doubt) - 1, largest));

test('the exact tails are those of all 2ⁿ signs, with ties and zeros', (t) => {
  const source = new Source(7, stream.order);
  for (let trial = 0; trial < 200; trial++) {
    const n = 1 + Math.floor(source.draw(trial) * 9);
    const sizes = Array.from({ length: n }, (_, i) => Math.floor(5 * source.draw(trial * 16 + i, 1)) - 2);
    const { greater, less, w, n: used } = signedRank(sizes);
    const left = sizes.filter((it) => it !== 0).map(Math.abs);
    t.is(used, left.length);
    let [atLeast, atMost] = [0, 0];
    for (let signs = 0; signs < 2 ** used; signs++) {
      const other = signedRank(left.map((size, i) => ((signs >> i) & 1 ? size : -size))).w;
      if (other >= w) atLeast++;
      if (other <= w) atMost++;
    }
    t.true(Math.abs(greater - atLeast / 2 ** used) < 1e-12);
    t.true(Math.abs(less - atMost / 2 ** used) < 1e-12);
  }
});

test('bounds hold as often as they say, and the large-sample way meets the exact one', (t) => {
  const n = 15;
  let missed = 0;
  const trials = 4000;
  for (let trial = 0; trial < trials; trial++) {
    const noise = Array.from({ length: n }, (_, i) => {
      const u = bits(trial, stream.order, i) / 2 ** 32 + 2 ** -33;
      return Math.sign(u - 0.5) * -Math.log(1 - Math.abs(2 * u - 1)); // Laplace: heavy tails, centred on 0
    });
    if (bounds(noise, 0.95).lower > 0) missed++;
  }
  t.true(missed / trials < 0.06 && missed / trials > 0.035, `${missed} of ${trials}`);
  for (const z of [-3, -1, 0, 1.959963984540054, 4])
    t.true(Math.abs(normalBelow(z) + normalBelow(-z) - 1) < 1e-15);
  t.true(Math.abs(normalBelow(1.959963984540054) - 0.975) < 1e-14);
  const many = Array.from({ length: 200 }, (_, i) => Math.sin(i) + 0.1);
  const exact = signedRank(many).greater;
  const normal = signedRank([...many, 1e-9]).greater;
  t.true(Math.abs(exact - normal) < 0.003, `${exact} and ${normal}`);
});

test('too few rounds say nothing: infinite bounds, and how many it takes', (t) => {
  t.deepEqual(bounds([1, 2, 3, 4], 0.95), {
    lower: Number.NEGATIVE_INFINITY,
    upper: Number.POSITIVE_INFINITY,
  });
  t.is(bounds([1, 2, 3, 4, 5], 0.95).lower, 1);
  t.is(fewest(0.05), 5);
  t.is(fewest(0.05 / 4), 7, 'seven with four metrics, as reporting.md has it');
  for (let k = 2; k < 60; k++)
    t.is(roundsToProve(k), Math.max(7, fewest(0.05 / (k - 1))), `of ${k} contenders`);
  t.throws(() => signedRank([Number.NaN]), { instanceOf: RangeError });
});

test("Holm's adjustment", (t) => {
  // R: p.adjust(c(0.01, 0.02, 0.03, 0.04), 'holm')
  t.deepEqual(
    holm([0.03, 0.01, 0.04, 0.02]).map((p) => Number(p.toFixed(10))),
    [0.06, 0.04, 0.06, 0.06],
  );
  t.deepEqual(holm([0.5, 0.9]), [1, 1]);
});

test('against the best: one that is clearly ahead is alone, two that are not are ties, and intervals hold together', (t) => {
  const noisy = (centre: number, seed: number, spread = 0.02) =>
    Array.from({ length: 10 }, (_, i) => centre + spread * (bits(seed, stream.order, i) / 2 ** 32 - 0.5));
  const clear = againstBest([noisy(0, 1), noisy(0.3, 2), noisy(0.5, 3)]);
  t.deepEqual(
    clear.map(({ mayBeBest }) => mayBeBest),
    [true, false, false],
  );
  t.is(clear[0]!.upper, 0);
  t.true(clear[0]!.lower < -0.27 && clear[0]!.lower > -0.33);
  t.true(clear[1]!.lower === 0 && clear[1]!.upper > 0.29 && clear[1]!.upper < 0.33);
  const tied = againstBest([noisy(0, 1), noisy(0, 2), noisy(0.5, 3)]);
  t.deepEqual(
    tied.map(({ mayBeBest }) => mayBeBest),
    [true, true, false],
  );
  t.true(tied[0]!.lower <= 0 && tied[0]!.upper >= 0);
  t.deepEqual(
    againstBest([
      [1, 2, 3],
      [9, 9, 9],
    ]).map(({ mayBeBest }) => mayBeBest),
    [true, true],
    'three rounds',
  );
});

test('against the best: of five that are the same, all may be the best in 95 of 100 runs', (t) => {
  let wrong = 0;
  const runs = 400;
  for (let run = 0; run < runs; run++) {
    const values = Array.from({ length: 5 }, (_, k) =>
      Array.from({ length: 10 }, (_, i) => bits(run, stream.order, k, i) / 2 ** 32),
    );
    // The best by name is the first: is it ever said not to be?
    if (!againstBest(values)[0]!.mayBeBest) wrong++;
  }
  t.true(wrong / runs < 0.06, `${wrong} of ${runs}`);
});
