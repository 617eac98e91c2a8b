import test from 'ava';
import fc from 'fast-check';
import consistentHash from './consistent-hash.ts';
import { hashString } from './hash.ts';
import { Stage } from './stage.ts';

const fleet = (n: number) =>
  Object.fromEntries(Array.from({ length: n }, (_, i) => [`server${i + 1}:8080`, 1]));
const keys = Array.from({ length: 3000 }, (_, i) => `session_${i}`);

test('sequential keys spread over the whole range, high bits and low', (t) => {
  for (const shift of [0, 8, 16, 24]) {
    const buckets = new Array<number>(256).fill(0);
    for (let i = 0; i < 65_536; i++) {
      const bucket = (hashString(`user-${i}`) >>> shift) & 255;
      buckets[bucket] = buckets[bucket]! + 1;
    }
    const chi = buckets.reduce((sum, count) => sum + (count - 256) ** 2 / 256, 0);
    t.true(
      Math.abs(chi - 255) < 6 * Math.sqrt(2 * 255),
      `bits from ${shift}: chi² ${chi}, expected about 255`,
    );
  }
});

test('one changed bit of the key changes half the bits of the hash', (t) => {
  let flipped = 0;
  for (let i = 0; i < 2000; i++) {
    let bits = hashString(`key-${i}`) ^ hashString(`kez-${i}`);
    for (; bits !== 0; bits &= bits - 1) flipped++;
  }
  t.true(Math.abs(flipped / 2000 - 16) < 0.5, `${flipped / 2000}`);
});

for (const [n, virtualNodes] of [
  [3, 150],
  [10, 150],
  [100, 40],
] as const) {
  test(`${n} servers of ${virtualNodes} points: shares deviate by √((n−1)/(n·points+1))`, (t) => {
    // Averaged over fleets of different names, since one fleet is one sample.
    let squares = 0;
    const fleets = 60;
    for (let f = 0; f < fleets; f++) {
      const named = Object.fromEntries(Array.from({ length: n }, (_, i) => [`f${f}-${i}`, 1]));
      const shares = new Stage(consistentHash, { virtualNodes }, named).strategy.distribution!();
      const values = Object.values(shares);
      t.true(Math.abs(values.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
      squares += values.reduce((sum, share) => sum + (share * n - 1) ** 2, 0) / n;
    }
    const deviation = Math.sqrt(squares / fleets);
    const expected = Math.sqrt((n - 1) / (n * virtualNodes + 1));
    t.true(Math.abs(deviation / expected - 1) < 0.15, `${deviation}, expected ${expected}`);
  });
}

test('keys land as the shares of the ring say', (t) => {
  const stage = new Stage(consistentHash, {}, fleet(5));
  const shares = stage.strategy.distribution!();
  const counts = stage.counts(20_000);
  for (const [id, share] of Object.entries(shares)) {
    t.true(Math.abs(counts[id]! - 20_000 * share) < 5 * Math.sqrt(20_000 * share), `${id} ${counts[id]}`);
  }
});

test('weights scale the share', (t) => {
  const { a, b } = new Stage(consistentHash, { virtualNodes: 2000 }, { a: 3, b: 1 }).strategy.distribution!();
  t.true(Math.abs(a! - 0.75) < 0.03 && Math.abs(b! - 0.25) < 0.03, `${a} ${b}`);
});

test('a join moves keys to the joiner only, a leave only those of the leaver, a failure likewise', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 8 }),
      fc.nat(8),
      fc.constantFrom('leave' as const, 'down' as const),
      (n, place, how) => {
        const stage = new Stage(consistentHash, {}, fleet(n));
        const before = keys.map((key) => stage.pick(key));
        stage.join('joiner', 1, place);
        const joined = keys.map((key) => stage.pick(key));
        if (joined.some((id, i) => id !== before[i] && id !== 'joiner')) return false;
        if (!joined.includes('joiner')) return false;
        stage[how]('joiner');
        return keys.every((key, i) => stage.pick(key) === before[i]);
      },
    ),
    { numRuns: 20 },
  );
  t.pass();
});

test('the order of the pool does not matter: two balancers agree on every key', (t) => {
  const one = new Stage(consistentHash, {}, { a: 1, b: 2, c: 1 });
  const other = new Stage(consistentHash, {}, { c: 1, b: 2, a: 1 });
  for (const key of keys) if (one.pick(key) !== other.pick(key)) t.fail(key);
  t.pass();
});

test("a lost server's keys are shared by the others, and a retry goes where the key would go", (t) => {
  const stage = new Stage(consistentHash, {}, fleet(5));
  const lost = 'server2:8080';
  const its = keys.filter((key) => stage.pick(key) === lost);
  const retries = its.map((key) => stage.pick(key, [lost]));
  stage.down(lost);
  const moved = its.map((key) => stage.pick(key));
  t.deepEqual(retries, moved);
  t.is(new Set(moved).size, 4);
});

test('a request without a key is placed by its client', (t) => {
  const stage = new Stage(consistentHash, {}, fleet(3));
  const request = stage.world.request('', []);
  const byClient = stage.strategy.pick(stage.world.pool, request)?.id;
  t.is(byClient, stage.pick(request.client));
});

test('a revived server has exactly its own keys back, however idle it is among busy ones; and one that fails draws no others', (t) => {
  const stage = new Stage(consistentHash, {}, fleet(5));
  const before = keys.map((key) => stage.pick(key));
  stage.down('server2:8080');
  for (const { id } of stage.available) stage.start(id, 50);
  stage.up('server2:8080');
  for (let i = 0; i < 20; i++) stage.serve('server2:8080', 0.1, 'unreachable');
  t.deepEqual(
    keys.map((key) => stage.pick(key)),
    before,
  );
});
