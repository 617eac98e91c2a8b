import test from 'ava';
import { load, problemsOf } from './loader.test-support.ts';

interface World {
  zones?: readonly string[];
  regions?: string;
  balancer?: string;
  table?: string;
  contenders?: string;
}

const world = ({ zones = ['eu', 'us'], regions, balancer, table, contenders }: World) =>
  [
    `fleet: [${zones.map((zone) => `{ id: in-${zone}, zone: ${zone} }`).join(', ') || '{ id: app }'}]`,
    `load: { open: { rate: 10/s }, duration: 10s${regions ? `, regions: ${regions}` : ''} }`,
    ...(balancer ? [`balancer: ${balancer}`] : []),
    ...(table ? [`network: { latencies: ${table} }`] : []),
    ...(contenders ? [`contenders: ${contenders}`] : []),
  ].join('\n');

test('the table may name zones of the fleet, regions, zones of balancers and of a contender’s own balancers', (t) => {
  const all = world({
    zones: ['a'],
    regions: '{ b: 1 }',
    balancer: '{ zones: [c] }',
    contenders: '[{ strategy: random, balancer: { zones: [d] } }, p2c]',
    table: '{ a: { b: 1ms, c: 1ms, d: 1ms }, b: { c: 1ms, d: 2ms } }',
  });
  t.deepEqual(problemsOf(all), []);
  t.deepEqual(load(all).notes, []);
});

for (const [what, given, path, says] of [
  [
    'a place as `from`',
    { table: '{ ue: { us: 40ms } }' },
    'network.latencies.ue',
    /\(eu, us\), got "ue"; did you mean `eu`\?/,
  ],
  [
    'a place as `to`',
    { table: '{ eu: { use: 40ms } }' },
    'network.latencies.eu.use',
    /got "use"; did you mean `us`\?/,
  ],
  [
    'any place where there is none',
    { zones: [], table: '{ eu: { us: 1ms } }' },
    'network.latencies.eu',
    /\(there is none\), got "eu"/,
  ],
  [
    'a way to itself',
    { table: '{ eu: { eu: 1ms } }' },
    'network.latencies.eu.eu',
    /another place than eu, got the same; .* network\.backend/,
  ],
] as const)
  test(`refused: ${what}`, (t) => {
    const [first] = problemsOf(world(given));
    t.is(first!.path.join('.'), path);
    t.regex(first!.message, says);
    t.regex(first!.where, /^test\.yaml:3:/);
  });

test('a section that is wrong is not also said to lack places', (t) => {
  const found = problemsOf(world({ table: '{ eu: { us: 1ms } }', regions: '{ EU: 1 }' }));
  t.is(found.length, 1);
  t.regex(found[0]!.path.join('.'), /^load\.regions/);
});

for (const [what, given, notes] of [
  ['zones alone are no geography', {}, []],
  ['one region is everywhere', { regions: '{ eu: 1 }' }, []],
  [
    'regions without a table are all alike',
    { regions: '{ eu: 1, us: 1 }' },
    [/several regions and network\.latencies has no table/],
  ],
  [
    'a table that has every pair travelled',
    { regions: '{ eu: 1, us: 1 }', table: '{ us: { eu: 1ms } }' },
    [],
  ],
  [
    'a pair that is missing',
    { zones: ['eu', 'us', 'asia'], regions: '{ eu: 1 }', table: '{ eu: { us: 1ms } }' },
    [/the way between asia and eu: network\.client and/],
  ],
  [
    'from balancers, where they have places',
    { regions: '{ asia: 1 }', balancer: '{ zones: [eu] }', table: '{ asia: { eu: 1ms } }' },
    [/between eu and us:/],
  ],
] as const)
  test(`noted: ${what}`, (t) => {
    const got = load(world(given)).notes;
    t.is(got.length, notes.length, got.join());
    for (const [i, says] of notes.entries()) t.regex(got[i]!, says);
  });
