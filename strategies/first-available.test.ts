import test from 'ava';
import fc from 'fast-check';
import firstAvailable from './first-available.ts';
import { Fleet, type Plain } from './fleet.test-support.ts';
import { Stage } from './stage.ts';
import type { Strategy } from './strategy.ts';

/** Five backends of two slots each, in a pool whose order is not that of their indices; x0 has index 0, and so on. */
function five(): { fleet: Fleet; strategy: Strategy; at: (index: number) => Plain } {
  const fleet = new Fleet([1, 1, 1, 1, 1], 2, 2);
  const strategy = firstAvailable.create(fleet.env, {});
  fleet.changed(strategy);
  return { fleet, strategy, at: (index) => fleet.backends.find((backend) => backend.index === index)! };
}

const rows: { sentence: string; busy: number[]; tried?: number[]; down?: number[]; gives: number }[] = [
  { sentence: 'an idle pool gives the lowest index, wherever it stands in the pool', busy: [], gives: 0 },
  { sentence: 'one with a slot left still gets the request', busy: [1], gives: 0 },
  { sentence: 'a full one is passed over', busy: [2], gives: 1 },
  { sentence: 'the first free one is found behind several that are full', busy: [2, 2, 2, 1], gives: 3 },
  { sentence: 'a slot freed further ahead wins over idle ones', busy: [2, 1, 2, 0, 0], gives: 1 },
  { sentence: 'when all are full, the first, and the balancer decides', busy: [2, 2, 2, 2, 2], gives: 0 },
  { sentence: 'when all are overfull, still the first', busy: [7, 2, 9, 2, 3], gives: 0 },
  { sentence: 'a retry goes to the next free one', busy: [0, 2, 0], tried: [0], gives: 2 },
  {
    sentence: 'a retry goes to an untried full one rather than back',
    busy: [0, 2, 2, 2, 2],
    tried: [0],
    gives: 1,
  },
  {
    sentence: 'when all were tried, the first free one',
    busy: [2],
    tried: [0, 1, 2, 3, 4],
    gives: 1,
  },
  { sentence: 'one that is down is not there, even idle', busy: [], down: [0, 1], gives: 2 },
];

for (const { sentence, busy, tried = [], down = [], gives } of rows) {
  test(`first-available: ${sentence}`, (t) => {
    const { fleet, strategy, at } = five();
    t.notDeepEqual(
      fleet.backends.map(({ index }) => index),
      [0, 1, 2, 3, 4],
      'the pool is shuffled',
    );
    for (const index of down) fleet.down.add(at(index).id);
    if (down.length > 0) fleet.changed(strategy);
    busy.forEach((times, index) => {
      for (let i = 0; i < times; i++) fleet.start(strategy, at(index));
    });
    t.is(fleet.pick(strategy, tried.map(at))?.index, gives);
  });
}

test('it fills one backend after the other, and drains in no particular order', (t) => {
  const { fleet, strategy, at } = five();
  const filled = Array.from({ length: 10 }, () => {
    const backend = fleet.pick(strategy)!;
    fleet.start(strategy, backend);
    return backend.index;
  });
  t.deepEqual(filled, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  for (const [index, next] of [
    [3, 3],
    [1, 1],
    [4, 1],
    [0, 0],
  ] as const) {
    fleet.end(strategy, at(index));
    t.is(fleet.pick(strategy)!.index, next);
  }
});

test('without a limit the first gets everything', (t) => {
  const stage = new Stage(firstAvailable, {}, { a: 1, b: 1, c: 1 });
  const first = stage.available.find(({ index }) => index === 0)!.id;
  stage.start(first, 1000);
  t.is(stage.pick(), first);
});

test('a revived first backend takes no more than its limit, and the flood goes on to the next', (t) => {
  const { fleet, strategy, at } = five();
  fleet.down.add(at(0).id);
  fleet.changed(strategy);
  for (let i = 0; i < 5; i++) fleet.start(strategy, fleet.pick(strategy)!);
  fleet.down.clear();
  fleet.changed(strategy);
  const flood = Array.from({ length: 5 }, () => {
    const backend = fleet.pick(strategy)!;
    fleet.start(strategy, backend);
    return backend.index;
  });
  t.deepEqual(flood, [0, 0, 3, 4, 4]);
});

test('known weakness, as the header says: a first backend that fails at once never fills, and gets everything', (t) => {
  const { fleet, strategy } = five();
  for (let i = 0; i < 100; i++) {
    const backend = fleet.pick(strategy)!;
    t.is(backend.index, 0);
    fleet.start(strategy, backend);
    fleet.end(strategy, backend, 0.1, 'unreachable');
  }
});

test('a pool of snapshots is read as it stands: a start elsewhere changes nothing until the board is refreshed', (t) => {
  const { fleet, strategy, at } = five();
  strategy.started?.({ ...at(0), inFlight: 99 }, fleet.request);
  t.is(fleet.pick(strategy)!.index, 0);
  at(0).inFlight = 2;
  fleet.changed(strategy);
  t.is(fleet.pick(strategy)!.index, 1);
});

test('a brute-force oracle on shuffled pools agrees, through starts, ends, limits, retries and failures', (t) => {
  const step = fc.record({
    do: fc.constantFrom('start', 'start', 'start', 'end', 'end', 'pick', 'pick', 'toggle', 'limit'),
    which: fc.nat(99),
    limit: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(Number.POSITIVE_INFINITY)),
    tried: fc.array(fc.nat(9), { maxLength: 4 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 }),
      fc.array(step, { maxLength: 120, size: 'max' }),
      fc.nat(),
      (n, steps, seed) => {
        const fleet = new Fleet(new Array<number>(n).fill(1), seed, 2);
        const strategy = firstAvailable.create(fleet.env, {});
        fleet.changed(strategy);
        for (const action of steps) {
          const backend = fleet.backends[action.which % n]!;
          if (action.do === 'start') fleet.start(strategy, backend);
          else if (action.do === 'end') {
            if (backend.inFlight > 0) fleet.end(strategy, backend);
          } else if (action.do === 'toggle') {
            if (!fleet.down.delete(backend.id)) fleet.down.add(backend.id);
            fleet.changed(strategy);
          } else if (action.do === 'limit') {
            backend.maxInFlight = action.limit;
            fleet.changed(strategy);
          } else {
            const tried = action.tried.map((i) => fleet.backends[i % n]!);
            const untried = fleet.pool.available.filter((candidate) => !tried.some((it) => it === candidate));
            const candidates = untried.length > 0 ? untried : fleet.pool.available;
            const free = candidates.filter(({ inFlight, maxInFlight }) => inFlight < maxInFlight);
            const [expected] = [...(free.length > 0 ? free : candidates)].sort((a, b) => a.index - b.index);
            if (fleet.pick(strategy, tried) !== expected) return false;
          }
        }
        return true;
      },
    ),
    { numRuns: 400 },
  );
  t.pass();
});
