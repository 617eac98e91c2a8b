/** Regret against the oracle, request by request. */
import test from 'ava';
import { pooledRegret, regretOf } from './regret.ts';

const pairs = (measured: number[], simulated: number[]) => ({
  ...{ both: measured.length, sameOutcome: measured.length, sameBackend: 0 },
  measured: Float64Array.from(measured),
  simulated: Float64Array.from(simulated),
});

test('the mean beyond the oracle, as a difference and as a factor, and the differences of single requests', (t) => {
  t.deepEqual(regretOf(pairs([10, 30, 20], [10, 10, 10])), {
    ...{ requests: 3, meanMs: 10, oracleMeanMs: 10, factor: 2, p50Ms: 10, p99Ms: 20 },
  });
});

test('the oracle has none', (t) => {
  const own = regretOf(pairs([5, 7], [5, 7]))!;
  t.deepEqual([own.meanMs, own.factor, own.p99Ms], [0, 1, 0]);
});

test('without a request ok under both there is none to tell; an oracle that takes no time gives no factor', (t) => {
  t.is(regretOf(pairs([], [])), undefined);
  t.is(regretOf(pairs([3], [0]))!.factor, null);
});

test('rounds weigh by their requests', (t) => {
  const one = regretOf(pairs([10], [5]))!;
  const other = regretOf(pairs([5, 5, 5], [5, 5, 5]))!;
  t.deepEqual([pooledRegret([one, other])!.meanMs, pooledRegret([one, other])!.requests], [1.25, 4]);
  t.is(pooledRegret([one]), one);
  t.is(pooledRegret([]), undefined);
});
