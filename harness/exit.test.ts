import test from 'ava';
import { combine } from './exit.ts';

for (const [codes, expected, why] of [
  [[], 0, 'nothing found is good'],
  [[0, 0], 0, 'good twice is good'],
  [[99, 1], 1, 'a failure outranks an expectation'],
  [[3, 99], 3, 'an invalid run outranks an expectation'],
  [[3, 1], 1, 'the lowest of 1, 2, 3'],
  [[98, 99], 99, 'failed outranks unknown'],
  [[98, 0], 98, 'unknown outranks good'],
] as const)
  test(`${JSON.stringify(codes)} → ${expected}: ${why}`, (t) => t.is(combine(codes), expected));
