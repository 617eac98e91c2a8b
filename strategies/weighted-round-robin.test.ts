import test from 'ava';
import fc from 'fast-check';
import { Stage } from './stage.ts';
import type { Env } from './strategy.ts';
import weightedRoundRobin from './weighted-round-robin.ts';

const sequences: { sentence: string; weights: Record<string, number>; edf: boolean; gives: string }[] = [
  {
    sentence: 'the article: 3,2,1 gives abacba, again and again',
    weights: { a: 3, b: 2, c: 1 },
    edf: false,
    gives: 'abacbaabacba',
  },
  {
    sentence: 'nginx: 5,1,1 gives aabacaa, a burst avoided',
    weights: { a: 5, b: 1, c: 1 },
    edf: false,
    gives: 'aabacaaaabacaa',
  },
  {
    sentence: 'equal weights give plain rotation',
    weights: { a: 2, b: 2, c: 2 },
    edf: false,
    gives: 'abcabc',
  },
  {
    sentence: 'decimals are as exact as integers: .3,.2,.1 is 3,2,1',
    weights: { a: 0.3, b: 0.2, c: 0.1 },
    edf: false,
    gives: 'abacbaabacba',
  },
  {
    sentence: 'one backend gets it all',
    weights: { a: 7 },
    edf: false,
    gives: 'aaa',
  },
  {
    sentence: 'earliest deadline first: 5,1,1 bursts',
    weights: { a: 5, b: 1, c: 1 },
    edf: true,
    gives: 'aaaaabcaaaaabc',
  },
  {
    sentence: 'earliest deadline first: 3,2,1 by hand, deadlines ⅓ ½ ⅔ 1 1 1',
    weights: { a: 3, b: 2, c: 1 },
    edf: true,
    gives: 'abaabc',
  },
];

for (const { sentence, weights, edf, gives } of sequences) {
  test(`weighted-round-robin: ${sentence}`, (t) =>
    t.is(new Stage(weightedRoundRobin, { edf }, weights).picks(gives.length), gives));
}

/** The rule as nginx writes it, one addition per backend and pick. */
function naive(weights: readonly number[], picks: number): number[] {
  const current = weights.map(() => 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Array.from({ length: picks }, () => {
    let best = 0;
    weights.forEach((weight, i) => {
      current[i] = current[i]! + weight;
      if (current[i]! > current[best]!) best = i;
    });
    current[best] = current[best]! - total;
    return best;
  });
}

test('queues per weight pick exactly as the rule that adds for every backend', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 12 }), (weights) => {
      const named = Object.fromEntries(weights.map((weight, i) => [`n${i}`, weight]));
      const stage = new Stage(weightedRoundRobin, {}, named);
      return naive(weights, 200).every((expected) => stage.pick() === `n${expected}`);
    }),
  );
  t.pass();
});

