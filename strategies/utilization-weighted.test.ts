import test from 'ava';
import fc from 'fast-check';
import { Stage } from './stage.ts';
import type { Env, LoadReport } from './strategy.ts';
import utilizationWeighted from './utilization-weighted.ts';

type Said = Pick<LoadReport, 'utilization' | 'rate'> & Partial<LoadReport>;

/** Every backend answers once, with its report. */
function report(stage: Stage<typeof utilizationWeighted.options>, said: Record<string, Said>): void {
  for (const [id, each] of Object.entries(said)) stage.serve(id, 0, 'ok', each);
}

/** Reports for as long as the blackout lasts, and a little more: from then on they count. */
function settle(stage: Stage<typeof utilizationWeighted.options>, said: Record<string, Said>): void {
  for (let second = 0; second <= 11; second++) {
    stage.world.time += 1000;
    report(stage, said);
  }
}

const rows: {
  sentence: string;
  options?: Partial<{ blackout: number; expiration: number; update: number; penalty: number }>;
  members: readonly string[];
  said: Record<string, Said>;
  /** Shares of 10,000 picks. */
  gives: Record<string, number>;
}[] = [
  {
    sentence: '100/s at half use can take twice what 100/s at full use can',
    members: ['a', 'b'],
    said: { a: { rate: 100, utilization: 0.5 }, b: { rate: 100, utilization: 1 } },
    gives: { a: 2 / 3, b: 1 / 3 },
  },
  {
    sentence: 'one that has said nothing gets the mean of those that have',
    members: ['a', 'b', 'c'],
    said: { a: { rate: 300, utilization: 0.5 }, b: { rate: 100, utilization: 0.5 } },
    gives: { a: 600 / 1200, b: 200 / 1200, c: 400 / 1200 },
  },
  {
    sentence: 'a single weight is no basis for comparison: all are equal',
    members: ['a', 'b', 'c'],
    said: { a: { rate: 300, utilization: 0.1 } },
    gives: { a: 1 / 3, b: 1 / 3, c: 1 / 3 },
  },
  {
    sentence: 'errors count as use: half the requests failing adds half',
    members: ['a', 'b'],
    said: { a: { rate: 100, utilization: 0.5, errors: 50 }, b: { rate: 100, utilization: 0.5 } },
    gives: { a: 1 / 3, b: 2 / 3 },
  },
  {
    sentence: 'and three times as much with three times the penalty',
    options: { penalty: 3 },
    members: ['a', 'b'],
    said: { a: { rate: 100, utilization: 0.5, errors: 50 }, b: { rate: 100, utilization: 0.5 } },
    gives: { a: 0.2, b: 0.8 },
  },
  {
    sentence: 'reports of no use or no requests are empty and change nothing',
    members: ['a', 'b', 'c'],
    said: {
      a: { rate: 0, utilization: 0.5 },
      b: { rate: 100, utilization: 0 },
      c: { rate: 100, utilization: 1 },
    },
    gives: { a: 1 / 3, b: 1 / 3, c: 1 / 3 },
  },
  {
    sentence: 'a backend cannot talk itself above ten times the mean, nor below a tenth of it',
    members: ['a', ...Array.from({ length: 20 }, (_, i) => `x${i}`)],
    said: {
      a: { rate: 1e9, utilization: 0.01 },
      ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`x${i}`, { rate: 1, utilization: 1 }])),
    },
    gives: { a: 10 / 12, x0: 0.1 / 12, x19: 0.1 / 12 },
  },
];

for (const { sentence, options = {}, members, said, gives } of rows) {
  test(`utilization-weighted: ${sentence}`, (t) => {
    const stage = new Stage(utilizationWeighted, options, Object.fromEntries(members.map((id) => [id, 1])));
    settle(stage, said);
    const counts = stage.counts(10_000);
    for (const [id, share] of Object.entries(gives)) {
      t.true(Math.abs(counts[id]! / 10_000 - share) < 0.001, `${id}: ${counts[id]} for ${share}`);
      t.true(Math.abs(stage.strategy.distribution!()[id]! - share) < 1e-9);
    }
  });
}

