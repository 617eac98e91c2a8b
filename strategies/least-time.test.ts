import test from 'ava';
import fc from 'fast-check';
import { FadingAverage } from './fading-average.ts';
import { Fleet } from './fleet.test-support.ts';
import leastTime from './least-time.ts';
import { Stage } from './stage.ts';
import type { OutcomeKind } from './strategy.ts';

type Played = Stage<typeof leastTime.options>;
const pair = { a: 1, b: 1 };
const failures = ['error', 'unreachable', 'reset', 'timeout'] as const;

/** The least time on the clock, in steps of a tenth of a second, after which the other is picked. */
function quietUntil(stage: Played, id: string): number {
  const from = stage.world.time;
  while (stage.pick() !== id) {
    stage.world.time += 100;
    if (stage.world.time - from > 1e6) return Number.POSITIVE_INFINITY;
  }
  return stage.world.time - from;
}

const rows: {
  sentence: string;
  weights: Record<string, number>;
  play: (s: Played) => void;
  gives: string;
}[] = [
  {
    sentence: 'the faster by a step wins',
    weights: pair,
    play(s) {
      s.serve('a', 45);
      s.serve('b', 30);
    },
    gives: 'bbbbb',
  },
  {
    sentence: 'with 30 ms (a step of 40) and one in flight, 45 ms (a step of 60) is sooner',
    weights: pair,
    play(s) {
      s.serve('a', 45);
      s.serve('b', 30);
      s.start('b');
    },
    gives: 'aaaaa',
  },
  {
    sentence: 'weight divides: 60 with weight 2 beats 40 with weight 1',
    weights: { a: 2, b: 1 },
    play(s) {
      s.serve('a', 45);
      s.serve('b', 30);
    },
    gives: 'aaaaa',
  },
  {
    sentence: 'a twentieth of a new sample: 30 and then 430 ms make 50, a step of 60',
    weights: { a: 1, b: 1 },
    play(s) {
      s.serve('b', 70);
      s.serve('a', 30);
      s.serve('a', 430);
    },
    gives: 'aaaaa',
  },
  {
    sentence: 'above five seconds all are equally bad, and queues decide',
    weights: pair,
    play(s) {
      s.serve('b', 60_000);
      s.serve('a', 6000);
      s.start('a');
    },
    gives: 'bbbbb',
  },
];

for (const { sentence, weights, play, gives } of rows) {
  test(`least-time: ${sentence}`, (t) => {
    const stage = new Stage(leastTime, {}, weights);
    play(stage);
    t.is(stage.picks(gives.length), gives);
  });
}

test('the time to the first byte is averaged instead, where asked for', (t) => {
  for (const [time, wins] of [
    ['last-byte', 'b'],
    ['header', 'a'],
  ] as const) {
    const stage = new Stage(leastTime, { time }, pair);
    const serve = (id: string, firstByte: number, latency: number) => {
      stage.start(id);
      stage.world.count(stage.backend(id), -1);
      stage.strategy.ended?.(stage.backend(id), { kind: 'ok', latency, firstByte });
    };
    serve('a', 10, 300);
    serve('b', 100, 150);
    t.is(stage.pick(), wins, time);
    serve('a', Number.NaN, 10); // a connection that ended well without a byte from the backend
    t.is(stage.pick(), wins, `${time}: no first byte poisons nothing`);
  }
});

test('an idle pool does not flood the first: within a step ties are drawn', (t) => {
  const stage = new Stage(leastTime, {}, { a: 1, b: 1, c: 1, d: 1 });
  for (const [id, latency] of Object.entries({ a: 3, b: 19, c: 8 })) stage.serve(id, latency); // d is cold
  const counts = stage.counts(4000);
  for (const count of Object.values(counts)) t.true(Math.abs(count - 1000) < 150, JSON.stringify(counts));
});

test('known weakness, as the header says: idle with unequal weights, the heaviest gets everything', (t) => {
  const stage = new Stage(leastTime, {}, { a: 3, b: 2 });
  t.deepEqual(stage.counts(100), { a: 100, b: 0 });
  stage.start('a', 1);
  t.is(stage.pick(), 'b', '20·2/3 is above 20·1/2');
});

