import test from 'ava';
import fc from 'fast-check';
import leastResponseTime from './least-response-time.ts';
import { type averageKinds, ResponseAverage } from './response-average.ts';
import { Stage } from './stage.ts';

type Kind = (typeof averageKinds)[number];

const averages: { sentence: string; kind: Kind; play: (a: ResponseAverage) => void; gives: number }[] = [
  { sentence: 'nothing known is zero', kind: 'started', play: () => undefined, gives: 0 },
  {
    sentence: 'the article divides by requests started, so two in flight pull 90 ms down to 30',
    kind: 'started',
    play(a) {
      for (let i = 0; i < 3; i++) a.started(0);
      a.add(0, 90);
    },
    gives: 30,
  },
  {
    sentence: 'a request the client cancelled is taken out again',
    kind: 'started',
    play(a) {
      for (let i = 0; i < 3; i++) a.started(0);
      a.add(0, 90);
      a.withdrawn(0);
    },
    gives: 45,
  },
  {
    sentence: 'the mean of the finished does not see requests in flight',
    kind: 'finished',
    play(a) {
      for (let i = 0; i < 3; i++) a.started(0);
      a.add(0, 90);
      a.add(0, 30);
    },
    gives: 60,
  },
  {
    sentence: 'the EWMA takes the first sample whole and a tenth of each later one',
    kind: 'ewma',
    play(a) {
      a.add(0, 100);
      a.add(0, 200);
    },
    gives: 110,
  },
  {
    sentence: 'the last hundred forget the first ones',
    kind: 'last-100',
    play(a) {
      for (let i = 0; i < 50; i++) a.add(0, 1000);
      for (let i = 0; i < 100; i++) a.add(0, 7);
    },
    gives: 7,
  },
];

for (const { sentence, kind, play, gives } of averages) {
  test(`average ${kind}: ${sentence}`, (t) => {
    const average = new ResponseAverage(kind);
    average.reset(0);
    play(average);
    t.is(average.of(0), gives);
  });
}

test("the score is the article's: average × (1 + 0.1·q)", (t) => {
  const stage = new Stage(leastResponseTime, { average: 'finished' }, { a: 1, b: 1 });
  stage.serve('a', 100);
  stage.serve('b', 145);
  stage.start('a', 4);
  t.is(stage.pick(), 'a', '100 × 1.4 = 140 is below 145');
  stage.start('a', 1);
  t.is(stage.pick(), 'b', '100 × 1.5 = 150 is above 145');
});

test('a cold backend counts as 1 ms: it wins over 10 ms until 90 requests wait there', (t) => {
  const stage = new Stage(leastResponseTime, {}, { a: 1, b: 1 });
  stage.serve('a', 10);
  stage.start('b', 89);
  t.is(stage.pick(), 'b');
  stage.start('b', 2);
  t.is(stage.pick(), 'a');
});

test('equal scores are drawn, not given to the first', (t) => {
  const counts = new Stage(leastResponseTime, {}, { a: 1, b: 1, c: 1, d: 1 }).counts(4000);
  for (const count of Object.values(counts)) t.true(Math.abs(count - 1000) < 150, JSON.stringify(counts));
});

for (const kind of ['error', 'unreachable', 'reset', 'timeout'] as const) {
  test(`a cold backend that fails at once (${kind}) does not win every pick`, (t) => {
    const stage = new Stage(leastResponseTime, {}, { a: 1, b: 1 });
    stage.serve('a', 10);
    stage.serve('b', 0.2, kind);
    t.deepEqual(stage.counts(100), { a: 100, b: 0 });
  });
}

test("without a penalty, to the article's letter, the refusing backend is the black hole", (t) => {
  const stage = new Stage(leastResponseTime, { penalty: 0 }, { a: 1, b: 1 });
  stage.serve('a', 10);
  stage.serve('b', 0.2, 'unreachable');
  t.deepEqual(stage.counts(100), { a: 0, b: 100 });
});

test('a backend that comes back starts from the average of the others', (t) => {
  const stage = new Stage(leastResponseTime, { average: 'finished' }, { a: 1, b: 1, c: 1 });
  stage.serve('a', 20);
  stage.serve('b', 40);
  for (let i = 0; i < 5; i++) stage.serve('c', 1, 'unreachable');
  t.not(stage.pick(), 'c');
  stage.down('c');
  stage.up('c');
  t.is(stage.pick(), 'a', 'c at 30 does not take the flood');
  stage.start('a', 6);
  t.is(stage.pick(), 'c', '20 × 1.6 is above 30: c gets its part again');
});

test('known weakness, as the header says: one slow first sample on an equal backend starves it', (t) => {
  const stage = new Stage(leastResponseTime, { average: 'ewma' }, { a: 1, b: 1 });
  stage.serve('a', 10);
  stage.serve('b', 500);
  stage.world.time += 3_600_000;
  t.deepEqual(stage.counts(100), { a: 100, b: 0 });
});

test('the tied are drawn alike, wherever the slower ones stand among them', (t) => {
  const stage = new Stage(leastResponseTime, { average: 'finished' }, { a: 1, b: 1, c: 1, d: 1, e: 1 });
  for (const [id, latency] of Object.entries({ a: 90, b: 20, c: 70, d: 20, e: 20 })) stage.serve(id, latency);
  const counts = stage.counts(3000);
  for (const id of 'bde') t.true(Math.abs(counts[id]! - 1000) < 140, JSON.stringify(counts));
});

test('balancers of one seed do not begin on the same backend: their requests differ, and with them the luck', (t) => {
  const first = (seed: number) => new Stage(leastResponseTime, {}, { a: 1, b: 1, c: 1, d: 1 }, seed).pick();
  t.is(new Set(Array.from({ length: 40 }, (_, seed) => first(seed))).size, 4);
});

test('a brute-force oracle on shuffled pools agrees', (t) => {
  const step = fc.record({
    do: fc.constantFrom('start' as const, 'start' as const, 'end' as const, 'pick' as const),
    which: fc.nat(99),
    latency: fc.integer({ min: 1, max: 300 }),
    tried: fc.array(fc.nat(9), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(step, { maxLength: 100, size: 'max' }),
      fc.nat(),
      (n, steps, seed) => {
        const ids = Array.from({ length: n }, (_, i) => `b${i}`);
        const stage = new Stage(leastResponseTime, {}, Object.fromEntries(ids.map((id) => [id, 1])), seed);
        const totals = new Map(ids.map((id) => [id, { started: 0, total: 0 }]));
        const open: string[] = [];
        for (const action of steps) {
          const id = ids[action.which % n]!;
          if (action.do === 'start') {
            stage.start(id);
            open.push(id);
            totals.get(id)!.started++;
          } else if (action.do === 'end') {
            const [ended] = open.splice(action.which % open.length, 1);
            if (ended === undefined) continue;
            stage.end(ended, action.latency);
            totals.get(ended)!.total += action.latency;
          } else {
            const tried = action.tried.map((which) => ids[which % n]!);
            const untried = ids.filter((candidate) => !tried.includes(candidate));
            const candidates = untried.length > 0 ? untried : ids;
            const score = (candidate: string) => {
              const { started, total } = totals.get(candidate)!;
              return (total / started || 1) * (1 + 0.1 * stage.backend(candidate).inFlight);
            };
            const picked = stage.pick('', tried);
            const least = Math.min(...candidates.map(score));
            if (picked === undefined || !candidates.includes(picked) || score(picked) !== least) return false;
          }
        }
        return true;
      },
    ),
    { numRuns: 300 },
  );
  t.pass();
});