const unequal = { a: { rate: 300, utilization: 0.5 }, b: { rate: 100, utilization: 0.5 } };
const share = (stage: Stage<typeof utilizationWeighted.options>, id = 'a') =>
  stage.strategy.distribution!()[id]!;

test('during the blackout all are equal, and from its end on weights count', (t) => {
  const stage = new Stage(utilizationWeighted, {}, { a: 1, b: 1 });
  report(stage, unequal);
  for (let at = 0; at <= 12_000; at += 500) {
    stage.world.time = at;
    stage.pick();
    t.is(share(stage), at < 10_000 ? 0.5 : 0.75, `at ${at} ms`);
  }
});

test('weights are computed once per update period: a new report waits for the next', (t) => {
  const stage = new Stage(utilizationWeighted, {}, { a: 1, b: 1 });
  settle(stage, unequal);
  stage.pick();
  const from = stage.world.time;
  report(stage, { b: { rate: 300, utilization: 0.5 } });
  stage.world.time = from + 999;
  stage.pick();
  t.is(share(stage), 0.75);
  stage.world.time = from + 1000;
  stage.pick();
  t.is(share(stage), 0.5);
});

test('computing weights anew costs the light no turn, however few picks there are between two updates', (t) => {
  const stage = new Stage(utilizationWeighted, {}, { a: 1, b: 1 });
  const said = { a: { rate: 900, utilization: 1 }, b: { rate: 100, utilization: 1 } };
  settle(stage, said);
  const counts = { a: 0, b: 0 };
  for (let second = 0; second < 300; second++) {
    stage.world.time += 1000;
    report(stage, said);
    for (let i = 0; i < 3; i++) counts[stage.pick() as 'a' | 'b']++;
  }
  t.true(Math.abs(counts.b - 90) <= 1, `${counts.b}`);
});

test('a weight expires three minutes after its last report, and then the blackout applies again', (t) => {
  const stage = new Stage(utilizationWeighted, {}, { a: 1, b: 1, c: 1 });
  settle(stage, { ...unequal, c: { rate: 800, utilization: 1 } });
  const silent = stage.world.time;
  const others = { a: unequal.a, b: unequal.b };
  while (stage.world.time < silent + 179_000) {
    stage.world.time += 1000;
    report(stage, others);
    stage.pick();
    t.is(share(stage, 'c'), 0.5);
  }
  stage.world.time = silent + 180_000;
  stage.pick();
  t.is(share(stage, 'c'), 1 / 3, 'the mean of the others');
  report(stage, { ...others, c: { rate: 800, utilization: 1 } });
  stage.world.time += 9_000;
  stage.pick();
  t.is(share(stage, 'c'), 1 / 3, 'heard again, in the blackout');
  stage.world.time += 1_000;
  stage.pick();
  t.is(share(stage, 'c'), 0.5);
});

test('a response that carries no report does not keep the last one fresh', (t) => {
  const stage = new Stage(utilizationWeighted, {}, { a: 1, b: 1 });
  settle(stage, unequal);
  for (let second = 0; second <= 180; second++) {
    stage.world.time += 1000;
    report(stage, { b: unequal.b });
    stage.serve('a', 0);
  }
  stage.pick();
  t.is(share(stage), 0.5);
});

test('a revived backend starts from the mean: its report from before, and its idle ones, bring no flood', (t) => {
  const stage = new Stage(utilizationWeighted, {}, { a: 1, b: 1, c: 1 });
  settle(stage, { ...unequal, c: unequal.b });
  stage.world.time += 6000;
  stage.down('a').up('a');
  stage.serve('a', 0, 'reset'); // ends with the report of before the outage still on it
  stage.world.time += 5000;
  report(stage, { a: { rate: 1000, utilization: 0.01 }, b: unequal.b, c: unequal.b });
  t.true(Math.abs(stage.counts(9000).a! - 3000) <= 2);
});

