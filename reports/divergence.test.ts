/** Pairs of measured and simulated requests, and what their differences come to. */
import test from 'ava';
import fc from 'fast-check';
import { outcomes } from '../harness/recording.ts';
import { type ComparedRows, divergenceOf, pair } from './divergence.ts';

type Row = [
  index: number,
  intended: number,
  latency: number,
  outcome: (typeof outcomes)[number],
  backend: number,
];

function rows(all: readonly Row[]): ComparedRows {
  return {
    length: all.length,
    index: Float64Array.from(all, ([it]) => it),
    intended: Float64Array.from(all, ([, it]) => it),
    latency: Float64Array.from(all, ([, , it]) => it),
    outcome: Uint8Array.from(all, ([, , , it]) => outcomes.indexOf(it)),
    backend: Int32Array.from(all, ([, , , , it]) => it),
  };
}

test('pairs by the number of the request, whatever the order, and only within the measured window of both', (t) => {
  const real = rows([
    [0, -5, 9_000, 'ok', 0], // warm-up
    [3, 30, 12_000, 'ok', 1],
    [1, 10, 11_000, 'ok', 0],
    [2, 20, Number.NaN, 'lost', -1],
    [7, 70, 1_000, 'ok', 0], // not simulated
  ]);
  const twin = rows([
    [0, -5, 8_000, 'ok', 0],
    [1, 10, 10_000, 'ok', 0],
    [2, 20, 10_000, 'ok', 1],
    [3, 30, 14_000, 'ok', 0],
    [8, 80, 1_000, 'ok', 0], // not measured
  ]);
  const pairs = pair(real, twin);
  t.is(pairs.both, 3);
  t.is(pairs.sameOutcome, 2);
  t.is(pairs.sameBackend, 1);
  t.deepEqual([...pairs.measured], [12, 11]);
  t.deepEqual([...pairs.simulated], [14, 10]);
  const it = divergenceOf([pairs]);
  t.is(it.requests, 3);
  t.is(it.ok, 2);
  t.is(it.sameOutcome, 2 / 3);
  t.is(it.sameBackend, 0.5);
  t.deepEqual(it.absoluteMs, { mean: 1.5, p50: 1, p95: 2, p99: 2 });
  t.is(it.biasMs, -0.5);
  t.deepEqual(it.measuredMs, { mean: 11.5, p50: 11, p99: 12 });
});

test('where nothing was ok in both, errors are null and not zero', (t) => {
  const lost = pair(rows([[1, 1, Number.NaN, 'lost', -1]]), rows([[1, 1, 5, 'ok', 0]]));
  const it = divergenceOf([lost]);
  t.deepEqual([it.requests, it.ok, it.sameOutcome, it.sameBackend], [1, 0, 0, null]);
  t.deepEqual([it.absoluteMs, it.biasMs, it.measuredMs, it.simulatedMs], [null, null, null, null]);
});

test('several rounds count as their requests together', (t) => {
  const latencies = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 0, max: 99_999 })),
    {
      minLength: 1,
      maxLength: 60,
      size: 'max',
    },
  );
  fc.assert(
    fc.property(latencies, fc.nat(60), (all, cut) => {
      const side = (which: 0 | 1) => (part: typeof all) =>
        rows(part.map((it, i) => [i, i, it[which] * 10, 'ok', 0]));
      const paired = (part: typeof all) => pair(side(0)(part), side(1)(part));
      const whole = divergenceOf([paired(all)]);
      const parts = divergenceOf([paired(all.slice(0, cut)), paired(all.slice(cut))]);
      t.is(parts.ok, all.length);
      t.is(parts.absoluteMs!.p99, whole.absoluteMs!.p99);
      t.true(Math.abs(parts.biasMs! - whole.biasMs!) < 1e-9);
      const direct = all.reduce((sum, [a, b]) => sum + Math.abs(a - b) / 100, 0) / all.length;
      t.true(Math.abs(whole.absoluteMs!.mean - direct) < 1e-9);
    }),
  );
});
