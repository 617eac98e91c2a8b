import test from 'ava';
import fc from 'fast-check';
import random from './random.ts';
import { Stage } from './stage.ts';

const four = { a: 1, b: 1, c: 1, d: 1 };

const rows: { sentence: string; tried: string[]; down: string[]; among: string }[] = [
  { sentence: 'a first attempt may go to any', tried: [], down: [], among: 'abcd' },
  { sentence: 'a retry goes to any untried', tried: ['b'], down: [], among: 'acd' },
  { sentence: 'a backend tried twice is left out once', tried: ['b', 'b', 'd'], down: [], among: 'ac' },
  {
    sentence: 'one tried that is down already takes nobody else out',
    tried: ['b'],
    down: ['b'],
    among: 'acd',
  },
  { sentence: 'when all were tried, any', tried: ['a', 'b', 'c', 'd'], down: [], among: 'abcd' },
];

for (const { sentence, tried, down, among } of rows) {
  test(`random: ${sentence}, each as often`, (t) => {
    const stage = new Stage(random, {}, four);
    for (const id of down) stage.down(id);
    const counts: Record<string, number> = {};
    for (let i = 0; i < 8000; i++) {
      stage.pick(); // a fresh request, so that the retry's luck is fresh
      const id = stage.pick('', tried)!;
      counts[id] = (counts[id] ?? 0) + 1;
    }
    t.is(Object.keys(counts).sort().join(''), among);
    const fair = 8000 / among.length;
    for (const count of Object.values(counts))
      t.true(Math.abs(count - fair) < 5 * Math.sqrt(fair), `${count}`);
  });
}

test('random: a retry never returns to a tried backend while there is another, at any size', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.array(fc.nat(29)), fc.nat(), (n, picks, seed) => {
      const stage = new Stage(
        random,
        {},
        Object.fromEntries(Array.from({ length: n }, (_, i) => [`b${i}`, 1])),
        seed,
      );
      const tried = picks.map((i) => `b${i % n}`);
      const id = stage.pick('', tried)!;
      return new Set(tried).size === n || !tried.includes(id);
    }),
  );
  t.pass();
});

test('random: a backend that comes back idle, or fails at once, gets its 1/n however busy the others are', (t) => {
  const stage = new Stage(random, {}, four);
  stage.down('c');
  for (const id of 'abd') stage.start(id, 50);
  stage.up('c');
  for (let i = 0; i < 20; i++) stage.serve('c', 0.1, 'unreachable');
  const { c } = stage.counts(8000);
  t.true(Math.abs(c! - 2000) < 200, `${c}`);
});

test('random: balancers of one seed do not begin on the same backend: their requests differ, and with them the luck', (t) => {
  const first = (seed: number) => new Stage(random, {}, four, seed).pick();
  t.is(new Set(Array.from({ length: 40 }, (_, seed) => first(seed))).size, 4);
});
