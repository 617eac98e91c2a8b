import test from 'ava';
import fc from 'fast-check';
import oracle from './oracle.ts';
import { Stage } from './stage.ts';

/** A stage whose truth is a table; a backend that is not in it would not answer. */
function staged(weights: readonly string[], sojourns: Record<string, number>, seed = 1) {
  const stage = new Stage(oracle, {}, Object.fromEntries(weights.map((id) => [id, 1])), seed);
  stage.world.telemetry.sojourn = ({ id }) => sojourns[id] ?? Infinity;
  return stage;
}

const rows: {
  sentence: string;
  sojourns: Record<string, number>;
  tried?: readonly string[];
  gives: string;
}[] = [
  { sentence: 'the soonest answer wins', sojourns: { a: 12, b: 11.9, c: 40 }, gives: 'b' },
  {
    sentence: 'one that is busy and fast beats one that is idle and slow',
    sojourns: { a: 30, b: 100 },
    gives: 'a',
  },
  {
    sentence: 'the fast-failing one, which gives no answer, attracts nothing',
    sojourns: { a: 900, b: Infinity, c: 800 },
    gives: 'c',
  },
  {
    sentence: 'a retry takes the soonest of those not tried',
    sojourns: { a: 1, b: 2, c: 3 },
    tried: ['a'],
    gives: 'b',
  },
  {
    sentence: 'where all were tried the soonest is taken again',
    sojourns: { a: 1, b: 2, c: 3 },
    tried: ['a', 'b', 'c'],
    gives: 'a',
  },
  {
    sentence: 'where none would answer one is taken all the same',
    sojourns: {},
    tried: ['a', 'b'],
    gives: 'c',
  },
];

for (const { sentence, sojourns, tried, gives } of rows) {
  test(`oracle: ${sentence}`, (t) => {
    t.is(staged(['a', 'b', 'c'], sojourns).pick('', tried), gives);
  });
}

test('it asks about the very request at hand', (t) => {
  const stage = staged(['a', 'b'], {});
  stage.world.telemetry.sojourn = ({ id }, { key }) => (key === id ? 1 : 2);
  t.is(stage.pick('a'), 'a');
  t.is(stage.pick('b'), 'b');
});

test('ties are drawn evenly, not given to the first: an idle fleet shares the load', (t) => {
  const counts = staged(['a', 'b', 'c', 'd'], { a: 5, b: 5, c: 5, d: 6 }).counts(9000);
  t.is(counts.d, 0);
  for (const id of ['a', 'b', 'c']) t.true(Math.abs(counts[id]! - 3000) < 250, `${id} ${counts[id]}`);
});

test('without the truth it is not created, and the error says where it runs', (t) => {
  const { now, random } = new Stage(oracle, {}, { a: 1 }).world.env;
  t.throws(() => oracle.create({ now, random }, {}), {
    message: /expected a driver that knows .*env\.sojourn.*steelyard simulate/,
  });
});

test('it agrees with brute force on shuffled pools of any size, with some down and some tried', (t) => {
  const cost = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(Infinity));
  fc.assert(
    fc.property(
      fc.array(fc.record({ cost, up: fc.boolean(), tried: fc.boolean() }), { minLength: 1, maxLength: 12 }),
      fc.nat(),
      (members, seed) => {
        const ids = members.map((_, i) => `b${i}`);
        const costs = Object.fromEntries(members.map((member, i) => [`b${i}`, member.cost]));
        const stage = staged(ids, costs, seed);
        members.forEach(({ up }, i) => {
          if (!up) stage.down(`b${i}`);
        });
        const tried = ids.filter((_, i) => members[i]!.tried);
        const up = stage.available.map(({ id }) => id);
        const untried = up.filter((id) => !tried.includes(id));
        const candidates = untried.length > 0 ? untried : up;
        const least = Math.min(...candidates.map((id) => costs[id]!));
        const picked = stage.pick('', tried);
        return picked === undefined
          ? candidates.length === 0
          : candidates.includes(picked) && costs[picked] === least;
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});
