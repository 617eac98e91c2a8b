/** Layer 4 in virtual time: who picks when, what stays where it is, and what an attempt is. */
import test from 'ava';
import fc from 'fast-check';
import { anyWorld, impossible } from './random-world.test-support.ts';
import { at, byNumber, type Played, plainBalancer, play, type WorldInput } from './world.test-support.ts';

const far = { client: '3ms', backend: '5ms', connect: '2ms' };
const app = (count = 1, more: object = {}) => [
  { id: 'app', count, workers: 8, service: { constant: { mean: '10ms' } }, ...more },
];
const layer4 = { ...plainBalancer, layer: 4 as const };
const connecting = { ...layer4, retries: { max: 3 }, connectTimeout: '100ms' };
const closed = (connections: number, requestsPerConnection?: number) => ({
  closed: { connections, ...(requestsPerConnection === undefined ? {} : { requestsPerConnection }) },
  warmup: '0ms',
  duration: '1s',
});

const seen = (world: WorldInput) => {
  const played = play(world);
  const requests = byNumber(played).map((it) =>
    [it.outcome === 'ok' ? 'ok' : `${it.outcome} ${it.cause}`, it.backend, Math.round(it.latency)].join(' '),
  );
  return { ...played, requests };
};

test('the first request opens a connection, the next one finds it joined; at once, there are two', (t) => {
  const { requests, attempts } = seen({
    ...{ fleet: app(2), network: far, balancer: layer4 },
    load: at(0, 100, 200, 200),
  });
  // 3 + (2×5 + 2) + 5 + 10 + 5 + 3, and without the handshake; the last one has to make another connection.
  t.deepEqual(requests, ['ok 0 38', 'ok 0 26', 'ok 0 26', 'ok 1 38']);
  t.deepEqual(
    attempts.map(({ request, backend, kind }) => `${request} ${backend} ${kind}`),
    ['-1 0 in-flight', '-1 1 in-flight'],
    'attempts are connections, and both stand at the end',
  );
});

test('under open load the connection used last is used next, by all of a region', (t) => {
  const { requests } = seen({
    ...{ fleet: app(3), balancer: layer4 },
    load: at(0, 1, 2, 100, 200, 201),
  });
  t.deepEqual(requests, ['ok 0 10', 'ok 1 10', 'ok 2 10', 'ok 2 10', 'ok 2 10', 'ok 1 10']);
});

test('in a closed loop each connection stays where it is; one that is worn out is picked for anew', (t) => {
  const world = (load: WorldInput['load']) => play({ fleet: app(4), balancer: layer4, load });
  const pinned = world(closed(4));
  for (const { index, backend } of pinned.requests) t.is(backend, index % 4);
  t.is(pinned.attempts.length, 4);
  const churning = world(closed(3, 10));
  const used = new Set(
    churning.requests.filter(({ index }) => index % 3 === 0).map(({ backend }) => backend),
  );
  t.is(used.size, 4);
  // The last ones may have been made for a request that was not sent any more.
  const made = churning.requests.length / 10;
  t.true(Math.abs(churning.attempts.length - made) <= 3, `${churning.attempts.length} of ${made}`);
  t.true(churning.attempts.filter(({ kind }) => kind === 'ok').length >= made - 3);
});

for (const [sentence, perConnection, returns] of [
  ['no share until connections turn over', undefined, false],
  ['its share again where they do', 5, true],
] as const)
  test(`a backend that comes back gets ${sentence}`, (t) => {
    const { requests, attempts, counts } = play({
      fleet: app(4),
      balancer: connecting,
      load: closed(8, perConnection),
      faults: [{ at: '295ms', until: '500ms', on: 'app-2', crash: {} }],
    });
    const on = (from: number, to: number) =>
      requests.filter(({ backend, sent }) => backend === 1 && sent >= from && sent < to).length;
    t.true(on(0, 295) > 0);
    t.is(on(301, 500), 0);
    t.is(on(520, 1000) > 0, returns);
    t.is(counts.sent, counts.ok + counts.failed + counts.lost + counts.inFlightAtEnd);
    t.is(counts.lost, 2, 'what was out on its connections is lost: nobody tries a request again');
    t.is(attempts.filter(({ kind }) => kind === 'reset').length, 2);
  });

test('a connection without a request is gone with its host, too, and holds no slot', (t) => {
  const { requests, attempts } = seen({
    ...{ fleet: app(2), balancer: connecting },
    load: at(0, 100, 300),
    faults: [{ at: '50ms', until: '60ms', on: 'app-1', crash: {} }],
  });
  t.deepEqual(requests, ['ok 0 10', 'ok 1 10', 'ok 1 10']);
  t.deepEqual(
    attempts.map(({ backend, kind, ended }) => `${backend} ${kind} ${ended}`),
    ['0 reset 50', '1 in-flight NaN'],
  );
});

test('refused by one, the connection goes to another; refused by all, the client is reset', (t) => {
  const world = (on: string[]) => ({
    ...{ fleet: app(2), network: far, balancer: connecting, load: at(10) },
    faults: on.map((it) => ({ at: '1ms', on: it, crash: {} })),
  });
  const one = seen(world(['app-1']));
  t.deepEqual(one.requests, ['ok 1 48']);
  t.deepEqual(one.attempts.map(({ kind }) => kind).toSorted(), ['in-flight', 'unreachable']);
  const all = seen(world(['app-1', 'app-2']));
  t.deepEqual(all.requests, ['lost reset -1 26']);
  t.deepEqual(
    all.attempts.map(({ kind }) => kind),
    ['unreachable', 'unreachable'],
  );
});

