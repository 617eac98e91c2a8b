import test from 'ava';
import fc from 'fast-check';
import boundedLoadHash from './bounded-load-hash.ts';
import consistentHash from './consistent-hash.ts';
import { Stage } from './stage.ts';
import type { Backend } from './strategy.ts';

const fleet = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`server${i + 1}`, 1]));
const keys = Array.from({ length: 2000 }, (_, i) => `session_${i}`);

/** ⌈c·(in flight + this one)·w/W⌉ in a pool, without those tried. */
function capOf(c: number, backend: Backend, pool: readonly Backend[]): number {
  const inFlight = pool.reduce((sum, it) => sum + it.inFlight, 0);
  const weights = pool.reduce((sum, { weight }) => sum + weight, 0);
  return Math.ceil((c * (inFlight + 1) * backend.weight) / weights);
}

type Step =
  | { do: 'request'; key: number; tries: number }
  | { do: 'end'; which: number }
  | { do: 'down'; which: number }
  | { do: 'up'; which: number }
  | { do: 'weigh'; which: number; weight: number };

const request = fc.record({
  do: fc.constant('request'),
  key: fc.nat(6),
  tries: fc.constantFrom(1, 1, 1, 2, 3),
});
const end = fc.record({ do: fc.constant('end'), which: fc.nat() });
const turn = fc.record({ do: fc.constantFrom('down', 'up'), which: fc.nat(7) });
const weigh = fc.record({
  do: fc.constant('weigh'),
  which: fc.nat(7),
  weight: fc.constantFrom(1, 2, 5, 0.5),
});
const step = fc.oneof(
  { weight: 10, arbitrary: request },
  { weight: 5, arbitrary: end },
  { weight: 1, arbitrary: turn },
  { weight: 1, arbitrary: weigh },
) as fc.Arbitrary<unknown> as fc.Arbitrary<Step>;

for (const overflow of ['walk', 'jump'] as const) {
  for (const c of [1, 1.01, 1.25, 2]) {
    test(`never above the cap: few hot keys, ${overflow}, c = ${c}`, (t) => {
      const weights = fc.array(fc.constantFrom(1, 1, 2, 3, 10), { minLength: 1, maxLength: 8 });
      fc.assert(
        fc.property(
          weights,
          fc.array(step, { minLength: 40, maxLength: 250, size: 'max' }),
          (list, steps) => {
            const members = Object.fromEntries(list.map((weight, i) => [`b${i}`, weight]));
            const stage = new Stage(boundedLoadHash, { c, overflow, virtualNodes: 20 }, members);
            const open: string[] = [];
            for (const it of steps) {
              const id = it.do === 'request' ? '' : `b${it.which % list.length}`;
              if (it.do === 'down' || it.do === 'up') stage[it.do](id);
              else if (it.do === 'weigh') stage.weigh(id, it.weight);
              else if (it.do === 'end') {
                if (open.length > 0) stage.end(open.splice(it.which % open.length, 1)[0]!);
              } else {
                const tried: string[] = [];
                for (let attempt = 0; attempt < it.tries; attempt++) {
                  const picked = stage.pick(`hot-${it.key}`, tried);
                  if (picked === undefined) break;
                  const untried = stage.available.filter((other) => !tried.includes(other.id));
                  const pool = untried.length > 0 ? untried : stage.available;
                  const backend = stage.backend(picked);
                  if (backend.inFlight + 1 > capOf(c, backend, pool)) return false;
                  tried.push(picked);
                  stage.start(picked);
                  open.push(picked);
                }
              }
            }
            return true;
          },
        ),
        { numRuns: 50 },
      );
      t.pass();
    });
  }
}

test('below the caps it is consistent hashing', (t) => {
  const bounded = new Stage(boundedLoadHash, {}, fleet(6));
  const plain = new Stage(consistentHash, {}, fleet(6));
  for (const key of keys) t.is(bounded.pick(key), plain.pick(key));
});

