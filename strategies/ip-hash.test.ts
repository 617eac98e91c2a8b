import test from 'ava';
import fc from 'fast-check';
import { Fleet } from './fleet.test-support.ts';
import ipHash from './ip-hash.ts';
import type { Backend } from './strategy.ts';

/** Networks in sequence, as providers hand them out. */
const clients = Array.from({ length: 6000 }, (_, i) => `10.${i >> 8}.${i & 255}.9`);

function played(weights: readonly number[], seed = 1) {
  const fleet = new Fleet(weights, seed);
  const strategy = ipHash.create(fleet.env, { ipv4: 24, ipv6: 128 });
  fleet.changed(strategy);
  let requests = 0;
  const of = (client: string, tried: readonly Backend[] = []) =>
    strategy.pick(fleet.pool, { key: `${++requests}`, client, tried })?.id;
  return {
    fleet,
    strategy,
    of,
    all: () => clients.map((client) => of(client)),
    down(...ids: string[]) {
      fleet.down.clear();
      for (const id of ids) fleet.down.add(id);
      fleet.changed(strategy);
    },
  };
}

function counted(picks: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const id of picks) counts[id!] = (counts[id!] ?? 0) + 1;
  return counts;
}

test('a /24 goes to one backend; the key and the load do not matter', (t) => {
  const { fleet, of } = played([1, 1, 1, 1]);
  const home = of('203.0.113.1');
  for (const backend of fleet.backends) backend.inFlight = backend.id === home ? 1000 : 0;
  for (let host = 2; host < 255; host++) t.is(of(`203.0.113.${host}`), home);
  t.is(of('::ffff:203.0.113.77'), home);
});

test('an IPv6 client is its whole address: a network of them spreads', (t) => {
  const { of } = played([1, 1, 1, 1]);
  t.is(of('2001:db8::7'), of('2001:DB8:0:0::7'));
  const spread = counted(Array.from({ length: 400 }, (_, i) => of(`2001:db8::${(i + 1).toString(16)}`)));
  for (const count of Object.values(spread))
    t.true(Math.abs(count - 100) < 45, `${JSON.stringify(spread)}, expected 100 each`);
});

test('clients that have no address the balancer knows of are one client, and have one backend', (t) => {
  const { of } = played([1, 1, 1, 1]);
  t.truthy(of(''));
  t.is(of(''), of(''));
});

test('over a million networks every share is within 0.1 point of its weight', (t) => {
  const weights = [3, 2, 1, 2, 1, 0.5, 0.5];
  const { fleet, strategy } = played(weights, 4);
  const counts = new Map(fleet.backends.map(({ id }) => [id, 0]));
  const request = { key: '', client: '', tried: [] };
  for (let i = 0; i < 1_000_000; i++) {
    request.client = `${i >> 16}.${(i >> 8) & 255}.${i & 255}.1`;
    const { id } = strategy.pick(fleet.pool, request)!;
    counts.set(id, counts.get(id)! + 1);
  }
  weights.forEach((weight, i) => {
    const share = counts.get(`b${i}`)! / 1_000_000;
    t.true(Math.abs(share - weight / 10) < 0.001, `${weight} of 10 got ${share}`);
  });
});

test("a down server's clients go to all the others by weight, not to a neighbour; nobody else moves; all are back when it is", (t) => {
  const { fleet, all, down } = played([1, 2, 1, 3, 1], 2);
  const before = all();
  down('b1');
  const during = all();
  const moved = counted(during.filter((_, i) => before[i] === 'b1'));
  before.forEach((id, i) => {
    if (id !== 'b1') t.is(during[i], id);
  });
  const total = Object.values(moved).reduce((sum, count) => sum + count, 0);
  for (const { id, weight } of fleet.backends) {
    if (id === 'b1') continue;
    const expected = (total * weight) / 6;
    t.true(
      Math.abs((moved[id] ?? 0) - expected) < 5 * Math.sqrt(expected),
      `${id}: ${moved[id]} of ${total}`,
    );
  }
  down();
  t.deepEqual(all(), before, 'nobody that is up takes more than its own, and the revived gets its own back');
});

