import test from 'ava';
import fc from 'fast-check';
import { levelShares } from './locality.ts';

const of = (...pairs: [number, number][]) => pairs.map(([available, members]) => ({ available, members }));

for (const [sentence, levels, expected] of [
  ['all is well: everything stays at home', of([10, 10], [10, 10]), [1, 0]],
  ['72% of the own zone still carry everything', of([72, 100], [10, 10]), [1, 0]],
  ['half of it carries 70%, the next the rest', of([5, 10], [10, 10]), [0.7, 0.3]],
  ['what the second cannot carry goes on to the third', of([1, 10], [5, 10], [10, 10]), [0.14, 0.7, 0.16]],
  ['a zone that is gone gets nothing', of([0, 10], [10, 10]), [0, 1]],
  ['where all together are too few, in proportion', of([1, 10], [1, 10]), [0.5, 0.5]],
  ['nobody available: nothing', of([0, 10], [0, 10]), [0, 0]],
  ['no own zone at all', of([0, 0], [3, 3]), [0, 1]],
] as const) {
  test(`locality: ${sentence}`, (t) => {
    for (const [i, share] of levelShares(levels, 1.4).entries())
      t.true(Math.abs(share - expected[i]!) < 1e-9);
  });
}

test('shares add up to one, and no level gets any that has nobody available', (t) => {
  const level = fc.nat(20).chain((members) => fc.nat(members).map((available) => ({ available, members })));
  fc.assert(
    fc.property(
      fc.array(level, { maxLength: 6 }),
      fc.double({ min: 1, max: 3, noNaN: true }),
      (levels, factor) => {
        const shares = levelShares(levels, factor);
        const total = shares.reduce((sum, it) => sum + it, 0);
        const some = levels.some(({ available }) => available > 0);
        t.true(Math.abs(total - (some ? 1 : 0)) < 1e-9);
        for (const [i, { available }] of levels.entries()) t.true(available > 0 || shares[i] === 0);
      },
    ),
  );
});
