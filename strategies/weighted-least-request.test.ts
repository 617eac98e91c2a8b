import test from 'ava';
import fc from 'fast-check';
import { Fleet } from './fleet.test-support.ts';
import { Stage } from './stage.ts';
import type { Env } from './strategy.ts';
import weightedLeastRequest from './weighted-least-request.ts';

const first = { bias: 1, start: 'first' } as const;

const rows: {
  sentence: string;
  bias: number;
  weights: Record<string, number>;
  busy: Record<string, number>;
  gives: string;
}[] = [
  {
    sentence: 'an idle pool of equal weights is a plain rotation: no tie goes to the first every time',
    bias: 1,
    weights: { a: 1, b: 1, c: 1 },
    busy: {},
    gives: 'abcabc',
  },
  {
    sentence: 'idle, 3,2,1 by hand: due at ⅓ ½ ⅔ 1 1 1',
    bias: 1,
    weights: { a: 3, b: 2, c: 1 },
    busy: {},
    gives: 'abaabc',
  },
  {
    sentence: 'one in flight halves its turns, from the pick that sees it on',
    bias: 1,
    weights: { a: 1, b: 1 },
    busy: { a: 1 },
    gives: 'abbabbabb',
  },
  {
    sentence: 'weight 2 with one in flight counts as weight 1',
    bias: 1,
    weights: { a: 2, b: 1 },
    busy: { a: 1 },
    gives: 'abababa',
  },
  {
    sentence: 'bias 2 squares: one in flight leaves a quarter of the turns',
    bias: 2,
    weights: { a: 1, b: 1 },
    busy: { a: 1 },
    gives: 'abbbbabbbb',
  },
  {
    sentence: 'bias 0 does not look at load',
    bias: 0,
    weights: { a: 1, b: 1 },
    busy: { a: 50 },
    gives: 'abababab',
  },
];

for (const { sentence, bias, weights, busy, gives } of rows) {
  test(`weighted-least-request: ${sentence}`, (t) => {
    const stage = new Stage(weightedLeastRequest, { bias, start: 'first' }, weights);
    for (const [id, times] of Object.entries(busy)) stage.start(id, times);
    t.is(stage.picks(gives.length), gives);
  });
}

test('a brute-force schedule on shuffled pools agrees, through starts, ends, retries, weights and failures', (t) => {
  const which = fc.nat(99);
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('start' as const), which }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), which }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('pick' as const),
        which,
        tried: fc.array(fc.nat(9), { maxLength: 4 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('toggle' as const), which }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('weigh' as const),
        which,
        weight: fc.integer({ min: 1, max: 5 }),
      }),
    },
  );
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 9 }),
      fc.array(step, { maxLength: 120, size: 'max' }),
      fc.constantFrom(0, 0.5, 1, 2),
      fc.nat(),
      (weights, steps, bias, seed) => {
        const fleet = new Fleet(weights, seed);
        const strategy = weightedLeastRequest.create(fleet.env, { bias, start: 'first' });
        // Deadlines as Envoy counts them, at 1/w for an idle turn; the clock is the deadline of the one due first.
        const due = new Map<string, number>();
        const turn = (id: string) => {
          const { inFlight, weight } = fleet.backends.find((backend) => backend.id === id)!;
          return (inFlight + 1) ** bias / weight;
        };
        const clock = () => (due.size === 0 ? 0 : Math.min(...due.values()));
        const changed = () => {
          fleet.changed(strategy);
          const now = clock();
          const present = new Set(fleet.pool.available.map(({ id }) => id));
          for (const id of due.keys()) if (!present.has(id)) due.delete(id);
          for (const id of present) if (!due.has(id)) due.set(id, now + turn(id));
        };
        changed();
        for (const action of steps) {
          const backend = fleet.backends[action.which % weights.length]!;
          if (action.do === 'start') fleet.start(strategy, backend);
          else if (action.do === 'end') {
            if (backend.inFlight > 0) fleet.end(strategy, backend);
          } else if (action.do === 'toggle') {
            if (!fleet.down.delete(backend.id)) fleet.down.add(backend.id);
            changed();
          } else if (action.do === 'weigh') {
            const now = clock();
            const rest = due.get(backend.id);
            if (rest !== undefined)
              due.set(backend.id, now + ((rest - now) * backend.weight) / action.weight);
            backend.weight = action.weight;
            changed();
          } else {
            const tried = action.tried.map((i) => fleet.backends[i % weights.length]!);
            const untried = fleet.pool.available.filter((candidate) => !tried.some((it) => it === candidate));
            const candidates = untried.length > 0 ? untried : fleet.pool.available;
            const picked = fleet.pick(strategy, tried);
            if (candidates.length === 0) {
              if (picked !== undefined) return false;
              continue;
            }
            const least = Math.min(...candidates.map(({ id }) => due.get(id)!));
            if (picked === undefined || !candidates.includes(picked)) return false;
            if (due.get(picked.id)! > least + 1e-9 * (1 + least)) return false;
            due.set(picked.id, due.get(picked.id)! + turn(picked.id));
          }
        }
        return true;
      },
    ),
    { numRuns: 400 },
  );
  t.pass();
});

