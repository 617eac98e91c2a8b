import test from 'ava';
import fc from 'fast-check';
import { hashBits } from './hash.ts';
import rendezvous from './rendezvous.ts';
import { Stage } from './stage.ts';

const keys = Array.from({ length: 2000 }, (_, i) => `session_${i}`);
const fleet = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`server${i + 1}`, 1]));

const rows: { sentence: string; weights: Record<string, number>; shares: Record<string, number> }[] = [
  { sentence: 'equal weights share equally', weights: { a: 1, b: 1, c: 1 }, shares: { a: 1 / 3, b: 1 / 3 } },
  { sentence: 'three times the weight, three times the keys', weights: { a: 3, b: 1 }, shares: { a: 0.75 } },
  { sentence: 'fractions count', weights: { a: 0.5, b: 0.25, c: 0.25 }, shares: { a: 0.5, c: 0.25 } },
  {
    sentence: 'a weight of a thousandth is not nothing',
    weights: { a: 1, b: 0.001 },
    shares: { b: 1 / 1001 },
  },
  {
    sentence: 'many different weights, in any order',
    weights: { a: 2, b: 7, c: 1, d: 5, e: 3, f: 2 },
    shares: { a: 0.1, b: 0.35, c: 0.05, d: 0.25, e: 0.15, f: 0.1 },
  },
];

for (const { sentence, weights, shares } of rows) {
  test(sentence, (t) => {
    const n = 40_000;
    const counts = new Stage(rendezvous, {}, weights).counts(n);
    for (const [id, share] of Object.entries(shares)) {
      const deviation = Math.sqrt((share * (1 - share)) / n);
      t.true(
        Math.abs(counts[id]! / n - share) < 4.5 * deviation,
        `${id} ${counts[id]! / n}, expected ${share}`,
      );
    }
  });
}

test('the winner is the highest of w / −ln u over all, computed plainly: the short cut past logarithms is exact', (t) => {
  const bid = (key: string, id: string, weight: number) => {
    let h = hashBits(key) ^ hashBits(id, 1);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) ^ hashBits(id, 2);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return weight / -Math.log(((h ^ (h >>> 16)) + 2 ** 31 + 0.5) / 2 ** 32);
  };
  const weighted = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.constantFrom(0.1, 1, 1, 2, 3.5, 50), {
    minKeys: 1,
    maxKeys: 12,
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(weighted, (weights) => {
      const stage = new Stage(rendezvous, {}, weights);
      for (const key of keys.slice(0, 50)) {
        const bids = Object.entries(weights).map(([id, weight]) => ({ id, bid: bid(key, id, weight) }));
        const [best, second] = bids.sort((a, b) => b.bid - a.bid);
        t.is(stage.pick(key), best!.id);
        if (second !== undefined) t.is(stage.pick(key, [best!.id]), second.id);
      }
    }),
    { numRuns: 60 },
  );
});

test('a leave or a failure moves exactly the keys of the one that left; a join only takes keys for the joiner', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 9 }),
      fc.nat(8),
      fc.constantFrom(1, 0.5, 4),
      fc.constantFrom('leave' as const, 'down' as const),
      (n, place, weight, how) => {
        const stage = new Stage(rendezvous, {}, fleet(n));
        const before = keys.map((key) => stage.pick(key));
        stage.join('joiner', weight, place);
        const joined = keys.map((key) => stage.pick(key));
        if (joined.some((id, i) => id !== before[i] && id !== 'joiner')) return false;
        const share = joined.filter((id) => id === 'joiner').length / keys.length;
        const fair = weight / (n + weight);
        if (Math.abs(share - fair) > 5 * Math.sqrt((fair * (1 - fair)) / keys.length)) return false;
        stage[how]('joiner');
        return keys.every((key, i) => stage.pick(key) === before[i]);
      },
    ),
    { numRuns: 20 },
  );
  t.pass();
});

test("a lost server's keys are shared by all the others, by weight, and a retry goes where they go", (t) => {
  const stage = new Stage(rendezvous, {}, { a: 1, b: 1, c: 2, lost: 4 });
  const its = Array.from({ length: 20_000 }, (_, i) => `k${i}`).filter((key) => stage.pick(key) === 'lost');
  const retries = its.map((key) => stage.pick(key, ['lost']));
  stage.down('lost');
  t.deepEqual(
    its.map((key) => stage.pick(key)),
    retries,
  );
  const toC = retries.filter((id) => id === 'c').length / its.length;
  t.true(Math.abs(toC - 0.5) < 0.03, `${toC}`);
});

test('a weight that falls only loses keys, one that rises only wins them', (t) => {
  const stage = new Stage(rendezvous, {}, { a: 2, b: 1, c: 1 });
  const before = keys.map((key) => stage.pick(key));
  stage.weigh('a', 1);
  const lighter = keys.map((key) => stage.pick(key));
  t.true(lighter.every((id, i) => id === before[i] || before[i] === 'a'));
  t.true(lighter.some((id, i) => id !== before[i]));
  stage.weigh('a', 2);
  t.deepEqual(
    keys.map((key) => stage.pick(key)),
    before,
  );
});

test('the order of the pool does not matter: two balancers agree on every key', (t) => {
  const one = new Stage(rendezvous, {}, { a: 1, b: 2, c: 1 });
  const other = new Stage(rendezvous, {}, { c: 1, b: 2, a: 1 });
  for (const key of keys) if (one.pick(key) !== other.pick(key)) t.fail(key);
  t.pass();
});

test('a request without a key is placed by its client', (t) => {
  const stage = new Stage(rendezvous, {}, fleet(3));
  const request = stage.world.request('', []);
  t.is(stage.strategy.pick(stage.world.pool, request)?.id, stage.pick(request.client));
});
