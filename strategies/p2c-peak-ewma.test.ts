import test from 'ava';
import fc from 'fast-check';
import peakEwma from './p2c-peak-ewma.ts';
import { Stage } from './stage.ts';

const pair = { a: 1, b: 1 };

test('a peak counts at once and in full', (t) => {
  const stage = new Stage(peakEwma, {}, pair);
  stage.serve('a', 10);
  stage.serve('b', 20);
  t.deepEqual(stage.counts(50), { a: 50, b: 0 });
  stage.serve('a', 30);
  t.deepEqual(stage.counts(50), { a: 0, b: 50 });
});

test('cost is latency times the queue with this request: 10·(2+1) loses to 20·(0+1)', (t) => {
  const stage = new Stage(peakEwma, {}, pair);
  stage.serve('a', 10);
  stage.serve('b', 20);
  stage.start('a', 2);
  t.is(stage.picks(5), 'bbbbb');
});

test('with no history an idle backend is probed, and while the probe is out nobody else is sent there', (t) => {
  const stage = new Stage(peakEwma, {}, pair);
  stage.serve('a', 10);
  t.is(stage.picks(3), 'bbb');
  stage.start('b');
  stage.start('a', 1000);
  t.is(stage.picks(3), 'aaa', 'the penalty exceeds any real cost');
});

for (const kind of ['error', 'unreachable', 'reset', 'timeout'] as const) {
  test(`a backend that fails within a millisecond (${kind}) attracts nothing`, (t) => {
    const stage = new Stage(peakEwma, {}, { a: 1, b: 1, c: 1 });
    stage.serve('a', 10);
    stage.serve('b', 10);
    stage.serve('c', 0.3, kind);
    stage.start('a', 20);
    stage.start('b', 20);
    t.is(stage.counts(200).c, 0);
  });
}

test('a cold backend that refuses does not win the next pick by having been fast', (t) => {
  const stage = new Stage(peakEwma, {}, pair);
  stage.serve('a', 10);
  t.is(stage.pick(), 'b');
  stage.serve('b', 0.1, 'unreachable');
  t.is(stage.picks(5), 'aaaaa');
});

test('a request that the client cancelled says nothing', (t) => {
  const stage = new Stage(peakEwma, {}, pair);
  stage.serve('a', 10);
  stage.serve('b', 5);
  stage.serve('b', 9000, 'cancelled');
  stage.serve('a', 10);
  t.is(stage.pick(), 'b');
});

test('one slow sample does not starve: after τ·ln(k) of quiet the backend is tried again', (t) => {
  const stage = new Stage(peakEwma, {}, pair);
  stage.serve('b', 1000);
  const retriedAfter = () => {
    const from = stage.world.time;
    for (;;) {
      stage.serve('a', 10); // its average is at its latency
      if (stage.pick() === 'b') return stage.world.time - from;
    }
  };
  const quiet = retriedAfter();
  t.true(Math.abs(quiet - 10_000 * Math.log(100)) < 500, `${quiet} ms`);
});

test('a hung backend attracts again after about τ·ln(q+1), until its timeout is recorded', (t) => {
  const stage = new Stage(peakEwma, {}, pair);
  stage.serve('a', 10);
  stage.serve('b', 10);
  stage.start('b', 9);
  const from = stage.world.time;
  for (;;) {
    stage.serve('a', 10);
    if (stage.pick() === 'b') break;
  }
  const quiet = stage.world.time - from;
  t.true(Math.abs(quiet - 10_000 * Math.log(10)) < 300, `${quiet} ms`);
  stage.end('b', quiet, 'timeout');
  t.is(stage.pick(), 'a');
});

test('without decay on read a slow sample stays as it was', (t) => {
  const stage = new Stage(peakEwma, { decayOnRead: false }, pair);
  stage.serve('b', 1000);
  stage.serve('a', 10);
  stage.world.time += 1e7;
  t.is(stage.picks(3), 'aaa');
});

test('a backend that comes back after being down is probed, not shunned for its last errors', (t) => {
  const stage = new Stage(peakEwma, {}, pair);
  stage.serve('a', 10);
  stage.serve('b', 1, 'unreachable');
  stage.down('b');
  stage.up('b');
  t.is(stage.pick(), 'b');
});

