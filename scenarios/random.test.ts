/** The draws are uniform, the streams and seeds independent, and the numbers those that recordings were made with. */
import test from 'ava';
import fc from 'fast-check';
import { bits, draw, permutation, roundSeed, Source, stream } from './random.ts';

/** Pearson's statistic of counts against equal expectation. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Upper 1e-6 point of chi-square, by Wilson and Hilferty; seeds are fixed, so a test that passes keeps passing. */
function limit(degrees: number): number {
  const a = 2 / (9 * degrees);
  return degrees * (1 - a + 4.75 * Math.sqrt(a)) ** 3;
}

const n = 200_000;
const seeds = [0, 1, 2, 42, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 52 + 12_345];

test('the numbers are these: a change breaks the replay of every recording', (t) => {
  t.deepEqual(
    [
      bits(1, stream.arrivals, 0),
      bits(1, stream.arrivals, 1),
      bits(1, stream.keys, 0),
      bits(2 ** 40, 3, 2 ** 35, 7),
    ],
    [185469102, 2517695733, 476036286, 2879879603],
  );
});

test('a source gives the same numbers as the functions', (t) => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(20), fc.maxSafeNat(), fc.nat(2 ** 31 - 1), (seed, id, i, attempt) => {
      const source = new Source(seed, id);
      t.is(source.bits(i, attempt), bits(seed, id, i, attempt));
      t.is(source.draw(i, attempt), draw(seed, id, i, attempt));
      t.true(source.draw(i, attempt) > 0 && source.draw(i, attempt) < 1);
    }),
    { seed: 1 },
  );
});

test('each part of the counter matters: seed, stream, request and attempt, beyond 32 bits too', (t) => {
  const all = new Set<number>();
  const counters = [1, 2, 2 ** 32 + 1, 2 ** 33 + 1];
  for (const seed of counters)
    for (const id of [1, 2])
      for (const request of counters) for (const attempt of [0, 1]) all.add(bits(seed, id, request, attempt));
  t.is(all.size, 4 * 2 * 4 * 2);
});

for (const seed of seeds) {
  test(`draws of consecutive requests are uniform and pairwise independent, seed ${seed}`, (t) => {
    for (const id of [stream.arrivals, stream.quantiles]) {
      const high = new Array<number>(1000).fill(0);
      const low = new Array<number>(1024).fill(0);
      const pairs = new Array<number>(32 * 32).fill(0);
      let last = bits(seed, id, n);
      for (let i = 0; i < n; i++) {
        const b = bits(seed, id, i);
        high[Math.floor((b / 2 ** 32) * 1000)]!++;
        low[b & 1023]!++;
        pairs[(last >>> 27) * 32 + (b >>> 27)]!++;
        last = b;
      }
      t.true(chiSquare(high) < limit(999), `high bits: ${chiSquare(high)}`);
      t.true(chiSquare(low) < limit(1023), `low bits: ${chiSquare(low)}`);
      t.true(chiSquare(pairs) < limit(1023), `pairs: ${chiSquare(pairs)}`);
    }
  });

  test(`streams, seeds, attempts and far requests are independent at the same request, seed ${seed}`, (t) => {
    const others: [string, (i: number) => number][] = [
      ['the next stream', (i) => bits(seed, stream.keys, i)],
      ['the next seed', (i) => bits(seed + 1, stream.arrivals, i)],
      ['the next round', (i) => bits(roundSeed(seed, 1), stream.arrivals, i)],
      ['the next attempt', (i) => bits(seed, stream.arrivals, i, 1)],
      ['2^32 requests on', (i) => bits(seed, stream.arrivals, i + 2 ** 32)],
      ['the next request', (i) => bits(seed, stream.arrivals, i + 1)],
      ['65536 requests on', (i) => bits(seed, stream.arrivals, i + 65_536)],
    ];
    for (const [what, other] of others) {
      const pairs = new Array<number>(32 * 32).fill(0);
      let product = 0;
      for (let i = 0; i < n; i++) {
        const [a, b] = [bits(seed, stream.arrivals, i), other(i)];
        pairs[(a >>> 27) * 32 + (b >>> 27)]!++;
        product += (a / 2 ** 32 - 0.5) * (b / 2 ** 32 - 0.5);
      }
      t.true(chiSquare(pairs) < limit(1023), `${what}: ${chiSquare(pairs)}`);
      t.true(Math.abs((12 * product) / Math.sqrt(n)) < 5, `${what}: correlation`);
    }
  });
}

test('no two streams share more values than chance has it', (t) => {
  // One was the other under a shift or an XOR of the request, once. Chance: 65536² / 2^32 = 1 value.
  for (let id = 1; id <= 12; id++) {
    const values = new Set(Array.from({ length: 65_536 }, (_, i) => bits(7, id, i)));
    for (let other = id + 1; other <= 12; other++) {
      let shared = 0;
      for (let i = 0; i < 65_536; i++) if (values.has(bits(7, other, i))) shared++;
      t.true(shared < 12, `streams ${id} and ${other} share ${shared}`);
    }
  }
});

test('round 0 is not the seed itself, and rounds differ', (t) => {
  const rounds = Array.from({ length: 1000 }, (_, r) => roundSeed(1, r));
  t.false(rounds.includes(1));
  t.is(new Set(rounds).size, 1000);
});

test('a permutation has each once, the same for the same seed, and every order equally often', (t) => {
  t.deepEqual(
    [...permutation(50, 3, stream.order, 0)].sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, i) => i),
  );
  t.deepEqual(permutation(50, 3, stream.order, 9), permutation(50, 3, stream.order, 9));
  const orders = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = permutation(4, 3, stream.order, i).join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  t.is(orders.size, 24);
  t.true(chiSquare([...orders.values()]) < limit(23));
});
