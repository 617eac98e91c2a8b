import test from 'ava';
import fc from 'fast-check';
import { Fleet, luck } from './fleet.test-support.ts';
import { Stage } from './stage.ts';
import type { Env } from './strategy.ts';
import weightedRandom from './weighted-random.ts';

const rows: { sentence: string; tried: string[]; down: string[]; expected: Record<string, number> }[] = [
  {
    sentence: 'a first attempt goes by weight',
    tried: [],
    down: [],
    expected: { a: 0.4, b: 0.3, c: 0.2, d: 0.1 },
  },
  {
    sentence: 'a retry shares out what was tried in proportion, not to its neighbour',
    tried: ['b'],
    down: [],
    expected: { a: 4 / 7, c: 2 / 7, d: 1 / 7 },
  },
  {
    sentence: 'two tried leave the others their proportion, in whatever order they were tried',
    tried: ['d', 'a'],
    down: [],
    expected: { b: 0.6, c: 0.4 },
  },
  {
    sentence: 'one tried twice is cut out once',
    tried: ['a', 'a', 'a'],
    down: [],
    expected: { b: 3 / 6, c: 2 / 6, d: 1 / 6 },
  },
  {
    sentence: 'one tried that is down already takes nobody else out',
    tried: ['b'],
    down: ['b'],
    expected: { a: 4 / 7, c: 2 / 7, d: 1 / 7 },
  },
  {
    sentence: 'when all were tried, any, by weight',
    tried: ['a', 'b', 'c', 'd'],
    down: [],
    expected: { a: 0.4, b: 0.3, c: 0.2, d: 0.1 },
  },
];

for (const { sentence, tried, down, expected } of rows) {
  test(`weighted-random: ${sentence}`, (t) => {
    const stage = new Stage(weightedRandom, {}, { a: 4, b: 3, c: 2, d: 1 });
    for (const id of down) stage.down(id);
    const counts: Record<string, number> = {};
    for (let i = 0; i < 8000; i++) {
      stage.pick(); // a fresh request, so that the retry's luck is fresh
      const id = stage.pick('', tried)!;
      counts[id] = (counts[id] ?? 0) + 1;
    }
    t.deepEqual(Object.keys(counts).sort(), Object.keys(expected).sort());
    for (const [id, share] of Object.entries(expected)) {
      const deviation = Math.sqrt(8000 * share * (1 - share));
      t.true(Math.abs(counts[id]! - 8000 * share) < 5 * deviation, `${id}: ${counts[id]}`);
    }
  });
}

const weight = fc.oneof(
  fc.integer({ min: 1, max: 1000 }),
  fc.double({ min: 0.001, max: 50, noNaN: true }),
  fc.constant(1),
);

/** On an even grid of luck the shares have no chance in them: what is left is the table's own error. */
function evenly(points: number): () => number {
  let i = 0;
  return () => (i++ + 0.5) / points;
}

test('luck spread evenly gives every share exactly: the table loses nothing, on shuffled pools of any weights', (t) => {
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 20, size: 'max' }), fc.nat(), (weights, seed) => {
      const fleet = new Fleet(weights, seed);
      const points = 20_000;
      const env: Env = { now: () => 0, random: evenly(points) };
      const strategy = weightedRandom.create(env, {});
      fleet.changed(strategy);
      const total = weights.reduce((sum, each) => sum + each, 0);
      // A backend's share lies in at most n pieces of the grid, each of which may be off by one point.
      return fleet
        .shares(strategy, points)
        .every((share, i) => Math.abs(share - weights[i]! / total) <= (weights.length + 1) / points);
    }),
    { numRuns: 40 },
  );
  t.pass();
});