test('over a million picks of an idle pool every share is within 0.1 point of its weight', (t) => {
  const weights = [5, 3, 1, 1, 0.7, 0.3];
  const fleet = new Fleet(weights, 2);
  const strategy = weightedLeastRequest.create(fleet.env, { bias: 1, start: 'random' });
  fleet.changed(strategy);
  fleet.shares(strategy, 1_000_000).forEach((share, i) => {
    t.true(Math.abs(share - weights[i]! / 11) < 0.001, `${weights[i]} of 11 got ${share}`);
  });
});

for (const bias of [0.5, 1, 3]) {
  test(`at steady queues the shares go by w ÷ (q+1)^${bias}`, (t) => {
    const fleet = new Fleet([4, 2, 1, 3], 3);
    const strategy = weightedLeastRequest.create(fleet.env, { bias, start: 'first' });
    [3, 0, 1, 2].forEach((busy, i) => {
      fleet.backends[i]!.inFlight = busy;
    });
    fleet.changed(strategy);
    const scaled = fleet.backends.map(({ weight, inFlight }) => weight / (inFlight + 1) ** bias);
    const total = scaled.reduce((sum, each) => sum + each, 0);
    fleet.shares(strategy, 100_000).forEach((share, i) => {
      t.true(Math.abs(share - scaled[i]! / total) < 0.001, `${i}: ${share}`);
    });
  });
}

test('known weakness, as the header says: picked at q = 9 it waits ten turns, even if it empties at once', (t) => {
  const stage = new Stage(weightedLeastRequest, first, { a: 1, b: 1 });
  stage.start('a', 9);
  t.is(stage.picks(2), 'ab', 'both were due after one turn; a is due again after ten more');
  for (let i = 0; i < 9; i++) stage.end('a');
  t.is(stage.picks(10), 'bbbbbbbbba');
  t.is(stage.picks(4), 'baba', 'from then on it is idle');
});

test('a backend that fails at once, the others at queue q, takes (q+1)/(q+n) and no more', (t) => {
  const fleet = new Fleet([1, 1, 1, 1, 1], 4);
  const strategy = weightedLeastRequest.create(fleet.env, first);
  for (const backend of fleet.backends) backend.inFlight = backend.id === 'b3' ? 0 : 4;
  fleet.changed(strategy);
  let failed = 0;
  for (let i = 0; i < 9000; i++) {
    const backend = fleet.pick(strategy)!;
    if (backend.id !== 'b3') continue;
    failed++;
    fleet.start(strategy, backend);
    fleet.end(strategy, backend, 0.1, 'unreachable');
  }
  t.true(Math.abs(failed - 5000) < 10, `${failed} of 9000, expected 5/9`);
});

test('a backend that comes back idle among busy ones does not take the whole flood', (t) => {
  const stage = new Stage(weightedLeastRequest, first, { a: 1, b: 1, c: 1, d: 1 });
  stage.down('c');
  for (const id of 'abd') stage.start(id, 20);
  stage.picks(300);
  stage.up('c');
  let got = 0;
  for (let i = 0; i < 20; i++) {
    const id = stage.pick()!;
    if (id === 'c') got++;
    stage.start(id);
  }
  // In the 20 or so turns in which each of the others is due once, c has its 1st, 3rd, 6th, 10th, 15th, …
  t.true(got >= 5 && got <= 14, `${got} of 20`);
});

test('a joiner waits one turn: it neither goes first nor starves', (t) => {
  const stage = new Stage(weightedLeastRequest, first, { a: 1, b: 1, c: 1 });
  stage.picks(100);
  stage.join('d', 1, 0);
  const picks = stage.picks(8);
  t.not(picks[0], 'd');
  t.is(picks.replaceAll(/[^d]/g, '').length, 2, picks);
});

test('the schedule stays exact when queues were huge: small turns are not lost against large deadlines', (t) => {
  const stage = new Stage(weightedLeastRequest, { bias: 10, start: 'first' }, { a: 1, b: 1, c: 1 });
  for (const id of 'abc') stage.start(id, 1000);
  stage.picks(30); // ten each: all are due at the same time, about 10³¹ turns away
  for (const id of 'abc') for (let i = 0; i < 1000; i++) stage.end(id);
  t.is(stage.picks(9), 'abcabcabc');
});

test('balancers of one fleet and one seed begin apart, with and without luck of their own', (t) => {
  for (const start of ['first', 'random'] as const) {
    const firsts = Array.from({ length: 8 }, (_, index) => {
      const fleet = new Fleet([1, 1, 1, 1], 1);
      const env: Env = { ...fleet.env, balancers: { index, count: 8 } };
      const strategy = weightedLeastRequest.create(env, { bias: 1, start });
      fleet.changed(strategy);
      return fleet.pick(strategy)!.id;
    });
    for (const id of ['b0', 'b1', 'b2', 'b3'])
      t.is(firsts.filter((picked) => picked === id).length, 2, `${start}: ${firsts.join()}`);
  }
});

test('balancers that do not know of each other begin at random, by weight', (t) => {
  let light = 0;
  for (let seed = 0; seed < 3000; seed++) {
    const fleet = new Fleet([9, 1], seed);
    const strategy = weightedLeastRequest.create(fleet.env, { bias: 1, start: 'random' });
    fleet.changed(strategy);
    if (fleet.pick(strategy)!.id === 'b1') light++;
  }
  t.true(light > 240 && light < 360, `${light} of 3000, expected 300`);
});
