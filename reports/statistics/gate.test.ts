/** The gate on noise as it is measured: it must not cry wolf, and must see the wolf. */
import test from 'ava';
import { draw } from '../../scenarios/random.ts';
import { normalQuantile } from '../../scenarios/service-times/normal.ts';
import { gate, type Paired } from './gate.ts';

const names = ['p50', 'p95', 'p99', 'goodput'] as const;

/**
 * Rounds of two sides under 8% noise with heavy tails (a tenth of the rounds has three times as much) and a drift that both share,
 * as reporting.md describes a shared machine; the metrics of one round go the same way by half. `factor` is how much worse `head` is.
 */
function rounds(n: number, seed: number, factor: number): Paired[] {
  const normal = (stream: number, i: number) => normalQuantile(draw(seed, stream, i));
  const wild = (stream: number, i: number) => (draw(seed, stream, i) < 0.1 ? 3 : 1);
  return names.map((metric, m) => {
    const side = (which: number, worse: number) =>
      Array.from({ length: n }, (_, i) => {
        const own = normal(100 + which * 10 + m, i);
        const shared = normal(200 + which, i);
        const noise = 0.08 * wild(300 + which, i) * Math.SQRT1_2 * (own + shared) * 0.7 + 0.01 * i;
        const value = 100 * Math.exp(metric === 'goodput' ? -noise : noise);
        return metric === 'goodput' ? value / worse : value * worse;
      });
    return {
      metric,
      better: metric === 'goodput' ? 'higher' : 'lower',
      base: side(0, 1),
      head: side(1, factor),
    };
  });
}

function count(n: number, factor: number, comparisons = 400) {
  const found = { regressed: 0, pass: 0, inconclusive: 0 };
  for (let seed = 1; seed <= comparisons; seed++) found[gate(rounds(n, seed, factor)).verdict]++;
  return found;
}

test('the same twice: at most 3 of 100 comparisons say "regressed"', (t) => {
  const { regressed } = count(15, 1);
  t.true(regressed <= 12, `${regressed} of 400`);
});

test('15% worse over 15 rounds is found, and never passes', (t) => {
  const { regressed, pass } = count(15, 1.15);
  t.true(regressed >= 360, `${regressed} of 400`);
  t.is(pass, 0);
});

test('with too few rounds nothing is decided against anybody, and how much could have been found is said', (t) => {
  const { verdict, fewest, metrics } = gate(rounds(6, 1, 3));
  t.is(verdict, 'inconclusive');
  t.is(fewest, 7);
  t.is(metrics[0]!.detectable, Number.POSITIVE_INFINITY);
  const enough = gate(rounds(7, 1, 3));
  t.is(enough.verdict, 'regressed');
  const { detectable, lower, estimate } = enough.metrics[0]!;
  t.true(detectable > 1.05 && detectable < 1.6, `${detectable}`);
  t.true(lower > 2 && estimate > 2.5 && estimate < 3.5);
});

test('exactly the same numbers pass; a higher goodput is no regression; a lower one is', (t) => {
  const same = Array.from({ length: 7 }, (_, i) => 10 + i);
  const all = names.map(
    (metric): Paired => ({
      metric,
      better: metric === 'goodput' ? 'higher' : 'lower',
      base: same,
      head: same,
    }),
  );
  t.is(gate(all).verdict, 'pass');
  const goodput = (factor: number): Paired => ({ ...all[3]!, head: same.map((it) => it * factor) });
  t.is(gate([goodput(1.2)]).verdict, 'pass');
  t.is(gate([goodput(0.8)]).verdict, 'regressed');
});

test('errors are compared by difference, within a limit of their own', (t) => {
  const base = [0, 0, 0, 0, 0, 0, 0];
  const errors = (head: number[]): Paired => ({
    metric: 'errorRate',
    better: 'lower',
    base,
    head,
    difference: 0.001,
  });
  t.is(gate([errors(base)]).verdict, 'pass');
  t.is(gate([errors([0.01, 0.02, 0.01, 0.03, 0.01, 0.02, 0.01])]).verdict, 'regressed');
  t.is(gate([errors([1e-4, 2e-4, 1e-4, 3e-4, 1e-4, 2e-4, 1e-4])]).verdict, 'pass', 'within the limit');
  t.throws(() => gate([{ ...errors(base), head: [0] }]), { message: /7 and 1/ });
});