test('luck spread evenly gives a retry exactly the proportions of those left', (t) => {
  fc.assert(
    fc.property(
      fc.array(weight, { minLength: 2, maxLength: 12 }),
      fc.array(fc.nat(11), { maxLength: 12 }),
      fc.nat(),
      (weights, which, seed) => {
        const fleet = new Fleet(weights, seed);
        const points = 4000;
        const strategy = weightedRandom.create({ now: () => 0, random: evenly(points) }, {});
        fleet.changed(strategy);
        const tried = which.map((i) => fleet.backends[i % weights.length]!);
        const left = fleet.backends.filter((backend) => !tried.includes(backend));
        const among = left.length > 0 ? left : fleet.backends;
        const total = among.reduce((sum, backend) => sum + backend.weight, 0);
        const counts = new Map<string, number>();
        for (let i = 0; i < points; i++) {
          const { id } = fleet.pick(strategy, tried)!;
          counts.set(id, (counts.get(id) ?? 0) + 1);
        }
        return (
          [...counts.keys()].every((id) => among.some((backend) => backend.id === id)) &&
          among.every(
            (backend) => Math.abs((counts.get(backend.id) ?? 0) - (points * backend.weight) / total) <= 2,
          )
        );
      },
    ),
    { numRuns: 60 },
  );
  t.pass();
});

test('over a million picks every share is within 0.1 point of its weight', (t) => {
  const weights = [5, 1, 3, 1, 2, 4, 2, 1, 0.5, 0.5];
  const fleet = new Fleet(weights, 7);
  const strategy = weightedRandom.create(fleet.env, {});
  fleet.changed(strategy);
  fleet.shares(strategy, 1_000_000).forEach((share, i) => {
    t.true(Math.abs(share - weights[i]! / 20) < 0.001, `${weights[i]} of 20 got ${share}`);
  });
});

test('a weight that changes, a leave and a join count from the next pick on', (t) => {
  const fleet = new Fleet([1, 1, 2], 3);
  const strategy = weightedRandom.create(fleet.env, {});
  fleet.changed(strategy);
  fleet.backends[0]!.weight = 7;
  fleet.down.add('b2');
  fleet.changed(strategy);
  const [a, b, c] = fleet.shares(strategy, 20_000);
  t.true(Math.abs(a! - 7 / 8) < 0.012 && Math.abs(b! - 1 / 8) < 0.012, `${a} ${b}`);
  t.is(c, 0);
});

test('a backend that comes back idle among busy ones gets its weight and no flood', (t) => {
  const fleet = new Fleet([1, 1, 1, 1], 5);
  const strategy = weightedRandom.create(fleet.env, {});
  for (const backend of fleet.backends) backend.inFlight = backend.id === 'b2' ? 0 : 50;
  fleet.down.add('b2');
  fleet.changed(strategy);
  fleet.down.clear();
  fleet.changed(strategy);
  const share = fleet.shares(strategy, 10_000)[2]!;
  t.true(Math.abs(share - 0.25) < 0.022, `${share}`);
});

test('a backend that fails at once attracts no more than its weight', (t) => {
  const fleet = new Fleet([1, 1, 2], 6);
  const strategy = weightedRandom.create(fleet.env, {});
  fleet.changed(strategy);
  let failed = 0;
  for (let i = 0; i < 10_000; i++) {
    const backend = fleet.pick(strategy)!;
    fleet.start(strategy, backend);
    if (backend.id !== 'b0') continue; // the others never answer, and fill up
    failed++;
    fleet.end(strategy, backend, 0.1, 'unreachable');
  }
  t.true(Math.abs(failed - 2500) < 220, `${failed}`);
});

test('balancers of one seed do not begin on the same backend: their requests differ, and with them the luck', (t) => {
  const firsts = new Set<string>();
  for (let request = 0; request < 40; request++) {
    const fleet = new Fleet([1, 1, 1, 1], 1);
    const random = luck(request);
    const strategy = weightedRandom.create({ now: () => 0, random }, {});
    fleet.changed(strategy);
    firsts.add(fleet.pick(strategy)!.id);
  }
  t.is(firsts.size, 4);
});
