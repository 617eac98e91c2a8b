/** What a balancer does about failures, in virtual time: the same files as in the proxy, to the millisecond. */
import test from 'ava';
import { simulated } from './resilience.test-support.ts';

const failing = (kind: string, options: object = {}) => [{ at: 0, on: 'app-1', [kind]: options }];

test('statuses: a listed one is tried elsewhere and never seen by a client', async (t) => {
  const faults = failing('error', { status: 503 });
  const plain = await simulated({ faults });
  const sparing = await simulated({ faults, balancer: { retries: { statuses: [503], budget: false } } });
  t.true(plain.counts.failed > 80);
  t.is(sparing.counts.failed, 0);
  t.is(sparing.counts.sent, sparing.counts.ok);
  t.true(sparing.attempts.some((it) => it.kind === 'error' && it.status === 503));
});

test('budget: what cannot be afforded is answered 502, and told', async (t) => {
  const faults = failing('reset');
  const retries = { budget: { share: '10%', min: '0.1/s' } };
  const { counts, requests, events } = await simulated({ faults, balancer: { retries } });
  t.is(counts.sent, 200);
  const retried = requests.filter((it) => it.attempts === 2).length;
  t.true(retried >= 20 && retried <= 21, '10% of 200 and one in ten seconds');
  t.true(requests.filter(({ status }) => status === 502).length > 50);
  const refused = events.flatMap((it) => (it.type === 'retry-budget' ? [it.refused] : []));
  t.true(refused.length >= 1 && refused.length <= 3);
});

test('back-off: the second attempt comes after a wait drawn for it, the third after a longer one', async (t) => {
  const retries = { max: 1, backoff: { base: '40ms', max: '40ms' } };
  const { attempts, counts } = await simulated({ faults: failing('reset'), balancer: { retries } });
  t.is(counts.ok, counts.sent);
  const first = new Map(attempts.filter((it) => it.attempt === 1).map((it) => [it.request, it.ended]));
  const waits = attempts.filter((it) => it.attempt === 2).map((it) => it.picked - first.get(it.request)!);
  t.true(waits.length > 50);
  t.true(waits.every((ms) => ms >= 0 && ms <= 40));
  t.true(Math.max(...waits) > 35 && Math.min(...waits) < 5);
});

test('timeout of the whole request: 504 at that very moment, whatever it waits for', async (t) => {
  const hanging = await simulated({ faults: failing('hang'), balancer: { timeout: '150ms' } });
  const late = hanging.requests.filter(({ status }) => status === 504);
  t.true(late.length > 80);
  t.true(late.every(({ latency }) => Math.abs(latency - 150) < 1e-6));
  t.true(hanging.attempts.every((it) => it.kind === 'ok' || it.kind === 'timeout'));

  const retries = { backoff: { base: '10s', max: '10s' } };
  const waiting = await simulated({ faults: failing('reset'), balancer: { timeout: '150ms', retries } });
  t.true(waiting.requests.some(({ status }) => status === 504));
  t.true(waiting.requests.every(({ latency }) => latency < 150 + 1e-6));
});

test('queue: an overloaded fleet serves in the order of arrival, and turns away what has waited too long', async (t) => {
  // 100 requests a second, twice as many as one worker of 20 ms can serve.
  const world = {
    fleet: [{ id: 'app', count: 1, workers: 1, service: { constant: { mean: '20ms' } } }],
    balancer: { maxInFlight: 1, queue: { length: 1000, timeout: '200ms' } },
  };
  const { requests, counts, events } = await simulated(world);
  t.is(counts.sent, counts.ok + counts.failed);
  t.true(counts.ok >= 99 && counts.ok <= 111);
  const turnedAway = requests.filter(({ status }) => status === 503);
  t.true(turnedAway.every(({ latency }) => Math.abs(latency - 200) < 1e-6));
  const served = requests.filter(({ status }) => status === 200).map((it) => it.sent + it.latency);
  t.deepEqual(
    served,
    served.toSorted((a, b) => a - b),
  );
  t.true(events.some((it) => it.type === 'queue' && it.why === 'timeout'));

  const short = await simulated({ ...world, balancer: { maxInFlight: 1, queue: { length: 2 } } });
  t.true(short.requests.filter(({ status }) => status === 503).every(({ latency }) => latency === 0));
  t.true(Math.max(...short.requests.map(({ latency }) => latency)) <= 60 + 1e-6);
});

