import test from 'ava';
import fc from 'fast-check';
import roundRobin from './round-robin.ts';
import { Stage } from './stage.ts';
import type { Env } from './strategy.ts';

const four = { a: 1, b: 1, c: 1, d: 1 };

const rows: { sentence: string; play: (stage: Stage<typeof roundRobin.options>) => string; gives: string }[] =
  [
    { sentence: 'each has a turn, in pool order', play: (s) => s.picks(9), gives: 'abcdabcda' },
    {
      sentence: 'a joiner at the head skips nobody and repeats nobody',
      play: (s) => s.picks(2) + s.join('e', 1, 0).picks(6),
      gives: 'ab' + 'cdeabc',
    },
    {
      sentence: 'a joiner at the end has the turn after the last',
      play: (s) => s.picks(2) + s.join('e').picks(6),
      gives: 'ab' + 'cdeabc',
    },
    {
      sentence: 'one that has had its turn leaves, and nobody is skipped',
      play: (s) => s.picks(2) + s.leave('a').picks(4),
      gives: 'ab' + 'cdbc',
    },
    {
      sentence: 'the one whose turn it was leaves, and the next follows',
      play: (s) => s.picks(2) + s.leave('c').picks(4),
      gives: 'ab' + 'dabd',
    },
    {
      sentence: 'one that is down for less than a turn keeps its place',
      play: (s) => s.picks(2) + s.down('c').up('c').picks(4),
      gives: 'ab' + 'cdab',
    },
    {
      sentence: 'one just served that blinks is not served again',
      play: (s) => s.picks(2) + s.down('b').up('b').picks(4),
      gives: 'ab' + 'cdab',
    },
    {
      sentence: 'the last in the pool blinks before any turn, and the first still comes first',
      play: (s) => s.down('d').up('d').picks(4),
      gives: 'abcd',
    },
    {
      sentence: 'one that comes back after its turn passed waits for the next round',
      play: (s) => s.picks(2) + s.down('c').picks(1) + s.up('c').picks(4),
      gives: 'ab' + 'd' + 'abcd',
    },
    {
      sentence: 'a retry takes the next turn, and the one passed over is next',
      play: (s) => s.picks(1) + s.pick('', ['b']) + s.picks(5),
      gives: 'a' + 'c' + 'bdacb',
    },
    {
      sentence: 'a turn passed over by a retry survives a change of the pool',
      play: (s) => s.picks(1) + s.pick('', ['b']) + s.down('d').picks(3),
      gives: 'a' + 'c' + 'bac',
    },
    {
      sentence: 'when all were tried, the turn is whose it was',
      play: (s) => `${s.picks(1)}${s.pick('', ['a', 'b', 'c', 'd'])}${s.picks(1)}`,
      gives: 'abc',
    },
  ];

for (const { sentence, play, gives } of rows) {
  test(`round-robin: ${sentence}`, (t) => t.is(play(new Stage(roundRobin, {}, four)), gives));
}

test("a down host's share goes to all the others alike, not to its neighbour", (t) => {
  const stage = new Stage(roundRobin, {}, four);
  stage.down('b');
  t.deepEqual(stage.counts(3000), { a: 1000, c: 1000, d: 1000 });
});

test('a retry elsewhere counts as a turn: everyone gets as many requests as before', (t) => {
  const stage = new Stage(roundRobin, {}, four);
  const counts: Record<string, number> = {};
  const count = (id: string) => {
    counts[id] = (counts[id] ?? 0) + 1;
    return id;
  };
  for (let i = 0; i < 900; i++) if (count(stage.pick()!) === 'b') count(stage.pick('', ['b'])!);
  t.deepEqual(counts, { a: 300, b: 300, c: 300, d: 300 });
});

test('balancers that begin at random do not all begin on the same backend', (t) => {
  const first = (seed: number) => new Stage(roundRobin, { start: 'random' }, four, seed).pick();
  t.is(new Set(Array.from({ length: 40 }, (_, seed) => first(seed))).size, 4);
  t.is(first(3), first(3), 'the same seed begins alike');
});

test('balancers of one fleet and one seed begin apart and stay so, even where they draw the same luck', (t) => {
  for (const start of ['first', 'random'] as const) {
    const turns = Array.from({ length: 4 }, (_, index) => {
      const { world } = new Stage(roundRobin, {}, four);
      const env: Env = { ...world.env, balancers: { index, count: 4 } };
      const strategy = roundRobin.create(env, { start });
      strategy.poolChanged?.(world.pool);
      return Array.from({ length: 6 }, () => strategy.pick(world.pool, world.request('', []))?.id);
    });
    for (let turn = 0; turn < 6; turn++)
      t.is(new Set(turns.map((picks) => picks[turn])).size, 4, `${start}: ${turns.join(' | ')}`);
  }
});

test('together, balancers of one fleet all begin on the same backend: the trap, for those who want to see it', (t) => {
  for (const index of [0, 1, 2, 3]) {
    const { world } = new Stage(roundRobin, {}, four);
    const env: Env = { ...world.env, balancers: { index, count: 4 } };
    const strategy = roundRobin.create(env, { start: 'together' });
    strategy.poolChanged?.(world.pool);
    t.deepEqual(
      Array.from({ length: 4 }, () => strategy.pick(world.pool, world.request('', []))?.id),
      ['a', 'b', 'c', 'd'],
    );
  }
});

test('a backend that comes back has its turn and no more, however busy the others are', (t) => {
  const stage = new Stage(roundRobin, {}, four);
  stage.down('c');
  for (const id of 'abd') stage.start(id, 50);
  stage.picks(7);
  stage.up('c');
  t.deepEqual(stage.counts(40), { a: 10, b: 10, c: 10, d: 10 });
});

test('whatever joins, leaves and blinks: between two turns of one, nobody that stayed has two or none', (t) => {
  const change = fc.oneof(
    fc.record({ do: fc.constant('turn' as const), times: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ do: fc.constant('join' as const), place: fc.nat(9) }),
    fc.record({ do: fc.constantFrom('leave' as const, 'down' as const, 'up' as const), which: fc.nat(9) }),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60, size: 'max' }), (changes) => {
      const stage = new Stage(roundRobin, {}, four);
      const since = new Map<string, string[]>(); // picks since each one's last turn, while it stayed available
      let joined = 0;
      for (const step of changes) {
        if (step.do === 'turn') {
          for (let i = 0; i < step.times; i++) {
            const id = stage.pick();
            if (id === undefined) break;
            const between = since.get(id);
            if (between !== undefined) {
              for (const [other] of since)
                if (other !== id && between.filter((pick) => pick === other).length > 1) return false;
              const stayed = [...since.keys()].filter((other) => other !== id);
              const here = stayed.filter((other) => since.get(other)!.length >= between.length);
              for (const other of here) if (!between.includes(other)) return false;
            }
            for (const picks of since.values()) picks.push(id);
            since.set(id, []);
          }
        } else if (step.do === 'join') stage.join(`j${joined++}`, 1, step.place);
        else {
          const id = stage.world.member(step.which)?.backend.id;
          if (id !== undefined) stage[step.do](id);
        }
        for (const id of since.keys())
          if (!stage.available.some((backend) => backend.id === id)) since.delete(id);
      }
      return true;
    }),
    { numRuns: 300 },
  );
  t.pass();
});
