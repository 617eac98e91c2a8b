import test from 'ava';
import { backoffOf } from './backoff.ts';

const limits = { base: 25, max: 250 };

for (const [sentence, made, random, expected] of [
  ['the first retry waits up to the base', 1, 0.999, 24.975],
  ['or hardly at all', 1, 0, 0],
  ['each further one up to twice as long', 3, 0.5, 50],
  ['but never above the maximum', 9, 0.5, 125],
] as const) {
  test(`back-off: ${sentence}`, (t) => t.is(backoffOf(limits, made, random), expected));
}