for (const kind of failures) {
  test(`a cold backend that fails at once (${kind}) does not win the next pick`, (t) => {
    const stage = new Stage(leastTime, {}, pair);
    stage.serve('a', 300);
    t.is(stage.pick(), 'b');
    stage.serve('b', 0.1, kind);
    t.deepEqual(stage.counts(100), { a: 100, b: 0 });
  });

  test(`a fast backend that begins to fail at once (${kind}) is not a black hole while the others fill up`, (t) => {
    const fleet = new Fleet([1, 1, 1, 1], 3);
    const strategy = leastTime.create(fleet.env, {
      time: 'last-byte',
      quiet: 10_000,
      step: 20,
      penalty: 5000,
      cold: 'median',
      forget: false,
    });
    fleet.changed(strategy);
    for (let i = 0; i < 400; i++) {
      const backend = fleet.pick(strategy)!;
      fleet.start(strategy, backend);
      fleet.time += 1;
      fleet.end(strategy, backend, 15);
    }
    const lost: string[] = [];
    for (let i = 0; i < 120; i++) {
      const backend = fleet.pick(strategy)!;
      fleet.start(strategy, backend);
      fleet.time += 1;
      if (backend.id !== 'b0') continue; // the others take their time, so their queues grow
      lost.push(backend.id);
      fleet.end(strategy, backend, 0.1, kind);
    }
    t.true(lost.length > 0 && lost.length <= 6, `${lost.length} of 120`);
  });
}

test('without a penalty the refusing backend is the black hole', (t) => {
  const stage = new Stage(leastTime, { penalty: 0 }, pair);
  stage.serve('a', 300);
  stage.serve('b', 0.2, 'unreachable');
  t.deepEqual(stage.counts(100), { a: 0, b: 100 });
});

test('a request that the client cancelled says nothing', (t) => {
  const stage = new Stage(leastTime, {}, pair);
  stage.serve('a', 50);
  stage.serve('b', 30);
  stage.serve('b', 9000, 'cancelled');
  t.is(stage.pick(), 'b');
});

test('one early slow sample does not starve: at half per quiet period the backend is tried after log₂(ratio) of them', (t) => {
  const stage = new Stage(leastTime, {}, pair);
  stage.serve('b', 600);
  stage.serve('a', 10);
  const quiet = quietUntil(stage, 'b') + 610; // since it was sent its request
  t.true(
    quiet >= 50_000 && quiet < 52_000,
    `${quiet} ms; five halves of 600 ms are in the same step as 10 ms`,
  );
});

test('tried again it counts whole at once, so one request is sent and not a flood', (t) => {
  const stage = new Stage(leastTime, {}, pair);
  stage.serve('b', 600);
  stage.serve('a', 10);
  quietUntil(stage, 'b');
  stage.start('b');
  stage.start('a', 20);
  t.deepEqual(stage.counts(50), { a: 50, b: 0 });
  stage.end('b', 10);
  t.is(stage.counts(50).b, 0, 'one fast answer of twenty: 570.5 ms');
});

test('with `forget` the halved average stays, and one fast answer is enough to come back', (t) => {
  const stage = new Stage(leastTime, { forget: true }, pair);
  stage.serve('b', 600);
  stage.serve('a', 10);
  quietUntil(stage, 'b');
  stage.serve('b', 10);
  const { b } = stage.counts(1000);
  t.true(b! > 400 && b! < 600, `${b} of 1000`);
});

test('what is forgotten is all the quiet there was, also what came after the last look', (t) => {
  const average = new FadingAverage(1000);
  average.resize(1);
  average.reset(0, 0, 0);
  average.add(0, 4096);
  average.fade(0, 8500);
  t.is(average.of(0), 16);
  average.sent(0, 10_000, true);
  t.is(average.whole(0), 4, 'ten halves, and not the eight of the last look');
});

test('a time that rounding leaves just short of a period is a period: the next half is always ahead', (t) => {
  const quiet = 0.1 * 3;
  const average = new FadingAverage(quiet);
  average.resize(1);
  for (let k = 1; k < 60; k++) {
    average.reset(0, 1e9, 0.7);
    const now = 0.7 + quiet * k;
    average.fade(0, now);
    t.true(average.nextAt(0) > now, `${k}`);
  }
});

test('a backend that comes back starts from the median of the others: no flood, no shunning for its last errors', (t) => {
  const comeback = (cold: 'median' | 'zero') => {
    const stage = new Stage(leastTime, { cold }, { a: 1, b: 1, c: 1, d: 1 });
    for (const [id, latency] of Object.entries({ a: 110, b: 90, d: 4000 })) stage.serve(id, latency);
    for (let i = 0; i < 3; i++) stage.serve('c', 1, 'unreachable');
    stage.down('c');
    for (const id of 'abd') stage.start(id, 4);
    stage.up('c');
    let got = 0;
    for (let i = 0; i < 40; i++) {
      const id = stage.pick()!;
      if (id === 'c') got++;
      stage.start(id);
    }
    return got;
  };
  const fair = comeback('median');
  t.true(fair >= 10 && fair <= 20, `${fair} of 40: level with a and b at the same average`);
  t.true(comeback('zero') >= 25, "nginx's start at zero takes most of them");
});

