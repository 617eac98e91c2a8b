import test from 'ava';
import fc from 'fast-check';
import joinIdleQueue from './join-idle-queue.ts';
import { Stage } from './stage.ts';
import type { Env, OutcomeKind } from './strategy.ts';

const three = { a: 1, b: 1, c: 1 };

/** Who is picked in 300 draws that nothing follows. */
function picked(stage: Stage<typeof joinIdleQueue.options>): string {
  const counts = stage.counts(300);
  return Object.keys(counts)
    .filter((id) => counts[id]! > 0)
    .sort()
    .join('');
}

const rows: {
  sentence: string;
  options?: Partial<{ threshold: number; failures: number }>;
  play: (stage: Stage<typeof joinIdleQueue.options>) => void;
  gives: string;
}[] = [
  { sentence: 'at the start all are idle', play: (stage) => stage.changed(), gives: 'abc' },
  { sentence: 'one with a request is not', play: (stage) => stage.start('b'), gives: 'ac' },
  {
    sentence: 'where nobody is idle, any may be drawn',
    play: (stage) => ['a', 'b', 'c'].forEach((id) => void stage.start(id)),
    gives: 'abc',
  },
  {
    sentence: 'a response that says the backend is empty brings it back',
    play(stage) {
      stage.start('a');
      stage.start('b');
      stage.start('c');
      stage.end('b', 5, 'ok', { inFlight: 0 });
    },
    gives: 'b',
  },
  {
    sentence: 'a response that says others still wait there does not',
    play(stage) {
      stage.start('a');
      stage.start('b');
      stage.start('c');
      stage.end('b', 5, 'ok', { inFlight: 1 });
      stage.end('c', 5, 'ok', { inFlight: 0 });
    },
    gives: 'c',
  },
  {
    sentence: 'nor one that says it was empty, where this balancer has sent another since',
    play(stage) {
      stage.start('a');
      stage.start('b', 2);
      stage.start('c');
      stage.end('b', 5, 'ok', { inFlight: 0 });
      stage.end('c', 5, 'ok', { inFlight: 0 });
    },
    gives: 'c',
  },
  {
    sentence: 'where nothing is reported the own count decides',
    play(stage) {
      stage.start('a');
      stage.start('b', 2);
      stage.start('c');
      stage.end('b');
      stage.end('c');
    },
    gives: 'c',
  },
  {
    sentence: 'with a threshold of 2 a backend registers with two still inside',
    options: { threshold: 2 },
    play(stage) {
      stage.start('a');
      stage.start('b', 3);
      stage.start('c');
      stage.end('b', 5, 'ok', { inFlight: 2 });
    },
    gives: 'b',
  },
  {
    sentence: 'a registered backend that is started by way of a retry or a draw is off the list',
    play(stage) {
      stage.start('a');
      stage.start('c');
      stage.start('b');
      stage.end('c');
      stage.start('c');
      stage.end('a');
    },
    gives: 'a',
  },
  {
    sentence: 'an isolated error of an idle backend is forgiven',
    play(stage) {
      stage.start('a');
      stage.start('c');
      stage.serve('b', 1, 'ok', { inFlight: 0 });
      stage.serve('b', 1, 'error', { inFlight: 0 });
    },
    gives: 'b',
  },
  {
    sentence: 'two errors in a row are not: the black hole is off the list',
    play(stage) {
      stage.start('a');
      stage.serve('b', 0.3, 'error', { inFlight: 0 });
      stage.serve('b', 0.3, 'error', { inFlight: 0 });
    },
    gives: 'c',
  },
  {
    sentence: 'and one good response brings it back',
    play(stage) {
      stage.start('a');
      stage.start('c');
      stage.serve('b', 0.3, 'error', { inFlight: 0 });
      stage.serve('b', 0.3, 'error', { inFlight: 0 });
      stage.serve('b', 10, 'ok', { inFlight: 0 });
    },
    gives: 'b',
  },
  {
    sentence: 'one that is down is not drawn, and is idle when it comes back',
    play(stage) {
      stage.start('a');
      stage.down('b').down('c').up('b');
    },
    gives: 'b',
  },
  {
    sentence: 'one that takes the index of one that left idle is not taken for it',
    play(stage) {
      stage.start('a');
      stage.start('b');
      stage.leave('c').join('d');
      stage.start('d');
      stage.end('a');
    },
    gives: 'a',
  },
];

for (const { sentence, options = {}, play, gives } of rows) {
  test(`join-idle-queue: ${sentence}`, (t) => {
    const stage = new Stage(joinIdleQueue, options, three);
    play(stage);
    t.is(picked(stage), gives);
  });
}

for (const kind of ['unreachable', 'reset', 'timeout', 'cancelled'] as const) {
  test(`without a complete response (${kind}) nothing registers`, (t) => {
    const stage = new Stage(joinIdleQueue, {}, three);
    stage.start('a');
    stage.serve('b', 0.3, kind);
    t.is(picked(stage), 'c');
  });
}

test('a retry passes over idle backends that were tried, and draws among the others where no other is idle', (t) => {
  const stage = new Stage(joinIdleQueue, {}, { ...three, d: 1 });
  stage.start('c');
  stage.start('d');
  for (let i = 0; i < 50; i++) t.is(stage.pick(`${i}`, ['a']), 'b');
  const seen = new Set<string | undefined>();
  for (let i = 0; i < 200; i++) {
    stage.pick(); // the next request, with luck of its own
    seen.add(stage.pick('', ['a', 'b']));
  }
  t.deepEqual([...seen].sort(), ['c', 'd']);
  t.is(picked(stage), 'ab', 'the list is whole after it');
});

