import test from 'ava';
import { nearest } from './nearest.ts';

const names = ['round-robin', 'random', 'p2c', 'p2c-peak-ewma', 'least-connections'];

for (const [sentence, name, expected] of [
  ['a letter left out', 'round-robn', 'round-robin'],
  ['two letters swapped', 'p2c-peak-emwa', 'p2c-peak-ewma'],
  ['the wrong case', 'Random', 'random'],
  ['a word shortened', 'least-conn', undefined],
  ['a short name with one slip', 'p2d', 'p2c'],
  ['nothing like any of them', 'haproxy', undefined],
] as const) {
  test(`nearest: ${sentence}`, (t) => t.is(nearest(name, names), expected));
}

test('of nothing, nothing is nearest', (t) => t.is(nearest('x', []), undefined));
