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
