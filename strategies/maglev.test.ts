import test from 'ava';
import fc from 'fast-check';
import maglev, { primeFrom } from './maglev.ts';
import { MaglevTable } from './maglev-table.ts';
import { Stage } from './stage.ts';
import type { Backend } from './strategy.ts';

const keys = Array.from({ length: 3000 }, (_, i) => `session_${i}`);
const backend = (id: string, index: number, weight = 1): Backend => ({
  id,
  index,
  weight,
  inFlight: 0,
  maxInFlight: Infinity,
});
const fleet = (name: string, n: number) =>
  Array.from({ length: n }, (_, i) => backend(`${name}-${i + 1}`, i));

function tableOf(size: number, members: readonly Backend[]): { table: MaglevTable; ids: string[] } {
  const table = new MaglevTable(size);
  table.poolChanged({ members, available: members });
  return { table, ids: Array.from({ length: size }, (_, entry) => members[table.positionAt(entry)]!.id) };
}

for (const [n, expected, tolerance, fleets] of [
  [10, 10.24, 0.25, 6],
  [100, 1.6, 0.12, 6],
  [1000, 0.668, 0.08, 3],
] as const) {
  test(`one of ${n} servers removed changes about ${expected}% of 65,537 entries`, (t) => {
    let changed = 0;
    for (let f = 0; f < fleets; f++) {
      const members = fleet(`fleet${f}`, n);
      const { ids } = tableOf(65_537, members);
      const lost = (f * 7) % n;
      const { ids: after } = tableOf(
        65_537,
        members.filter((_, i) => i !== lost),
      );
      changed += ids.filter((id, entry) => id !== after[entry]).length;
    }
    const percent = (100 * changed) / (65_537 * fleets);
    t.log(`${percent.toFixed(3)}%`);
    t.true(Math.abs(percent - expected) < tolerance, `${percent}%`);
  });
}

test('equal backends have equal entries, to within one', (t) => {
  for (const n of [1, 2, 3, 7, 100]) {
    const shares = Object.values(new Stage(maglev, {}, idsOf(n)).strategy.distribution!());
    const entries = shares.map((share) => Math.round(share * 65_537));
    t.is(
      entries.reduce((sum, count) => sum + count, 0),
      65_537,
    );
    t.true(Math.max(...entries) - Math.min(...entries) <= 1, `${n}: ${entries}`);
  }
});

function idsOf(n: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: n }, (_, i) => [`server${i + 1}`, 1]));
}

test('entries are by weight, to within the turn each gets first and one more', (t) => {
  const weights = fc.array(fc.constantFrom(1, 1, 2, 3, 0.5, 10, 250), {
    minLength: 1,
    maxLength: 30,
    size: 'max',
  });
  fc.assert(
    fc.property(weights, (list) => {
      const members = list.map((weight, i) => backend(`b${i}`, i, weight));
      const { ids } = tableOf(10_007, members);
      const total = list.reduce((sum, weight) => sum + weight, 0);
      // Everybody's first turn comes early; what that takes from the others is shared by them.
      for (const { id, weight } of members) {
        const entries = ids.filter((owner) => owner === id).length;
        const fair = (10_007 * weight) / total;
        t.true(
          entries >= 1 && Math.abs(entries - fair) <= 2 + (list.length * weight) / total,
          `${entries} ${fair}`,
        );
      }
    }),
    { numRuns: 60 },
  );
});

const primes: { sentence: string; from: number; gives: number }[] = [
  { sentence: 'a prime is itself', from: 65_537, gives: 65_537 },
  { sentence: 'the power of two before it is not', from: 65_536, gives: 65_537 },
  { sentence: 'the square of a prime is not prime', from: 49, gives: 53 },
  { sentence: 'the smallest is 2', from: 0, gives: 2 },
  { sentence: "the largest allowed is Envoy's limit, itself prime", from: 5_000_011, gives: 5_000_011 },
];
for (const { sentence, from, gives } of primes) {
  test(`the size is the next prime: ${sentence}`, (t) => t.is(primeFrom(from), gives));
}

test('a table with fewer entries than backends still serves, and retries reach those without an entry', (t) => {
  const stage = new Stage(maglev, { size: 5 }, idsOf(9));
  const tried: string[] = [];
  for (let i = 0; i < 9; i++) tried.push(stage.pick('key', tried)!);
  t.is(new Set(tried).size, 9);
  t.true(tried.includes(stage.pick('key', tried)!), 'all tried: as if none had been');
});

test("keys land as the table's shares say", (t) => {
  const { a, b, c } = new Stage(maglev, {}, { a: 3, b: 2, c: 1 }).counts(30_000);
  for (const [count, fair] of [
    [a!, 15_000],
    [b!, 10_000],
    [c!, 5_000],
  ] as const)
    t.true(Math.abs(count - fair) < 5 * Math.sqrt(fair), `${count}, expected ${fair}`);
});

test('the order of the pool does not matter: two balancers agree on every key', (t) => {
  const one = new Stage(maglev, {}, { a: 1, b: 2, c: 1 });
  const other = new Stage(maglev, {}, { c: 1, b: 2, a: 1 });
  for (const key of keys) if (one.pick(key) !== other.pick(key)) t.fail(key);
  t.pass();
});

test('a server that fails gives its keys to all the others, and has the same ones when it is back', (t) => {
  const stage = new Stage(maglev, {}, idsOf(8));
  const before = keys.map((key) => stage.pick(key));
  stage.down('server3');
  const during = keys.map((key) => stage.pick(key));
  t.is(new Set(during.filter((_, i) => before[i] === 'server3')).size, 7);
  t.true(during.filter((id, i) => id !== before[i] && before[i] !== 'server3').length < keys.length * 0.02);
  stage.up('server3');
  t.deepEqual(
    keys.map((key) => stage.pick(key)),
    before,
  );
});

test('a retry reads on: the same key retries at the same backend, and retries spread over all the others', (t) => {
  const stage = new Stage(maglev, {}, idsOf(5));
  const its = keys.filter((key) => stage.pick(key) === 'server2');
  const retries = its.map((key) => stage.pick(key, ['server2']));
  t.deepEqual(
    its.map((key) => stage.pick(key, ['server2'])),
    retries,
  );
  for (const id of ['server1', 'server3', 'server4', 'server5']) {
    const count = retries.filter((other) => other === id).length;
    t.true(Math.abs(count / its.length - 0.25) < 0.1, `${id} ${count} of ${its.length}`);
  }
});

test('a refreshed load board does not fill the table again', (t) => {
  const members = fleet('app', 50);
  const { table } = tableOf(1009, members);
  let reads = 0;
  const board = members.map((it) => ({
    ...it,
    get id() {
      reads++;
      return it.id;
    },
  }));
  table.poolChanged({ members: board, available: board });
  t.is(reads, 100, 'each id is compared once among members and once among the available, and that is all');
});

test('a request without a key is placed by its client', (t) => {
  const stage = new Stage(maglev, {}, idsOf(3));
  const request = stage.world.request('', []);
  t.is(stage.strategy.pick(stage.world.pool, request)?.id, stage.pick(request.client));
});
