import test from 'ava';
import fc from 'fast-check';
import { nextSlowStep, slowShare } from './slow-start.ts';

const linear = { window: 10_000, aggression: 1, min: 0.1, steps: 10 };

for (const [sentence, limits, elapsed, expected] of [
  ['it begins with the least share', linear, 0, 0.1],
  ['half way through the window, half of the weight counts', linear, 5_000, 0.5],
  ['between two steps it is that of the earlier one', linear, 5_999, 0.5],
  ['at the end of the window all of it counts', linear, 10_000, 1],
  ['and ever after', linear, 1e9, 1],
  [
    'an aggression of 2 takes the square root: quick at first',
    { ...linear, aggression: 2 },
    4_000,
    0.4 ** 0.5,
  ],
  ['one of a half takes the square: slow at first', { ...linear, aggression: 0.5 }, 5_000, 0.25],
  ['never below the least share', { ...linear, aggression: 0.5, min: 0.3 }, 5_000, 0.3],
] as const) {
  test(`slow start: ${sentence}`, (t) => t.is(slowShare(limits, elapsed), expected));
}

test('the steps lead to the end of the window, each a little more than the last, never ahead of the formula', (t) => {
  const limits = fc.record({
    window: fc.double({ min: 1, max: 1e6, noNaN: true }),
    aggression: fc.double({ min: 0.1, max: 10, noNaN: true }),
    min: fc.double({ min: 0, max: 1, noNaN: true }),
    steps: fc.integer({ min: 1, max: 100 }),
  });
  fc.assert(
    fc.property(limits, (it) => {
      let share = slowShare(it, 0);
      let taken = 0;
      for (let at = 0; at < it.window; taken++) {
        const next = nextSlowStep(it, at);
        t.true(next > at);
        const then = slowShare(it, next);
        t.true(then >= share && then <= 1);
        if (next < it.window * (1 - 1e-9))
          t.true(then <= Math.max(it.min, (next / it.window) ** (1 / it.aggression)) + 1e-9);
        share = then;
        at = next;
      }
      t.is(share, 1);
      t.true(taken <= it.steps + 1);
    }),
  );
});
