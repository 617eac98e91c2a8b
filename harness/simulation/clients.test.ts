/** The simulated clients: how many requests a closed loop has out, when each connection asks again, and where a window ends. */
import test from 'ava';
import fc from 'fast-check';
import { at, plainBalancer, play, type SeenRequest, type WorldInput } from './world.test-support.ts';

const fleet = [{ id: 'app', count: 2, workers: 2, queue: 'unlimited' as const }];

/** The requests of each connection of a closed loop, in their order. */
function byConnection(requests: readonly SeenRequest[], connections: number): SeenRequest[][] {
  const own = Array.from({ length: connections }, (): SeenRequest[] => []);
  for (const it of requests) own[it.index % connections]!.push(it);
  return own.map((all) => all.sort((a, b) => a.index - b.index));
}
const endOf = ({ sent, latency }: SeenRequest) => sent + latency;
const near = (a: number, b: number) => Math.abs(a - b) < 0.0021;

test('a closed loop has exactly its connections in flight, from the first moment to the end of its window', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.nat({ max: 4 }),
      fc.nat(1000),
      (connections, client, seed) => {
        const world: WorldInput = {
          fleet,
          load: { closed: { connections }, warmup: '50ms', duration: '300ms' },
          network: { client: `${client}ms`, backend: '1ms', jitter: 0.1 },
          balancer: plainBalancer,
        };
        const { requests, counts } = play(world, { strategy: 'random', seed });
        for (const own of byConnection(requests, connections)) {
          if (!near(own[0]!.sent, -50)) throw new Error(`a connection that began at ${own[0]!.sent}`);
          for (const [i, it] of own.entries()) {
            const next = own[i + 1];
            if (it.index !== i * connections + (it.index % connections)) throw new Error('numbers with gaps');
            if (next === undefined ? endOf(it) < 300 : !near(next.sent, endOf(it)))
              throw new Error(`asked again at ${next?.sent}, not at ${endOf(it)}`);
          }
        }
        if (counts.ok !== counts.sent) throw new Error('not everything was answered');
      },
    ),
    { numRuns: 60, seed: 3, includeErrorInReport: true },
  );
  t.pass();
});

test('in a spike a closed loop has so many times its connections in flight; before it all is as without it', (t) => {
  const world = (layer: 4 | 7, faults: WorldInput['faults']): WorldInput => ({
    fleet,
    load: { closed: { connections: 5 }, warmup: '50ms', duration: '300ms' },
    balancer: { ...plainBalancer, layer },
    faults,
  });
  const spike = [
    { at: '100ms', until: '150ms', every: '100ms', spike: { factor: 3 } },
    { at: '120ms', until: '140ms', spike: { factor: 0.4 } },
  ];
  for (const layer of [4, 7] as const) {
    const { requests, counts } = play(world(layer, spike), { seed: 3 });
    t.is(counts.ok, counts.sent);
    const outAt = (ms: number) => requests.filter((it) => it.sent <= ms && endOf(it) > ms).length;
    // Who is not wanted any more is answered first.
    const seen = [50, 99, 101, 119, 141, 149, 201, 249].map(outAt);
    t.deepEqual(seen, [5, 5, 15, 15, 15, 15, 15, 15], `layer ${layer}`);
    t.true(outAt(139) < 15 && outAt(190) < 10, `${outAt(139)}, ${outAt(190)}`);
    const before = (all: readonly SeenRequest[]) =>
      all.filter((it) => endOf(it) < 100).sort((a, b) => a.index - b.index);
    t.deepEqual(before(requests), before(play(world(layer, []), { seed: 3 }).requests));
  }
});

test('a worn-out connection is replaced, which takes a round trip; one that broke, too', (t) => {
  const world = (faults: WorldInput['faults']): WorldInput => ({
    fleet,
    load: { closed: { connections: 3, requestsPerConnection: 4 }, warmup: '0ms', duration: '400ms' },
    network: { client: '5ms' },
    balancer: plainBalancer,
    faults,
  });
  let replaced = 0;
  for (const faults of [[], [{ at: '50ms', on: 'all', truncate: { share: 0.3 } }]])
    for (const own of byConnection(play(world(faults)).requests, 3))
      for (const [i, it] of own.slice(0, -1).entries()) {
        const fresh = (i + 1) % 4 === 0 || it.outcome === 'lost';
        if (fresh && it.outcome === 'lost') replaced++;
        t.true(near(own[i + 1]!.sent - endOf(it), fresh ? 10 : 0), `request ${it.index}`);
      }
  t.true(replaced > 5, `${replaced} broke`);
});

