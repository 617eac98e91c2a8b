import test from 'ava';
import fc from 'fast-check';
import { Ring } from './ring.ts';
import { RingPoints } from './ring-points.ts';
import type { Backend, Pool } from './strategy.ts';

const backend = (id: string, weight = 1): Backend => ({
  id,
  index: Number(id.slice(1)),
  weight,
  inFlight: 0,
  maxInFlight: Infinity,
});
const all = (members: readonly Backend[]): Pool => ({ members, available: members });
const keys = Array.from({ length: 400 }, (_, i) => `key-${i}`);
const owners = (ring: Ring, { available }: Pool) => keys.map((key) => ring.find(key, available, [])?.id);

test('however it came about, a ring is the one built from nothing: joins, leaves, weights, failures, order', (t) => {
  const member = fc.record({
    id: fc.integer({ min: 0, max: 30 }).map((i) => `b${i}`),
    weight: fc.constantFrom(1, 1, 1, 0.5, 2, 10),
    up: fc.constantFrom(true, true, false),
  });
  const pools = fc.array(fc.uniqueArray(member, { selector: ({ id }) => id, maxLength: 24, size: 'max' }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(pools, fc.constantFrom(1, 3, 40), (history, virtualNodes) => {
      const ring = new Ring(virtualNodes);
      for (const moment of history) {
        const up = new Set(moment.filter((it) => it.up).map(({ id }) => id));
        const members = moment.map(({ id, weight }) => backend(id, weight));
        const pool = { members, available: members.filter(({ id }) => up.has(id)) };
        ring.poolChanged(pool);
        const fresh = new Ring(virtualNodes);
        fresh.poolChanged(pool);
        t.deepEqual(owners(ring, pool), owners(fresh, pool));
        const [one, other] = [ring.shares(pool.available), fresh.shares(pool.available)];
        for (const id of Object.keys(other)) t.true(Math.abs(one[id]! - other[id]!) < 1e-9);
      }
    }),
    { numRuns: 60 },
  );
});

test('a key belongs to the first available point at or after its hash, against a plain search', (t) => {
  const members = Array.from({ length: 12 }, (_, i) => backend(`b${i}`));
  for (const down of [0, 1, 5, 7, 11]) {
    const available = members.slice(down);
    const ring = new Ring(20);
    ring.poolChanged({ members, available });
    const points = RingPoints.of(
      members.map((_, slot) => ({ slot, points: 20 })),
      members.map(({ id }) => id),
    );
    for (let i = 0; i < 2000; i++) {
      const hash = Math.imul(i, 0x9e3779b1) >>> 0;
      const sorted = [...points.hashes.keys()].filter((at) => points.slots[at]! >= down);
      const at = sorted.find((candidate) => points.hashes[candidate]! >= hash) ?? sorted[0]!;
      t.is(available[ring.positionAt(ring.first(hash | 0))]!.id, members[points.slots[at]!]!.id);
    }
  }
});

test('points are sorted, and those that coincide are in order of their ids', (t) => {
  // 2^18 points among 2^32: about eight pairs coincide.
  const ids = Array.from({ length: 256 }, (_, i) => `b${(i * 37) % 256}`);
  const { hashes, slots } = RingPoints.of(
    ids.map((_, slot) => ({ slot, points: 1024 })),
    ids,
  );
  let coincide = 0;
  for (let i = 1; i < hashes.length; i++) {
    if (hashes[i - 1]! > hashes[i]!) t.fail(`${i} is out of order`);
    if (hashes[i - 1] !== hashes[i]) continue;
    coincide++;
    t.true(ids[slots[i - 1]!]! < ids[slots[i]!]!);
  }
  t.true(coincide > 0);
});

/** Largest share ÷ mean, averaged over fleets of different names. */
for (const [virtualNodes, expected] of [
  [40, 1.42],
  [160, 1.19],
  [1000, 1.08],
] as const) {
  test(`100 servers of ${virtualNodes} points: the largest share is about ${expected} times the mean`, (t) => {
    const fleets = 30;
    let sum = 0;
    for (let f = 0; f < fleets; f++) {
      const members = Array.from({ length: 100 }, (_, i) => ({ ...backend(`b${i}`), id: `fleet${f}-${i}` }));
      const ring = new Ring(virtualNodes);
      ring.poolChanged(all(members));
      sum += Math.max(...Object.values(ring.shares(members))) * 100;
    }
    t.true(Math.abs(sum / fleets - expected) < 0.15 * (expected - 1), `${sum / fleets}`);
  });
}

test('a refreshed load board, new objects with the same ids, weights and availability, changes no point', (t) => {
  const ring = new Ring(150);
  let reads = 0;
  const board = () =>
    Array.from({ length: 200 }, (_, i) => ({
      ...backend(`b${i}`),
      get id() {
        reads++;
        return `b${i}`;
      },
    }));
  ring.poolChanged(all(board()));
  const before = owners(ring, all(board()));
  reads = 0;
  const fresh = all(board());
  ring.poolChanged(fresh);
  t.is(reads, 400, 'each id is compared once among members and once among the available, and that is all');
  t.deepEqual(owners(ring, fresh), before);
});

test('beyond four million points all members halve theirs, and shares stay by weight', (t) => {
  const members = [backend('b1', 300), backend('b2', 100), backend('b3', 100)];
  const ring = new Ring(10_000);
  ring.poolChanged(all(members));
  t.true(ring.length <= 2 ** 22 && ring.length > 2 ** 21, `${ring.length}`);
  const points = Array.from({ length: 3 }, () => 0);
  for (let at = 0; at < ring.length; at++) points[ring.positionAt(at)]!++;
  t.deepEqual(
    points.map((count) => count / ring.length),
    [0.6, 0.2, 0.2],
  );
});
