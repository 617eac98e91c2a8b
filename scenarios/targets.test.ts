import test from 'ava';
import { targetsOf } from './targets.ts';

const fleet = [
  { id: 'app-1', zone: 'a' },
  { id: 'app-2', zone: 'a' },
  { id: 'app-3', zone: 'b' },
  { id: 'db' },
];

for (const [on, expected, why] of [
  ['app-2', ['app-2'], 'an id is itself'],
  ['all', ['app-1', 'app-2', 'app-3', 'db'], 'all is everyone'],
  ['zone:a', ['app-1', 'app-2'], 'a zone is its members'],
  [['zone:b', 'app-1'], ['app-1', 'app-3'], 'a list is a union in fleet order'],
  [['app-1', 'zone:a'], ['app-1', 'app-2'], 'nobody is hit twice'],
  ['app-9', [], 'an unknown id is nobody'],
  ['zone:z', [], 'an unknown zone is nobody'],
] as const)
  test(`on ${JSON.stringify(on)}: ${why}`, (t) => t.deepEqual(targetsOf(on, fleet, 1, 0), [...expected]));

for (const [on, count] of [
  ['random:1', 1],
  ['random:3', 3],
  ['50%', 2],
  ['1%', 1],
  ['100%', 4],
] as const)
  test(`${on} of four is ${count}, the same for the same seed and others for other seeds`, (t) => {
    t.is(targetsOf(on, fleet, 7, 0).length, count);
    t.deepEqual(targetsOf(on, fleet, 7, 0), targetsOf(on, fleet, 7, 0));
    const seen = new Set(Array.from({ length: 50 }, (_, seed) => targetsOf(on, fleet, seed, 0).join()));
    t.is(seen.size > 1, count < fleet.length);
  });
