import test from 'ava';
import fc from 'fast-check';
import aperture from './aperture.ts';
import { Fleet, luck } from './fleet.test-support.ts';
import type { Backend, Strategy } from './strategy.ts';

type Options = Parameters<typeof aperture.create>[1];
const usual: Options = { target: 1, band: 0.125, window: 15_000, minimum: 1 };

function open(
  n: number,
  options: Partial<Options> = {},
  seed = 1,
  balancers?: { index: number; count: number },
) {
  const fleet = new Fleet(new Array(n).fill(1), seed);
  const env = balancers === undefined ? fleet.env : { ...fleet.env, balancers };
  const strategy = aperture.create(env, { ...usual, ...options });
  fleet.changed(strategy);
  return { fleet, strategy };
}

/** Ids inside, in order of the pool. */
const inside = (strategy: Strategy) =>
  Object.entries(strategy.distribution!())
    .filter(([, share]) => share > 0)
    .map(([id]) => id);

/** Holds so many requests in flight for a while: one ends and another starts every ms. */
function hold(fleet: Fleet, strategy: Strategy, concurrency: number, ms: number): void {
  const busy = fleet.backends.flatMap((it) => new Array<typeof it>(it.inFlight).fill(it));
  while (busy.length > concurrency) fleet.end(strategy, busy.pop()!);
  for (let i = 0; i < ms; i++) {
    fleet.time++;
    if (busy.length >= concurrency && busy.length > 0) fleet.end(strategy, busy.shift()!);
    while (busy.length < concurrency) {
      const picked = fleet.pick(strategy)!;
      fleet.start(strategy, picked);
      busy.push(picked);
    }
  }
}

const rows: {
  sentence: string;
  options?: Partial<Options>;
  n: number;
  concurrency: number;
  least: number;
  most: number;
}[] = [
  {
    sentence: 'ten in flight are ten backends at one each, within the band',
    n: 100,
    concurrency: 10,
    least: 9,
    most: 12,
  },
  { sentence: 'forty in flight are forty backends', n: 100, concurrency: 40, least: 36, most: 46 },
  { sentence: 'one at a time needs one backend', n: 100, concurrency: 1, least: 1, most: 1 },
  { sentence: 'more than the pool can take is the whole pool', n: 8, concurrency: 50, least: 8, most: 8 },
  {
    sentence: 'a target of five is a fifth of the backends',
    options: { target: 5 },
    n: 100,
    concurrency: 50,
    least: 8,
    most: 12,
  },
  {
    sentence: 'never fewer than the minimum',
    options: { minimum: 20 },
    n: 100,
    concurrency: 3,
    least: 20,
    most: 20,
  },
  {
    sentence: 'a pool smaller than the minimum is used whole',
    options: { minimum: 20 },
    n: 6,
    concurrency: 3,
    least: 6,
    most: 6,
  },
];

for (const { sentence, options, n, concurrency, least, most } of rows) {
  test(sentence, (t) => {
    const { fleet, strategy } = open(n, options);
    hold(fleet, strategy, concurrency, 120_000);
    const size = inside(strategy).length;
    t.true(size >= least && size <= most, `${size}`);
  });
}

test('the load is averaged over the window: a burst of a tenth of it moves the aperture a little, and back', (t) => {
  const { fleet, strategy } = open(200);
  hold(fleet, strategy, 10, 100_000);
  const before = inside(strategy).length;
  hold(fleet, strategy, 100, 1500);
  const burst = inside(strategy).length;
  t.true(burst > before && burst < 25, `${before}, then ${burst}`);
  hold(fleet, strategy, 10, 100_000);
  const after = inside(strategy).length;
  t.true(after <= 12, `${after}`);
});

test('load that ends narrows the aperture by one for each start and end, and not at once', (t) => {
  const { fleet, strategy } = open(100);
  hold(fleet, strategy, 40, 100_000);
  const wide = inside(strategy).length;
  hold(fleet, strategy, 1, 1);
  t.is(inside(strategy).length, wide, 'the average has not moved yet');
  hold(fleet, strategy, 1, 120_000);
  t.is(inside(strategy).length, 1);
});

test('apertures are nested: a smaller one is a part of every larger one', (t) => {
  const { fleet, strategy } = open(60);
  let smaller: string[] = [];
  for (const concurrency of [1, 5, 20, 60]) {
    hold(fleet, strategy, concurrency, 100_000);
    const now = inside(strategy);
    t.true(now.length > smaller.length && smaller.every((id) => now.includes(id)));
    smaller = now;
  }
});