test('queue: a client that gives up frees its place', async (t) => {
  const { requests, counts } = await simulated({
    fleet: [
      { id: 'app', count: 1, workers: 1, service: { constant: { mean: '20ms' } }, cancelAbandoned: true },
    ],
    load: { open: { rate: '100/s', arrivals: 'constant' }, warmup: 0, duration: '2s', timeout: '100ms' },
    balancer: { maxInFlight: 1, queue: { length: 12, timeout: '10s' } },
  });
  t.is(counts.failed, 0, 'ten come while one waits: there is always a place');
  t.is(counts.sent, counts.ok + counts.lost);
  t.true(requests.every(({ latency }) => latency <= 100 + 1e-6));
});

const six = [{ id: 'app', count: 6, service: { constant: { mean: '5ms' } } }];

test('outlier: a backend that fails half of its requests, with green checks, is left out for a while', async (t) => {
  const world = {
    fleet: six,
    load: { open: { rate: '600/s', arrivals: 'constant' }, warmup: 0, duration: '8500ms' },
    faults: [{ at: 0, on: 'app-3', error: { share: '50%' } }],
  };
  const outlier = { interval: '1s', ejection: '2s', successRate: { requests: 50 } };
  const plain = await simulated(world);
  const watched = await simulated({ ...world, balancer: { outlier } });
  const told = watched.events.flatMap((it) =>
    it.type === 'ejection' ? [`${it.backend} ${it.phase} ${Math.round(it.t / 100) / 10}`] : [],
  );
  t.deepEqual(told, ['app-3 begun 1', 'app-3 over 3', 'app-3 begun 4', 'app-3 over 8']);
  t.true(watched.counts.failed < plain.counts.failed / 2.5);
});

test('breaker: an open one keeps requests from a backend that fails, but for a trial now and then', async (t) => {
  const { attempts, events, counts } = await simulated({
    load: { open: { rate: '200/s', arrivals: 'constant' }, warmup: 0, duration: '4s' },
    faults: [{ at: 0, until: '2200ms', on: 'app-1', error: { status: 503 } }],
    balancer: { breaker: { failures: 5, open: '500ms' } },
  });
  const states = events.flatMap((it) => (it.type === 'breaker' ? [it.to] : []));
  t.deepEqual(states.slice(0, 3), ['open', 'half-open', 'open']);
  t.is(states.at(-1), 'closed');
  const failed = attempts.filter(({ kind }) => kind === 'error').length;
  t.true(failed >= 8 && failed <= 10, `five, and a trial every half second: ${failed}`);
  t.is(counts.failed, failed);
});

test('panic: when most are down, all are tried, and what serves is found', async (t) => {
  const world = {
    fleet: six,
    load: { open: { rate: '300/s', arrivals: 'constant' }, warmup: 0, duration: '2s' },
    faults: [{ at: '500ms', until: '1s', on: ['app-1', 'app-2', 'app-3', 'app-4'], reset: {} }],
  };
  const passive = { failures: 3, ejection: '60s' };
  const strict = await simulated({ ...world, balancer: { passive } });
  const loose = await simulated({ ...world, balancer: { passive, panic: {} } });
  const late = (run: typeof strict) =>
    run.attempts.filter((it) => it.picked > 1_500 && it.backend < 4).length;
  t.is(late(strict), 0);
  t.true(late(loose) > 50);
  t.like(
    loose.events.find(({ type }) => type === 'panic'),
    { type: 'panic', phase: 'begun', usable: 2, of: 6 },
  );
});

test('ejections grow while a backend keeps failing', async (t) => {
  const { events } = await simulated({
    load: { open: { rate: '500/s', arrivals: 'constant' }, warmup: 0, duration: '8s' },
    faults: [{ at: 0, on: 'app-1', reset: {} }],
    balancer: { passive: { failures: 2, ejection: '500ms', maxEjection: '2s' } },
  });
  const at = (to: string) => events.flatMap((it) => (it.type === 'health' && it.to === to ? [it.t] : []));
  const lengths = at('healthy').map((end, i) => Math.round((end - at('unhealthy')[i]!) / 100) / 10);
  t.deepEqual(lengths.slice(0, 5), [0.5, 1, 1.5, 2, 2]);
});

test('slow start: who comes back gets little at first, and its full share in the end', async (t) => {
  const { attempts } = await simulated(
    {
      load: { open: { rate: '500/s', arrivals: 'constant' }, warmup: 0, duration: '6s' },
      faults: [{ at: '500ms', until: '1s', on: 'app-1', crash: {} }],
      balancer: {
        health: { interval: '100ms', timeout: '50ms', unhealthy: 1, healthy: 1 },
        slowStart: { window: '2s' },
      },
    },
    'weighted-round-robin',
  );
  const share = (from: number, to: number) => {
    const then = attempts.filter((it) => it.picked >= from && it.picked < to);
    return then.filter(({ backend }) => backend === 0).length / then.length;
  };
  t.true(share(1_150, 1_300) < 0.15);
  t.true(share(1_900, 2_200) > 0.2 && share(1_900, 2_200) < 0.4);
  t.true(Math.abs(share(4_000, 6_000) - 0.5) < 0.02);
});

