import test from 'ava';
import { ejectionTime, mayEject, remembered } from './ejection.ts';

const limits = { base: 30_000, max: 100_000, forget: 10_000 };

for (const [sentence, count, expected] of [
  ['the first is as long as the base', 1, 30_000],
  ['the third is three times as long', 3, 90_000],
  ['none is longer than the maximum', 9, 100_000],
] as const) {
  test(`ejection: ${sentence}`, (t) => t.is(ejectionTime(count, limits), expected));
}

test('ejection: a maximum below the base makes all of them equally long', (t) => {
  t.is(ejectionTime(5, { ...limits, max: 0 }), 30_000);
});

for (const [sentence, count, served, expected] of [
  ['who is condemned again at once has all of them against it', 3, 9_999, 3],
  ['each ten seconds of service make one forgotten', 3, 20_000, 1],
  ['and no more than there were', 3, 1e9, 0],
] as const) {
  test(`ejection: ${sentence}`, (t) => t.is(remembered(count, served, limits), expected));
}

for (const [sentence, out, members, most, expected] of [
  ['one may always go', 0, 3, 0.1, true],
  ['but not two of three, where a tenth may', 1, 3, 0.1, false],
  ['7% of a hundred are seven', 6, 100, 0.07, true],
  ['and not eight', 7, 100, 0.07, false],
  ['all may go where all may', 3, 4, 1, true],
] as const) {
  test(`ejection: ${sentence}`, (t) => t.is(mayEject(out, members, most), expected));
}