test('nobody outside is picked, and inside everybody is, evenly', (t) => {
  const { fleet, strategy } = open(50, { minimum: 5 });
  const ids = inside(strategy);
  const shares = fleet.shares(strategy, 20_000);
  fleet.backends.forEach(({ id }, i) => {
    const expected = ids.includes(id) ? 0.2 : 0;
    t.true(Math.abs(shares[i]! - expected) < 0.02, `${id} ${shares[i]}`);
  });
});

test('inside it is P2C with distinct draws: with two backends the less loaded for its weight wins every time', (t) => {
  const fleet = new Fleet([3, 1]);
  const strategy = aperture.create(fleet.env, { ...usual, minimum: 2 });
  fleet.changed(strategy);
  const [heavy, light] = fleet.backends;
  heavy!.inFlight = 2;
  light!.inFlight = 1;
  for (let i = 0; i < 200; i++) t.is(fleet.pick(strategy), heavy);
});

test('a member that is down leaves its place to the next in order, and has it again when it is back', (t) => {
  const { fleet, strategy } = open(30, { minimum: 6 });
  const before = inside(strategy);
  const lost = before[2]!;
  fleet.down.add(lost);
  fleet.changed(strategy);
  const during = inside(strategy);
  t.is(during.length, 6);
  t.is(during.filter((id) => before.includes(id)).length, 5);
  fleet.down.clear();
  fleet.changed(strategy);
  t.deepEqual(inside(strategy), before);
});

test('an outage of most of the pool does not make it forget how wide it was', (t) => {
  const { fleet, strategy } = open(40);
  hold(fleet, strategy, 20, 100_000);
  const before = inside(strategy);
  for (const { id } of fleet.backends.slice(2)) fleet.down.add(id);
  fleet.changed(strategy);
  t.is(inside(strategy).length, 2);
  fleet.down.clear();
  fleet.changed(strategy);
  t.deepEqual(inside(strategy), before);
});

test('joins change the aperture by as many as come into it: the order of the others stays', (t) => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 2, max: 30 }),
      fc.integer({ min: 1, max: 6 }),
      (seed, n, joiners) => {
        const { fleet, strategy } = open(n + joiners, { minimum: 8 }, seed);
        const all = [...fleet.backends];
        fleet.backends.length = n;
        fleet.changed(strategy);
        const before = inside(strategy);
        fleet.backends.splice(0, n, ...all);
        fleet.changed(strategy);
        const kept = before.filter((id) => inside(strategy).includes(id)).length;
        return kept >= before.length - joiners;
      },
    ),
  );
  t.pass();
});

test('the trap of one seed for all: balancers of a fleet have different apertures, and together cover it', (t) => {
  const firsts = new Set<string>();
  const covered = new Set<string>();
  for (let index = 0; index < 40; index++) {
    const ids = inside(open(20, { minimum: 4 }, 7, { index, count: 40 }).strategy);
    firsts.add(ids.join());
    for (const id of ids) covered.add(id);
  }
  t.true(firsts.size > 35, `${firsts.size}`);
  t.is(covered.size, 20);
});

test('the seed gives the order: the same one again, another with another', (t) => {
  const ids = (seed: number) => {
    const fleet = new Fleet(new Array(100).fill(1));
    const strategy = aperture.create({ ...fleet.env, random: luck(seed) }, { ...usual, minimum: 10 });
    fleet.changed(strategy);
    return inside(strategy);
  };
  t.deepEqual(ids(3), ids(3));
  t.notDeepEqual(ids(3), ids(4));
});

test('a retry stays inside while somebody there is untried, then takes the next in order outside', (t) => {
  const { fleet, strategy } = open(9, { minimum: 3 });
  const ids = inside(strategy);
  const tried: Backend[] = [];
  for (let i = 0; i < 9; i++) tried.push(fleet.pick(strategy, tried)!);
  t.deepEqual(new Set(tried.slice(0, 3).map(({ id }) => id)), new Set(ids));
  t.is(new Set(tried).size, 9);
  t.true(ids.includes(fleet.pick(strategy, tried)!.id), 'all tried: as if none had been');
});

test('ends that no start matches do not make the load negative', (t) => {
  const { fleet, strategy } = open(20);
  for (let i = 0; i < 50; i++) strategy.ended?.(fleet.backends[0]!, { kind: 'ok', latency: 1, firstByte: 1 });
  hold(fleet, strategy, 8, 100_000);
  t.true(inside(strategy).length >= 7);
});