test('one hot key fills its owner to the cap and the others one after another, as many as it takes', (t) => {
  const n = 5;
  for (const overflow of ['walk', 'jump'] as const) {
    const stage = new Stage(boundedLoadHash, { overflow }, fleet(n));
    const owner = stage.pick('hot')!;
    for (let i = 0; i < 1000; i++) stage.start(stage.pick('hot')!);
    const loads = stage.available.map(({ inFlight }) => inFlight).sort((a, b) => b - a);
    // ⌈1.25 · 1000/5⌉ = 250 for the first four, and nothing is left for the fifth.
    t.deepEqual(loads, [250, 250, 250, 250, 0], overflow);
    t.is(stage.backend(owner).inFlight, 250);
  }
});

test('caps are by weight: three times the weight holds three times as many', (t) => {
  const stage = new Stage(boundedLoadHash, { c: 1 }, { a: 3, b: 1 });
  for (let i = 0; i < 400; i++) stage.start(stage.pick('hot')!);
  t.is(stage.backend('a').inFlight, 300);
  t.is(stage.backend('b').inFlight, 100);
});

test('a walk floods whoever follows a full backend, a jump spreads the same overflow over all', (t) => {
  // 920 in flight of ten: 116 is the cap, so the owner's keys all go elsewhere, and the others have room.
  const n = 10;
  const spill = (overflow: 'walk' | 'jump') => {
    const stage = new Stage(boundedLoadHash, { overflow, virtualNodes: 1 }, fleet(n));
    const its = Array.from({ length: 20_000 }, (_, i) => `k${i}`).filter(
      (key) => stage.pick(key) === 'server4',
    );
    for (const { id } of stage.available) stage.start(id, id === 'server4' ? 200 : 80);
    const counts = new Map<string, number>();
    for (const key of its) {
      const id = stage.pick(key)!;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    t.false(counts.has('server4'));
    return Math.max(...counts.values()) / its.length;
  };
  t.is(spill('walk'), 1, 'with one point each the next on the ring gets all of it');
  t.true(spill('jump') < 0.6);
});

test('a full key keeps its second choice: the same backend until that is full too', (t) => {
  for (const overflow of ['walk', 'jump'] as const) {
    const stage = new Stage(boundedLoadHash, { overflow }, fleet(8));
    const owner = stage.pick('hot')!;
    for (const { id } of stage.available) stage.start(id, id === owner ? 40 : 20);
    const second = stage.pick('hot')!;
    t.not(second, owner);
    for (let i = 0; i < 5; i++) t.is(stage.pick('hot'), second);
    stage.start(second, 20);
    t.false([owner, second].includes(stage.pick('hot')!));
    for (let i = 0; i < 30; i++) stage.end(owner);
    t.is(stage.pick('hot'), owner, 'with room again, the key comes home');
  }
});

test('a refreshed load board is believed: the counts of the new objects hold', (t) => {
  const stage = new Stage(boundedLoadHash, {}, fleet(3));
  const owner = stage.pick('hot')!;
  const board = (inFlight: number) =>
    stage.available.map((it) => ({
      id: it.id,
      index: it.index,
      weight: 1,
      maxInFlight: Infinity,
      inFlight: it.id === owner ? inFlight : 0,
    }));
  const pick = (members: readonly Backend[]) => {
    const pool = { members, available: members };
    stage.strategy.poolChanged!(pool);
    return stage.strategy.pick(pool, stage.world.request('hot', []))!.id;
  };
  t.not(pick(board(9)), owner);
  t.is(pick(board(0)), owner);
});

test('weights a rounding apart end the search all the same', (t) => {
  const stage = new Stage(boundedLoadHash, { c: 1 }, { huge: 1e17, small: 1, other: 1 });
  stage.start('small', 3);
  stage.start('other', 3);
  t.true(['small', 'other'].includes(stage.pick('key', ['huge'])!));
});

test('a join moves keys to the joiner only, while nobody is full', (t) => {
  const stage = new Stage(boundedLoadHash, {}, fleet(5));
  const before = keys.map((key) => stage.pick(key));
  stage.join('joiner');
  t.true(keys.every((key, i) => [before[i], 'joiner'].includes(stage.pick(key))));
});