test('no response is waited for less long than the client waits; then its connection is closed', (t) => {
  const { requests, attempts } = seen({
    ...{ fleet: app(1), balancer: layer4 },
    load: { ...at(1, 10_000), timeout: '6s' },
    faults: [{ at: '0ms', until: '9s', on: 'all', freeze: {} }],
  });
  t.deepEqual(requests, ['lost timeout -1 6000', 'ok 0 10']);
  t.deepEqual(
    attempts.map(({ kind, ended }) => `${kind} ${ended}`),
    ['cancelled 6001', 'in-flight NaN'],
  );
});

test('a connection that was silent for long enough has been closed', (t) => {
  const { attempts } = seen({
    ...{ fleet: app(1), balancer: { ...layer4, tcp: { idle: '1s' } } },
    load: at(0, 500, 3_000),
  });
  t.deepEqual(
    attempts.map(({ kind }) => kind),
    ['ok', 'in-flight'],
  );
});

test('a backend takes no more connections than it may have; the surplus is reset', (t) => {
  const { requests } = seen({
    ...{ fleet: app(1), balancer: { ...layer4, maxInFlight: 1 } },
    load: at(0, 1, 100),
  });
  t.deepEqual(requests, ['ok 0 10', 'lost reset -1 0', 'ok 0 10']);
});

test('where there is a queue, a connection waits for room, and not for ever', (t) => {
  const { requests } = seen({
    fleet: app(1),
    balancer: { ...layer4, maxInFlight: 1, queue: { timeout: '20ms' }, tcp: { idle: '5s' } },
    load: { ...closed(2, 1), duration: '15ms' },
  });
  // Each gives its slot up after its one request.
  t.deepEqual(requests, ['ok 0 10', 'ok 0 20', 'ok 0 20']);
});

test('a client that reconnects waits for the handshakes: of TCP, and of TLS', (t) => {
  const load = { ...closed(1, 1), duration: '80ms' };
  for (const [tls, gap] of [
    [false, 6],
    [{ selfSigned: true as const }, 12],
  ] as const) {
    const balancer = { ...layer4, tls };
    const [first, second] = byNumber(play({ fleet: app(1), network: far, balancer, load }));
    t.is(Math.round(second!.sent - first!.sent - first!.latency), gap);
  }
});

/** The first law that a trial at layer 4 breaks. */
function broken({ requests, attempts, counts, scenario }: Played): string | undefined {
  const { sent, ok, failed, lost, aborted = 0, inFlightAtEnd } = counts;
  if (sent !== ok + failed + lost + aborted + inFlightAtEnd)
    return `counts do not add up: ${JSON.stringify(counts)}`;
  if (new Set(requests.map(({ index }) => index)).size !== requests.length)
    return 'a request stands there twice';
  const { timeout } = scenario.load;
  const { count, maxInFlight } = scenario.balancer;
  for (const it of requests) {
    if (it.attempts !== 0) return `${it.index}: nobody at layer 4 counts attempts of requests`;
    if (it.outcome === 'ok' && it.backend < 0) return `${it.index}: ok, and nobody answered`;
    if (it.latency > timeout + 0.0011) return `${it.index}: its client waits at most ${timeout} ms`;
  }
  for (const { request, kind, picked, ended } of attempts) {
    if (request !== -1) return 'an attempt of a request';
    if (kind !== 'in-flight' && !(ended >= picked)) return 'a connection that ended before it began';
    if (kind === 'timeout' || kind === 'error') return `a connection that ended as ${kind}`;
  }
  if (maxInFlight === 'unlimited' || count > 1) return undefined;
  for (const { backend, picked } of attempts) {
    const standing = attempts.filter(
      (it) => it.backend === backend && it.picked <= picked && !(it.ended <= picked),
    );
    if (standing.length > maxInFlight) return `${standing.length} connections of at most ${maxInFlight}`;
  }
  return undefined;
}

test('in any scenario, cut short or not: no request is lost count of, and no slot', (t) => {
  const ends = new Set<string>();
  let trials = 0;
  fc.assert(
    fc.property(
      anyWorld,
      fc.constantFrom('round-robin', 'least-connections', 'p2c', 'rendezvous'),
      fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined, freq: 2 }),
      (world, strategy, stopAt) => {
        let played: Played;
        const balancer = { ...world.balancer, layer: 4 as const };
        try {
          played = play({ ...world, balancer }, { strategy, ...(stopAt === undefined ? {} : { stopAt }) });
        } catch (error) {
          if (impossible.test((error as Error).message)) return;
          throw error;
        }
        trials++;
        for (const { kind } of played.attempts) ends.add(kind);
        const why = broken(played);
        if (why !== undefined) throw new Error(why);
      },
    ),
    { numRuns: 200, seed: 20_261_125, includeErrorInReport: true },
  );
  t.true(trials > 150, `${trials} trials`);
  t.deepEqual([...ends].sort(), ['cancelled', 'in-flight', 'ok', 'reset', 'unreachable']);
});
