import test from 'ava';
import fc from 'fast-check';
import p2c from './p2c.ts';
import { Stage } from './stage.ts';
import type { Env } from './strategy.ts';

test('the two draws are distinct: with two backends the less loaded wins every time', (t) => {
  const stage = new Stage(p2c, {}, { a: 1, b: 1 });
  stage.start('a');
  t.deepEqual(stage.counts(1000), { a: 0, b: 1000 });
});

test('with replacement both draws may be the busier one: it gets a quarter', (t) => {
  const stage = new Stage(p2c, { replacement: true }, { a: 1, b: 1 });
  stage.start('a');
  const { a } = stage.counts(8000);
  t.true(Math.abs(a! - 2000) < 200, `${a}`);
});

test('load is in flight for its weight: 2 on weight 3 is less than 1 on weight 1', (t) => {
  const stage = new Stage(p2c, {}, { a: 3, b: 1 });
  stage.start('a', 2);
  stage.start('b', 1);
  t.is(stage.picks(5), 'aaaaa');
});

test('a tie goes to the first draw', (t) => {
  // u = .5 draws the second of three, then u = 0 the first of the two left.
  const luck = [0.5, 0];
  const stage = new Stage(p2c, {}, { a: 1, b: 1, c: 1 });
  const env: Env = { now: () => 0, random: () => luck.shift()! };
  const strategy = p2c.create(env, { choices: 2, replacement: false });
  strategy.poolChanged?.(stage.world.pool);
  t.is(strategy.pick(stage.world.pool, stage.world.request('', []))?.id, 'b');
  t.is(luck.length, 0, 'both draws were made');
});

test('any number of choices up to all is distinct: all of them is least-connections', (t) => {
  for (const choices of [4, 5, 1000]) {
    const stage = new Stage(p2c, { choices }, { a: 1, b: 1, c: 1, d: 1 });
    for (const id of ['a', 'b', 'd']) stage.start(id);
    t.deepEqual(stage.counts(200), { a: 0, b: 0, c: 200, d: 0 });
  }
});

test('one choice is random', (t) => {
  const stage = new Stage(p2c, { choices: 1 }, { a: 1, b: 1 });
  stage.start('a', 50);
  const { a } = stage.counts(4000);
  t.true(Math.abs(a! - 2000) < 200, `${a}`);
});

/**
 * P(rank r wins) over d distinct draws of n with all loads different: C(n−1−r, d−1) ÷ C(n, d). A sorted pool must not
 * matter (it hid a broken reservoir in Caddy's random_choose), so loads are dealt to a shuffled pool.
 */
test('the share of every rank is the binomial one, on shuffled pools and with any number of choices', (t) => {
  const choose = (n: number, k: number): number => (k > n ? 0 : k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
  const ids = [...'abcdef'];
  fc.assert(
    fc.property(
      fc.shuffledSubarray(ids, { minLength: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.nat(),
      (shuffled, d, seed) => {
        const stage = new Stage(p2c, { choices: d }, Object.fromEntries(ids.map((id) => [id, 1])), seed);
        shuffled.forEach((id, rank) => {
          stage.start(id, rank);
        });
        const counts = stage.counts(6000);
        return shuffled.every((id, rank) => {
          const expected = (6000 * choose(5 - rank, d - 1)) / choose(6, d);
          return Math.abs(counts[id]! - expected) <= 5.5 * Math.sqrt(expected + 1);
        });
      },
    ),
    { numRuns: 40, seed: 1 },
  );
  t.pass();
});

test('a backend that fails at once, the others saturated, takes 2/n and no more', (t) => {
  const stage = new Stage(p2c, {}, { a: 1, b: 1, c: 1, d: 1, e: 1 });
  for (const id of 'bcde') stage.start(id, 10);
  const { a } = stage.counts(10_000);
  t.true(Math.abs(a! - 4000) < 250, `${a}`);
});

test('an idle pool is shared alike: a tie goes to the first drawn, not to the first in the pool', (t) => {
  const counts = new Stage(p2c, {}, { a: 1, b: 1, c: 1, d: 1 }).counts(8000);
  for (const count of Object.values(counts)) t.true(Math.abs(count - 2000) < 200, JSON.stringify(counts));
});

test('a revived backend, idle among busy ones, takes 2/n of the flood and no more', (t) => {
  const stage = new Stage(p2c, {}, { a: 1, b: 1, c: 1, d: 1, e: 1 });
  stage.down('c');
  for (const id of 'abde') stage.start(id, 50);
  stage.up('c');
  const { c } = stage.counts(10_000);
  t.true(Math.abs(c! - 4000) < 250, `${c}`);
});

test('balancers of one seed do not begin on the same backend: their requests differ, and with them the luck', (t) => {
  const first = (seed: number) => new Stage(p2c, {}, { a: 1, b: 1, c: 1, d: 1 }, seed).pick();
  t.is(new Set(Array.from({ length: 40 }, (_, seed) => first(seed))).size, 4);
});

test('a retry compares two of those not tried', (t) => {
  const stage = new Stage(p2c, {}, { a: 1, b: 1, c: 1 });
  stage.start('b', 3);
  t.is(stage.pick('', ['a']), 'c');
  t.is(stage.pick('', ['a', 'c']), 'b');
});