for (const [penalty, most] of [
  [1, 0.08],
  [0, 0.7],
] as const) {
  test(`a backend that fails at once and says so gets ${penalty === 1 ? 'less than its share' : 'the flood without the penalty'}`, (t) => {
    const members = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`b${i}`, 1]));
    const stage = new Stage(utilizationWeighted, { penalty }, members);
    const healthy = { rate: 100, utilization: 0.7 };
    const said = Object.fromEntries(Object.keys(members).map((id) => [id, healthy as Said]));
    said.b3 = { rate: 100, errors: 100, utilization: 0.01 };
    settle(stage, said);
    const counts = stage.counts(10_000);
    t.true(penalty === 1 ? counts.b3! / 10_000 < most : counts.b3! / 10_000 > 0.5, `${counts.b3}`);
  });
}

test('a backend that refuses attracts no more than before, however often', (t) => {
  const stage = new Stage(utilizationWeighted, {}, { a: 1, b: 1 });
  settle(stage, { a: unequal.b, b: unequal.b });
  for (let i = 0; i < 1000; i++) stage.serve('a', 0.3, 'unreachable');
  t.true(Math.abs(stage.counts(1000).a! - 500) <= 2);
});

test('one early slow report does not starve: the backend still gets the turns that correct it', (t) => {
  const stage = new Stage(utilizationWeighted, {}, { a: 1, b: 1 });
  settle(stage, { a: { rate: 0.01, utilization: 1 }, b: { rate: 100, utilization: 0.5 } });
  const turns = stage.counts(1000).a!;
  t.true(turns >= 1000 * 0.04, `${turns}`);
});

test('a fleet of balancers of one seed, whatever their luck, does not start on the same backend', (t) => {
  const ids = Array.from({ length: 16 }, (_, i) => `b${i}`);
  const first = (index: number, count: number) => {
    const { world } = new Stage(utilizationWeighted, {}, Object.fromEntries(ids.map((id) => [id, 1])));
    const env: Env = { now: world.env.now, random: world.env.random, balancers: { index, count } };
    const strategy = utilizationWeighted.create(env, {
      blackout: 0,
      expiration: 1,
      update: 1000,
      penalty: 1,
    });
    strategy.poolChanged?.(world.pool);
    return strategy.pick(world.pool, world.request('', []))!.id;
  };
  const firsts = new Set(Array.from({ length: 8 }, (_, index) => first(index, 8)));
  t.true(firsts.size >= 5, [...firsts].join(' '));
});

test('shares follow reported capacity, on shuffled pools, whatever rates the reports were made at', (t) => {
  const backend = fc.record({
    capacity: fc.integer({ min: 50, max: 400 }), // within a tenth and ten times any mean
    use: fc.double({ min: 0.05, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(backend, { minLength: 2, maxLength: 9 }), fc.nat(), (backends, seed) => {
      const members = Object.fromEntries(backends.map((_, i) => [`b${i}`, 1 + (i % 3)]));
      const stage = new Stage(utilizationWeighted, {}, members, seed);
      const said = Object.fromEntries(
        backends.map(({ capacity, use }, i) => [`b${i}`, { rate: capacity * use, utilization: use }]),
      );
      settle(stage, said);
      const counts = stage.counts(2000);
      const total = backends.reduce((sum, { capacity }) => sum + capacity, 0);
      // Earliest deadline first is within a turn of the fair share, and within two over a stretch that starts anywhere.
      return backends.every(({ capacity }, i) => Math.abs(counts[`b${i}`]! - (2000 * capacity) / total) <= 2);
    }),
    { numRuns: 100 },
  );
  t.pass();
});