test('where every answer is immediate, a tenth of a millisecond passes before the next request, and the loop ends', (t) => {
  const { requests, counts } = play({
    fleet: [{ id: 'app' }],
    load: { closed: { connections: 2 }, warmup: '0ms', duration: '1s' },
    balancer: plainBalancer,
    faults: [{ at: '0ms', on: 'app', crash: {} }],
  });
  const [own] = byConnection(requests, 2);
  t.true(own!.slice(2).every(({ sent }, i) => near(sent - own![i + 1]!.sent, 0.1)));
  t.true(counts.failed > 19_000 && counts.sent <= 20_002, `${counts.sent} sent`);
});

test('a duration: who is due at its end is not sent, who is due before it is waited for', (t) => {
  const { requests, counts, windowMs } = play({
    fleet,
    load: { ...at(0, 90, 99.999, 100, 101), duration: '100ms' },
    balancer: plainBalancer,
  });
  t.deepEqual(
    requests.map(({ sent }) => sent).sort((a, b) => a - b),
    [0, 90, 99.999],
  );
  t.true(
    requests.some((it) => endOf(it) > 100),
    'one ended after it',
  );
  t.like(counts, { sent: 3, ok: 3, inFlightAtEnd: 0 });
  t.is(windowMs, 100);
});

test('a number of requests: exactly so many from t = 0 on, and the window ends with the last of them', (t) => {
  for (const seed of [1, 2, 3]) {
    const { requests, counts, windowMs } = play(
      { fleet, load: { open: { rate: '300/s' }, warmup: '100ms', requests: 77 }, balancer: plainBalancer },
      { seed },
    );
    t.is(counts.sent, 77);
    t.true(requests.length > 77, 'the warm-up is apart');
    t.true(near(windowMs, Math.max(...requests.map(({ sent }) => sent))));
  }
});

test('cut short, what has no outcome is in flight, and the window ends there', (t) => {
  const { requests, counts, windowMs, attempts } = play(
    {
      fleet: [{ id: 'app', workers: 1, service: { constant: { mean: '40ms' } } }],
      load: at(0, 1, 2, 50),
      balancer: plainBalancer,
    },
    { stopAt: 45 },
  );
  t.like(counts, { sent: 4, ok: 1, inFlightAtEnd: 3 });
  t.is(windowMs, 50);
  t.deepEqual(
    requests.map(({ outcome }) => outcome),
    ['ok', 'in-flight', 'in-flight', 'in-flight'],
  );
  t.is(attempts.filter(({ kind }) => kind === 'in-flight').length, 3);
});

test('cut short while a backend stands still: what healing it would do is not told any more', (t) => {
  const { counts, attempts, events } = play(
    {
      fleet: [{ id: 'app', workers: 1, queue: 0, service: { constant: { mean: '40ms' } } }],
      load: at(0, 10, 20, 50),
      balancer: plainBalancer,
      faults: [{ at: '5ms', on: 'app', freeze: {} }],
    },
    { stopAt: 45 },
  );
  t.like(counts, { sent: 4, inFlightAtEnd: 4 });
  t.deepEqual(
    attempts.map(({ kind, ended }) => `${kind} ${ended}`),
    Array(4).fill('in-flight NaN'),
  );
  t.is(events.at(-1)!.type === 'fault' && events.length, 4, 'asked, taken, heal asked, healed');
});

test('no connection left: not sent, and apart from what was', (t) => {
  const { requests, counts } = play({
    fleet: [{ id: 'app', workers: 1, service: { constant: { mean: '20ms' } } }],
    load: { open: { ...at(0, 1, 2, 50).open, connections: 2 }, warmup: '0ms' },
    balancer: plainBalancer,
  });
  t.like(counts, { sent: 3, ok: 3, notSent: 1 });
  t.like(
    requests.find(({ index }) => index === 2),
    { outcome: 'not-sent', attempts: 0, backend: -1 },
  );
});
