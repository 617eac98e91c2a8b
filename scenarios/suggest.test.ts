import test from 'ava';
import { didYouMean } from './suggest.ts';

const names = [
  'round-robin',
  'weighted-round-robin',
  'least-connections',
  'least-response-time',
  'p2c',
  'p2c-peak-ewma',
];

for (const [got, meant, why] of [
  ['p2d', 'p2c', 'a letter replaced'],
  ['ruond-robin', 'round-robin', 'neighbours swapped'],
  ['roundrobin', 'round-robin', 'the dash left out'],
  ['weighted', 'weighted-round-robin', 'a beginning that only one has'],
  ['least-', undefined, 'a beginning that two have says nothing'],
  ['haproxy', undefined, 'nothing near'],
  ['', undefined, 'nothing typed'],
  ['p'.repeat(1_000_000), undefined, 'too long to be compared'],
] as const)
  test(`did you mean: ${why}`, (t) =>
    t.is(didYouMean(got, names), meant === undefined ? '' : `; did you mean \`${meant}\`?`));
