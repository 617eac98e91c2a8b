import test from 'ava';
import { parseDuration, parseRate, parseShare } from './units.ts';

for (const [text, ms, why] of [
  ['250us', 0.25, 'microseconds'],
  ['10ms', 10, 'milliseconds'],
  ['1.5s', 1500, 'fractions'],
  ['2m', 120_000, 'minutes'],
  ['0', 0, 'a bare zero needs no unit'],
  ['5', undefined, 'a bare number says nothing'],
  ['-5ms', undefined, 'nothing lasts a negative time'],
  ['1e3ms', undefined, 'no exponents'],
] as const)
  test(`duration ${text}: ${why}`, (t) => t.is(parseDuration(text), ms));

for (const [text, perSecond, why] of [
  ['800/s', 800, 'per second'],
  ['1.5k/s', 1500, 'thousands'],
  ['60/m', 1, 'per minute'],
  ['800', undefined, 'no unit'],
  ['-1/s', undefined, 'negative'],
] as const)
  test(`rate ${text}: ${why}`, (t) => t.is(parseRate(text), perSecond));

test('a share is a percentage or a fraction', (t) => {
  t.is(parseShare('30%'), 0.3);
  t.is(parseShare(0.3), 0.3);
  t.is(parseShare('30'), undefined);
});