for (const edf of [false, true]) {
  const kind = edf ? 'edf' : 'smooth';

  test(`${kind}: over any stretch after any changes, each is within its bound of its share`, (t) => {
    const weight = fc.constantFrom(1, 2, 3, 5, 8, 0.5, 0.37);
    const change = fc.oneof(
      fc.record({ do: fc.constant('pick' as const), times: fc.nat(20) }),
      fc.record({ do: fc.constant('weigh' as const), which: fc.nat(9), weight }),
      fc.record({ do: fc.constantFrom('down' as const, 'up' as const), which: fc.nat(9) }),
    );
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 2, maxLength: 6 }),
        fc.array(change, { maxLength: 40, size: 'max' }),
        (weights, changes) => {
          const stage = new Stage(
            weightedRoundRobin,
            { edf },
            Object.fromEntries(weights.map((w, i) => [`n${i}`, w])),
          );
          for (const step of changes) {
            const id = step.do === 'pick' ? '' : stage.world.member(step.which)!.backend.id;
            if (step.do === 'pick') stage.picks(step.times);
            else if (step.do === 'weigh') stage.weigh(id, step.weight);
            else stage[step.do](id);
          }
          const total = stage.available.reduce((sum, backend) => sum + backend.weight, 0);
          const counts = stage.counts(stage.available.length === 0 ? 0 : 300);
          return stage.available.every(
            ({ id, weight: own }) =>
              Math.abs(counts[id]! - (300 * own) / total) <=
              (edf ? 1 + (stage.available.length * own) / total : 2) + 1e-9,
          );
        },
      ),
      { numRuns: 200 },
    );
    t.pass();
  });

  test(`${kind}: shares are within 0.1 point over a hundred thousand picks`, (t) => {
    const counts = new Stage(weightedRoundRobin, { edf }, { a: 3, b: 2, c: 1, d: 0.25 }).counts(100_000);
    for (const [id, weight] of Object.entries({ a: 3, b: 2, c: 1, d: 0.25 })) {
      t.true(Math.abs(counts[id]! / 100_000 - weight / 6.25) < 0.001, `${id}: ${counts[id]}`);
    }
  });

  test(`${kind}: a backend that flaps leaves no debt behind, for itself or for the others`, (t) => {
    const stage = new Stage(weightedRoundRobin, { edf }, { a: 1, b: 1, c: 1, d: 1 });
    for (let i = 0; i < 500; i++) {
      stage.picks(1 + (i % 5));
      stage.down('b');
      stage.picks(i % 3);
      stage.up('b');
    }
    for (const count of Object.values(stage.counts(40))) t.true(Math.abs(count - 10) <= 1, `${count}`);
  });

  test(`${kind}: a down host's share goes to all the others by weight`, (t) => {
    const stage = new Stage(weightedRoundRobin, { edf }, { a: 3, b: 2, c: 1 });
    stage.down('b');
    t.deepEqual(stage.counts(400), { a: 300, c: 100 });
  });

  test(`${kind}: retries go elsewhere and everyone keeps the same share of all picks`, (t) => {
    const stage = new Stage(weightedRoundRobin, { edf }, { a: 3, b: 2, c: 1 });
    const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 6000; i++) {
      const id = i % 10 === 9 ? stage.pick('', ['b'])! : stage.pick()!;
      counts[id] = counts[id]! + 1;
      if (i % 10 === 9) t.not(id, 'b');
    }
    t.true(Math.abs(counts.a! - 3000) <= 2 && Math.abs(counts.b! - 2000) <= 2, JSON.stringify(counts));
  });

  test(`${kind}: balancers of one fleet and one seed begin apart, by weight, even where they draw the same luck`, (t) => {
    for (const start of ['first', 'random'] as const) {
      const firsts = Array.from({ length: 10 }, (_, index) => {
        const { world } = new Stage(weightedRoundRobin, {}, { a: 3, b: 1, c: 1 });
        const env: Env = { ...world.env, balancers: { index, count: 10 } };
        const strategy = weightedRoundRobin.create(env, { edf, start });
        strategy.poolChanged?.(world.pool);
        return strategy.pick(world.pool, world.request('', []))?.id;
      });
      const counts = ['a', 'b', 'c'].map((id) => firsts.filter((first) => first === id).length);
      t.deepEqual(counts, [6, 2, 2], `${start}: ${firsts.join('')}`);
    }
  });

  test(`${kind}: a backend that comes back has its weight's turns and no more, however busy the others are`, (t) => {
    const stage = new Stage(weightedRoundRobin, { edf }, { a: 3, b: 2, c: 1 });
    stage.down('b');
    for (const id of 'ac') stage.start(id, 50);
    stage.picks(50);
    stage.up('b');
    const { b } = stage.counts(30);
    t.true(Math.abs(b! - 10) <= 2, `${b} of 30, expected 10`);
  });

  test(`${kind}: of many fresh balancers the first picks are spread by weight`, (t) => {
    let light = 0;
    for (let seed = 0; seed < 3000; seed++) {
      if (new Stage(weightedRoundRobin, { edf, start: 'random' }, { a: 9, b: 1 }, seed).pick() === 'b')
        light++;
    }
    t.true(light > 240 && light < 360, `${light} of 3000, expected 300`);
  });
}