test('a joiner that takes the index of one that left does not inherit its average', (t) => {
  const stage = new Stage(leastTime, {}, { a: 1, b: 1, c: 1 });
  for (const [id, latency] of Object.entries({ a: 30, b: 30, c: 900 })) stage.serve(id, latency);
  const { index } = stage.backend('c');
  stage.leave('c').join('e');
  t.is(stage.backend('e').index, index);
  const { e } = stage.counts(300);
  t.true(e! > 60 && e! < 140, `${e} of 300`);
});

test('balancers of one seed do not begin on the same backend: their requests differ, and with them the luck', (t) => {
  const firsts = new Set<string | undefined>();
  for (let seed = 0; seed < 40; seed++)
    firsts.add(new Stage(leastTime, {}, { a: 1, b: 1, c: 1, d: 1 }, seed).pick());
  t.is(firsts.size, 4);
});

test('a brute-force oracle on shuffled pools agrees, through outcomes, quiet times, retries and failures', (t) => {
  const step = fc.record({
    do: fc.constantFrom('start', 'start', 'end', 'end', 'pick', 'pick', 'pick', 'wait', 'toggle'),
    which: fc.nat(99),
    latency: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 9000 })),
    kind: fc.constantFrom<OutcomeKind>('ok', 'ok', 'ok', 'unreachable', 'timeout', 'cancelled'),
    tried: fc.array(fc.nat(9), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 }),
      fc.array(step, { maxLength: 120, size: 'max' }),
      fc.boolean(),
      fc.constantFrom('median' as const, 'zero' as const),
      fc.nat(),
      (weights, steps, forget, cold, seed) => {
        const fleet = new Fleet(weights, seed);
        const options = { time: 'last-byte', quiet: 1000, step: 20, penalty: 5000, cold, forget } as const;
        const strategy = leastTime.create(fleet.env, options);
        const model = new Map<string, { average: number; own: boolean; sentAt: number }>();
        const changed = () => {
          fleet.changed(strategy);
          const present = new Set(fleet.pool.available.map(({ id }) => id));
          for (const id of model.keys()) if (!present.has(id)) model.delete(id);
          const averages = [...model.values()].map(({ average }) => average).filter((average) => average > 0);
          averages.sort((a, b) => a - b);
          const median = averages[Math.floor((averages.length - 1) / 2)] ?? 0;
          for (const id of present)
            if (!model.has(id))
              model.set(id, { average: cold === 'median' ? median : 0, own: false, sentAt: fleet.time });
        };
        const eta = ({ id, inFlight, weight }: { id: string; inFlight: number; weight: number }) => {
          const { average, sentAt } = model.get(id)!;
          const rt = average * 0.5 ** Math.floor((fleet.time - sentAt) / 1000);
          return ((rt > 5000 ? 5000 : (Math.floor(rt / 20) + 1) * 20) * (1 + inFlight)) / weight;
        };
        changed();
        for (const action of steps) {
          const backend = fleet.backends[action.which % weights.length]!;
          const entry = model.get(backend.id);
          if (action.do === 'wait') fleet.time += action.latency;
          else if (action.do === 'toggle') {
            if (!fleet.down.delete(backend.id)) fleet.down.add(backend.id);
            changed();
          } else if (action.do === 'start') {
            // As a dispatcher does: a pick comes before every start, at the same time.
            fleet.pick(strategy);
            fleet.start(strategy, backend);
            if (entry === undefined) continue;
            if (forget) entry.average *= 0.5 ** Math.floor((fleet.time - entry.sentAt) / 1000);
            entry.sentAt = fleet.time;
          } else if (action.do === 'end') {
            if (backend.inFlight === 0) continue;
            fleet.end(strategy, backend, action.latency, action.kind);
            if (entry === undefined || action.kind === 'cancelled') continue;
            const sample = action.kind === 'ok' ? action.latency : Math.max(5000, action.latency);
            entry.average = entry.own ? 0.05 * sample + 0.95 * entry.average : sample;
            entry.own = true;
          } else {
            const tried = action.tried.map((i) => fleet.backends[i % weights.length]!);
            const untried = fleet.pool.available.filter((candidate) => !tried.some((it) => it === candidate));
            const candidates = untried.length > 0 ? untried : fleet.pool.available;
            const picked = fleet.pick(strategy, tried);
            if (candidates.length === 0) {
              if (picked !== undefined) return false;
              continue;
            }
            const least = Math.min(...candidates.map(eta));
            if (!candidates.some((candidate) => candidate === picked && eta(candidate) === least))
              return false;
          }
        }
        return true;
      },
    ),
    { numRuns: 400 },
  );
  t.pass();
});