test('fallback: another pool first, then a response of the user’s', async (t) => {
  const world = {
    fleet: [
      { id: 'app', service: { constant: { mean: '5ms' } } },
      { id: 'spare', service: { constant: { mean: '5ms' } } },
    ],
    faults: [
      { at: '500ms', until: '1500ms', on: 'app', crash: {} },
      { at: '1s', until: '1500ms', on: 'spare', crash: {} },
    ],
  };
  const fallback = { pool: 'spare', response: { status: 299, body: 'sorry' } };
  const { requests, attempts } = await simulated({
    ...world,
    balancer: {
      pools: { main: { backends: ['app'] }, spare: { backends: ['spare'] } },
      routes: [{ path: '/', pool: 'main' }],
      retries: { max: 0 },
      fallback,
    },
  });
  const at = (from: number, to: number) => requests.filter(({ sent }) => sent > from && sent < to - 10);
  t.true(at(0, 500).every(({ backend, attempts: tries }) => backend === 0 && tries === 1));
  t.true(at(500, 1_000).every(({ backend, attempts: tries }) => backend === 1 && tries === 2));
  t.true(at(1_000, 1_500).every(({ backend, status }) => backend === -1 && status === 299));
  t.true(at(1_500, 2_000).every(({ backend }) => backend === 0));
  t.true(attempts.every(({ attempt, backend }) => attempt === backend + 1));
});

test('checks of type tcp see a crash, and neither errors nor a frozen process', async (t) => {
  const down = async (type: string, fault: object) => {
    const { events } = await simulated({
      faults: [{ at: '500ms', until: '1500ms', on: 'app-1', ...fault }],
      balancer: { health: { type, interval: '100ms', timeout: '50ms', unhealthy: 1 } },
    });
    return events.some((it) => it.type === 'health' && it.to === 'unhealthy');
  };
  t.deepEqual([await down('http', { crash: {} }), await down('tcp', { crash: {} })], [true, true]);
  t.deepEqual([await down('http', { vanish: {} }), await down('tcp', { vanish: {} })], [true, true]);
  t.deepEqual([await down('http', { freeze: {} }), await down('tcp', { freeze: {} })], [true, false]);
  t.deepEqual([await down('http', { error: {} }), await down('tcp', { error: {} })], [true, false]);
});

test('jitter of checks: a crash is seen a little later for each backend, within the bound, and never twice alike', async (t) => {
  const health = { interval: '100ms', timeout: '50ms', unhealthy: 1, jitter: '50%' };
  const { events } = await simulated({
    fleet: six,
    faults: [{ at: '540ms', on: 'all', crash: {} }],
    balancer: { health },
  });
  const seen = events.flatMap((it) => (it.type === 'health' && it.to === 'unhealthy' ? [it.t - 540] : []));
  t.is(seen.length, 6);
  t.is(new Set(seen).size, 6);
  t.true(seen.every((ms) => ms >= 0 && ms <= 100 * 1.5 + 50));
});

test('locality: balancers keep to their zones, spill when theirs is half gone, and come back', async (t) => {
  const world = {
    fleet: ['a', 'b'].map((zone) => ({ id: zone, count: 4, zone, service: { constant: { mean: '5ms' } } })),
    load: {
      ...{ open: { rate: '800/s', arrivals: 'constant' }, warmup: 0, duration: '6s' },
      regions: { a: 1, b: 1 },
    },
    network: { latencies: { a: { b: '20ms' } } },
    faults: [{ at: '2s', until: '4s', on: ['a-1', 'a-2'], crash: {} }],
  };
  const balancer = {
    ...{ count: 2, zones: ['a', 'b'], locality: {} },
    health: { interval: '200ms', timeout: '100ms', unhealthy: 1, healthy: 1 },
  };
  const { attempts } = await simulated({ ...world, balancer }, 'p2c');
  const inA = (from: number, to: number) => {
    const then = attempts.filter((it) => it.picked > from && it.picked < to);
    return then.filter(({ backend }) => backend < 4).length / then.length;
  };
  t.true(Math.abs(inA(0, 2_000) - 0.5) < 0.02);
  t.true(Math.abs(inA(2_400, 4_000) - 0.35) < 0.03, 'half of the zone carries 70%');
  t.true(Math.abs(inA(4_400, 6_000) - 0.5) < 0.02);
});