test('the share of every rank of latency is the binomial one, on shuffled pools', (t) => {
  // P(rank r wins) over 2 distinct draws of 6: (5 − r) ÷ 15. A broken reservoir over the candidates would not keep it.
  fc.assert(
    fc.property(fc.shuffledSubarray([...'abcdef'], { minLength: 6 }), fc.nat(), (shuffled, seed) => {
      const stage = new Stage(peakEwma, {}, { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 }, seed);
      shuffled.forEach((id, rank) => {
        stage.serve(id, 10 * (rank + 1));
      });
      const counts = stage.counts(6000);
      return shuffled.every((id, rank) => {
        const expected = (6000 * (5 - rank)) / 15;
        return Math.abs(counts[id]! - expected) <= 5.5 * Math.sqrt(expected + 1);
      });
    }),
    { numRuns: 20, seed: 1 },
  );
  t.pass();
});

test('an idle, cold pool is shared alike: a tie goes to the first drawn, not to the first in the pool', (t) => {
  const counts = new Stage(peakEwma, {}, { a: 1, b: 1, c: 1, d: 1 }).counts(8000);
  for (const count of Object.values(counts)) t.true(Math.abs(count - 2000) < 200, JSON.stringify(counts));
});

test('a backend that comes back is probed with one request, and takes no flood while that is out', (t) => {
  const stage = new Stage(peakEwma, {}, { a: 1, b: 1, c: 1, d: 1 });
  for (const id of 'abcd') stage.serve(id, 10);
  stage.down('c');
  for (const id of 'abd') stage.start(id, 20);
  stage.up('c');
  let probes = 0;
  for (let i = 0; i < 200; i++) {
    const id = stage.pick()!;
    if (id === 'c') probes++;
    stage.start(id);
  }
  t.is(probes, 1);
});

test('balancers of one seed do not begin on the same backend: their requests differ, and with them the luck', (t) => {
  const first = (seed: number) => new Stage(peakEwma, {}, { a: 1, b: 1, c: 1, d: 1 }, seed).pick();
  t.is(new Set(Array.from({ length: 40 }, (_, seed) => first(seed))).size, 4);
});

test('every pick is the cheaper of what a plain model of the metric says, with all drawn', (t) => {
  const step = fc.record({
    which: fc.nat(9),
    latency: fc.integer({ min: 0, max: 400 }),
    pause: fc.integer({ min: 0, max: 4000 }),
    open: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 6 }),
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.nat(),
      (n, steps, seed) => {
        const ids = Array.from({ length: n }, (_, i) => `b${i}`);
        const stage = new Stage(peakEwma, { choices: n }, Object.fromEntries(ids.map((id) => [id, 1])), seed);
        const model = new Map(ids.map((id) => [id, { cost: -1, stamp: 0 }]));
        const observe = (id: string, latency: number) => {
          const metric = model.get(id)!;
          const kept = Math.exp(-(stage.world.time - metric.stamp) / 10_000);
          metric.cost = latency > metric.cost ? latency : metric.cost * kept + latency * (1 - kept);
          metric.stamp = stage.world.time;
        };
        for (const { which, latency, pause, open } of steps) {
          const id = ids[which % n]!;
          stage.world.time += pause;
          stage.start(id);
          if (!open) {
            stage.world.time += latency;
            stage.end(id, latency);
            observe(id, latency);
          }
          const picked = stage.pick()!;
          const costs = new Map(
            ids.map((each) => {
              const { inFlight } = stage.backend(each);
              const metric = model.get(each)!;
              if (metric.cost < 0) return [each, inFlight === 0 ? 0 : 1e8 + inFlight];
              observe(each, 0);
              return [each, metric.cost * (inFlight + 1)];
            }),
          );
          const least = Math.min(...costs.values());
          if (costs.get(picked)! > least * (1 + 1e-9)) return false;
        }
        return true;
      },
    ),
    { numRuns: 300 },
  );
  t.pass();
});