for (const kind of ['error', 'unreachable', 'reset'] satisfies OutcomeKind[]) {
  test(`a backend that fails at once (${kind}) takes its 1/n where the others are saturated, and next to nothing where they are not`, (t) => {
    const stage = new Stage(joinIdleQueue, {}, Object.fromEntries([...'abcdefghij'].map((id) => [id, 1])));
    const failing = (requests: number) => {
      let times = 0;
      for (let i = 0; i < requests; i++) {
        const id = stage.pick(`${i}`)!;
        if (id === 'd') times++;
        stage.serve(id, id === 'd' ? 0.3 : 10, id === 'd' ? kind : 'ok', { inFlight: 0 });
      }
      return times;
    };
    t.true(failing(5000) <= 2);
    for (const id of 'abcefghij') stage.start(id); // until here idle, from here on never again
    const share = failing(5000) / 5000;
    t.true(Math.abs(share - 0.1) < 0.02, `${share}`);
  });
}

test('idle backends share the load evenly: the first gets no more than the last', (t) => {
  const counts = new Stage(joinIdleQueue, {}, { ...three, d: 1 }).counts(8000);
  for (const id of Object.keys(counts)) t.true(Math.abs(counts[id]! - 2000) < 200, `${id} ${counts[id]}`);
});

test('a revived backend is one of the idle, not the target of all: it is off the list from its first request', (t) => {
  const stage = new Stage(joinIdleQueue, {}, three);
  for (const id of 'abc') stage.start(id);
  stage.down('b').end('b', 1, 'reset');
  stage.up('b');
  t.is(picked(stage), 'b');
  stage.start('b');
  t.is(picked(stage), 'abc');
});

test('a fleet of balancers of one seed shares the idle out: every backend is registered once, so first picks differ', (t) => {
  const stage = new Stage(
    joinIdleQueue,
    {},
    Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`b${i}`, 1])),
  );
  const { world } = stage;
  const firsts = Array.from({ length: 8 }, (_, index) => {
    const env: Env = { now: world.env.now, random: world.env.random, balancers: { index, count: 8 } };
    const strategy = joinIdleQueue.create(env, { threshold: 0, failures: 2 });
    strategy.poolChanged?.(world.pool);
    const drawn = Array.from({ length: 100 }, () => strategy.pick(world.pool, world.request('', []))!.id);
    t.is(new Set(drawn).size, 2, 'two of the sixteen each');
    return drawn[0];
  });
  t.is(new Set(firsts).size, 8);
});

test('a plain set of the idle agrees on shuffled pools, through starts, ends, reports, failures and retries', (t) => {
  const kind = fc.constantFrom<OutcomeKind>('ok', 'ok', 'ok', 'error', 'reset', 'cancelled');
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('start' as const), which: fc.nat(9) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('end' as const),
        which: fc.nat(99),
        kind,
        inside: fc.option(fc.nat(2), { nil: undefined }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('pick' as const),
        tried: fc.array(fc.nat(9), { maxLength: 3 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom('down' as const, 'up' as const), which: fc.nat(9) }),
    },
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(step, { maxLength: 100, size: 'max' }),
      fc.nat(2),
      fc.nat(),
      (n, steps, threshold, seed) => {
        const ids = Array.from({ length: n }, (_, i) => `b${i}`);
        const stage = new Stage(
          joinIdleQueue,
          { threshold },
          Object.fromEntries(ids.map((id) => [id, 1])),
          seed,
        );
        const idle = new Set(ids);
        const failures = new Map<string, number>();
        const open: string[] = [];
        for (const action of steps) {
          if (action.do === 'start') {
            const id = ids[action.which % n]!;
            stage.start(id);
            open.push(id);
            idle.delete(id);
          } else if (action.do === 'end') {
            const [id] = open.splice(action.which % open.length, 1);
            if (id === undefined) continue;
            const whole = action.kind === 'ok' || action.kind === 'error';
            const carried = whole && action.inside !== undefined ? { inFlight: action.inside } : undefined;
            stage.end(id, 1, action.kind, carried);
            const up = stage.available.some((backend) => backend.id === id);
            if (action.kind === 'cancelled' || !up) continue;
            failures.set(id, action.kind === 'ok' ? 0 : (failures.get(id) ?? 0) + 1);
            const { inFlight, reported } = stage.backend(id);
            const empty = inFlight <= threshold && (reported?.inFlight ?? 0) <= threshold;
            if (whole && failures.get(id)! < 2 && empty) idle.add(id);
          } else if (action.do === 'pick') {
            const tried = action.tried.map((which) => ids[which % n]!);
            const up = stage.available.map(({ id }) => id);
            const untried = up.filter((id) => !tried.includes(id));
            const candidates = untried.length > 0 ? untried : up;
            const free = candidates.filter((id) => idle.has(id));
            const got = stage.pick('', tried);
            if (got === undefined ? up.length > 0 : !(free.length > 0 ? free : candidates).includes(got))
              return false;
          } else {
            const id = ids[action.which % n]!;
            const was = stage.available.some((backend) => backend.id === id);
            stage[action.do](id);
            if (action.do === 'down') idle.delete(id);
            else if (!was) {
              failures.set(id, 0);
              if (stage.backend(id).inFlight <= threshold) idle.add(id);
            }
          }
        }
        return true;
      },
    ),
    { numRuns: 400 },
  );
  t.pass();
});