test('a second failure moves only those that were there', (t) => {
  const { all, down } = played([1, 1, 1, 1, 1], 3);
  down('b1');
  const one = all();
  down('b1', 'b4');
  all().forEach((id, i) => {
    if (one[i] !== 'b4') t.is(id, one[i]);
  });
});

test('a retry goes where the client would go if its backend were down', (t) => {
  const { fleet, of, down } = played([1, 2, 1, 3, 1], 5);
  const b3 = fleet.backends[3]!;
  const its = clients.filter((client) => of(client) === 'b3');
  const retries = its.map((client) => of(client, [b3]));
  down('b3');
  t.deepEqual(
    its.map((client) => of(client)),
    retries,
  );
  t.true(new Set(retries).size === 4 && its.length > 100);
});

test('with all but a few down every client still has one backend, by weight, and no rotation', (t) => {
  const n = 400;
  const { fleet, all, down } = played(new Array<number>(n).fill(1), 6);
  const up = ['b17', 'b200', 'b399'];
  down(...fleet.backends.map(({ id }) => id).filter((id) => !up.includes(id)));
  const picks = all();
  t.deepEqual(all(), picks, 'nothing rotates');
  const counts = counted(picks);
  t.deepEqual(Object.keys(counts).sort(), [...up].sort());
  for (const count of Object.values(counts)) t.true(Math.abs(count - 2000) < 200, JSON.stringify(counts));
});

test('two balancers that met the backends in different orders agree on every client', (t) => {
  const one = played([1, 2, 3, 1], 1);
  const other = played([1, 2, 3, 1], 99);
  other.fleet.backends.reverse();
  other.fleet.changed(other.strategy);
  t.deepEqual(other.all(), one.all());
});

const joins: { sentence: string; id: string; stays: number }[] = [
  { sentence: 'at the end of the ids, half', id: 'z', stays: 0.5 },
  { sentence: 'at their head, half', id: 'a', stays: 0.5 },
  { sentence: 'in their middle, a quarter', id: 'b4x', stays: 0.75 },
];

for (const { sentence, id, stays } of joins) {
  test(`as the header says, of all clients a join moves: ${sentence}; a leave moves them back`, (t) => {
    const { fleet, strategy, all } = played(new Array<number>(10).fill(1), 8);
    const before = all();
    fleet.backends.push({ id, index: 10, weight: 1, inFlight: 0, maxInFlight: Number.POSITIVE_INFINITY });
    fleet.changed(strategy);
    const joined = all();
    const stayed = joined.filter((picked, i) => picked === before[i]).length / clients.length;
    t.true(Math.abs(stayed - stays) < 0.05, `${stayed} stayed`);
    fleet.backends.pop();
    fleet.changed(strategy);
    t.deepEqual(all(), before);
  });
}

test('a backend that fails at once gets its own clients and no others', (t) => {
  const { fleet, strategy, of } = played([1, 1, 1, 1], 9);
  const homes = clients.map((client) => of(client));
  const b0 = fleet.backends[0]!;
  for (let i = 0; i < 100; i++) {
    fleet.start(strategy, b0);
    fleet.end(strategy, b0, 0.1, 'unreachable');
  }
  for (const backend of fleet.backends.slice(1)) for (let i = 0; i < 50; i++) fleet.start(strategy, backend);
  t.deepEqual(
    clients.map((client) => of(client)),
    homes,
  );
});

test('whatever is down or was tried, an untried one is picked while there is one', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(11), { maxLength: 11 }),
      fc.array(fc.nat(11), { maxLength: 12 }),
      fc.ipV4(),
      fc.nat(),
      (weights, downs, which, client, seed) => {
        const { fleet, of, down } = played(weights, seed);
        down(...downs.map((i) => `b${i % weights.length}`));
        const tried = which.map((i) => fleet.backends[i % weights.length]!);
        const up = fleet.pool.available.map(({ id }) => id);
        const untried = up.filter((id) => !tried.some((backend) => backend.id === id));
        const picked = of(client, tried);
        if (up.length === 0) return picked === undefined;
        return (untried.length > 0 ? untried : up).includes(picked!);
      },
    ),
    { numRuns: 400 },
  );
  t.pass();
});
