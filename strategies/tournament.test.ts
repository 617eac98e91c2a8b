import test from 'ava';
import fc from 'fast-check';
import { Positions } from './positions.ts';
import random from './random.ts';
import { Stage } from './stage.ts';
import { Tournament } from './tournament.ts';

const scores = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 20, size: 'max' });
const updates = fc.array(fc.tuple(fc.nat(19), fc.integer({ min: 0, max: 4 })), {
  maxLength: 30,
  size: 'max',
});

function grown(initial: readonly number[], changes: readonly (readonly [number, number])[]) {
  const tree = new Tournament();
  const now = [...initial];
  tree.resize(now.length);
  now.forEach((score, position) => {
    tree.enter(position, score, position + 1);
  });
  tree.build();
  for (const [at, score] of changes) {
    const position = at % now.length;
    now[position] = score;
    tree.update(position, score);
  }
  const least = Math.min(...now);
  return { tree, now, tied: now.flatMap((score, position) => (score === least ? [position] : [])) };
}

test('after any updates the first, the next from anywhere and the draw at any u are as a scan finds them', (t) => {
  fc.assert(
    fc.property(
      scores,
      updates,
      fc.nat(25),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      (initial, changes, from, u) => {
        const { tree, now, tied } = grown(initial, changes);
        const total = tied.reduce((sum, position) => sum + position + 1, 0);
        let rest = u * total;
        const drawn = tied.find((position) => {
          rest -= position + 1;
          return rest < 0;
        });
        return (
          tree.least() === Math.min(...now) &&
          tree.first() === tied[0] &&
          tree.firstFrom(from) === (tied.find((position) => position >= from) ?? tied[0]) &&
          tree.draw(u) === drawn
        );
      },
    ),
  );
  t.pass();
});

test('hidden positions lose until restored, and then all is as before', (t) => {
  const stage = new Stage(random, {}, { a: 1, b: 1, c: 1, d: 1, e: 1 });
  const positions = new Positions();
  positions.update(stage.available);
  const { tree } = grown([0, 0, 1, 2, 0], []);
  tree.hide([stage.backend('a'), stage.backend('e'), stage.backend('a')], positions);
  t.is(tree.first(), 1);
  t.is(tree.draw(0.999), 1);
  tree.restore();
  t.is(tree.first(), 0);
  t.is(tree.draw(0.999), 4);
});
