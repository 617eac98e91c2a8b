import test from 'ava';
import fc from 'fast-check';
import { draw } from '../scenarios/random.ts';
import { lostGoodput } from './lost-goodput.ts';
import type { Bin } from './recovery.ts';

const bin = (t: number, good: number): Bin => ({ t, good, bad: 0, p99: 20 });
const before = Array.from({ length: 20 }, (_, i) => bin(-2_000 + i * 100, 100));
const after = (of: (t: number) => number) => Array.from({ length: 30 }, (_, i) => bin(i * 100, of(i * 100)));

for (const [goodput, recoverMs, expected, why] of [
  [() => 100, 0, 0, 'the band was never left'],
  [(t: number) => (t < 700 ? 0 : 100), 700, 700, 'an outage of 0.7 s at 1,000 a second'],
  [(t: number) => (t < 700 ? 60 : 100), 700, 280, 'four tenths of it'],
  [() => 90, null, 300, 'a tenth of all until the end of the window, as it never recovered'],
  [(t: number) => (t < 700 ? 60 : 20), 700, 280, 'what comes after the recovery is no part of it'],
  [(t: number) => [90, 110][(t / 100) % 2]!, null, 0, 'above the mean counts against below'],
  [() => 500, null, 0, 'more than before is no loss'],
] as const)
  test(`${expected} requests: ${why}`, (t) => {
    t.is(lostGoodput([...before, ...after(goodput)], 0, recoverMs), expected);
  });

test('what happened since the fault was asked for is no reference, and too little of it is none', (t) => {
  const shaken = [...before.slice(0, -1), bin(-100, 0), ...after(() => 0)];
  t.is(lostGoodput(shaken, -50, 1_000), 1_000);
  t.is(lostGoodput([...before.slice(-4), ...after(() => 0)], 0, 1_000), null);
});

test('property: chance alone costs no more than chance can, four standard deviations of both means', (t) => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      // Nearly Poisson of mean 100: how many of 200 coins fall on one side, with twice the variance of one such.
      const noisy = (i: number) => {
        let heads = 0;
        for (let coin = 0; coin < 200; coin++) if (draw(seed, coin, i) < 0.5) heads++;
        return heads;
      };
      const bins = [...before.map(({ t: at }, i) => bin(at, noisy(i))), ...after((at) => noisy(100 + at))];
      return lostGoodput(bins, 0, null)! < 4 * Math.sqrt(50 * (30 + 30 ** 2 / 20));
    }),
    { numRuns: 50 },
  );
  t.pass();
});
