/** The way from clients to the balancer, by both generators as processes: what the rows say, and when the server heard of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { Workload } from '../../scenarios/workload.ts';
import { now } from '../clock.ts';
import { countsOf, drive, loadOf, type Row } from './drive.test-support.ts';
import { behaviours, startServer } from './faulty-server.test-support.ts';

const answer = behaviours[0]!.act;
const wayOf = (client: number, more: object = {}) => ({
  network: { client, backend: 0, jitter: 0, connect: 0, latencies: {} },
  handshakeTrips: 0,
  ...more,
});
const kinds = {
  open: { open: { rate: '50/s', arrivals: 'constant' } },
  closed: { closed: { connections: 5 } },
} as const;

/** A server that answers at once, and when it heard of each request, ms of the clock. */
async function listening(t: ExecutionContext) {
  const heard = new Map<number, number>();
  const server = await startServer((index, socket) => {
    heard.set(index, now());
    answer(socket);
  });
  t.teardown(server.close);
  return { server, heard };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
const byConnection = (rows: readonly Row[], connections: number) =>
  Array.from({ length: connections }, (_, i) =>
    rows.filter(({ index }) => index % connections === i).sort((a, b) => a.index - b.index),
  );

for (const [kind, load] of Object.entries(kinds))
  test.serial(
    `${kind} load: a request is heard a trip after its client sent it, and takes two`,
    async (t) => {
      const { server, heard } = await listening(t);
      const { rows, result, zero } = await drive(
        server.port,
        loadOf({ ...load, warmup: '200ms', duration: '1500ms' }),
        undefined,
        { way: wayOf(100) },
      );
      t.true(rows.length > 20);
      t.deepEqual(
        countsOf(rows.filter(({ intended }) => intended >= 0)),
        result.counts,
        'all that was sent is counted',
      );
      t.is(result.counts.ok, result.counts.sent);
      for (const { index, intended, sent, firstByte, latency } of rows) {
        t.true(heard.get(index)! - zero >= intended / 1000 + 99, `${index} heard too early`);
        t.true(latency >= 199_000 && firstByte >= intended + 199_000, `${index} took ${latency} µs`);
        t.true(sent >= intended - 1 && firstByte <= intended + latency + 1);
      }
      t.true(median(rows.map(({ latency }) => latency)) < 260_000);
      t.true(median(rows.map(({ sent, intended }) => sent - intended)) < 30_000, 'not late by the trip');
      if (result.latenessMs !== undefined) t.true(result.latenessMs.p50 < 30);
    },
  );

test.serial('open load keeps to its schedule, however long the way', async (t) => {
  const { server } = await listening(t);
  const load = loadOf({ ...kinds.open, warmup: '100ms', duration: '500ms' });
  const { rows } = await drive(server.port, load, undefined, { way: wayOf(700), grace: 5_000 });
  const arrivals = new Workload(load, 1, 50).arrivals();
  t.deepEqual(
    rows.sort((a, b) => a.index - b.index).map(({ intended }) => intended),
    Array.from({ length: 30 }, () => Math.round((arrivals() - 100) * 1000)),
  );
  t.true(
    rows.every(({ outcome }) => outcome === 'ok'),
    'what is under way when the window ends arrives and comes back',
  );
});

test.serial('where the balancer has a place, each region is as far from it as the table says', async (t) => {
  const { server } = await listening(t);
  const load = loadOf({ ...kinds.open, regions: { eu: 1, us: 1 }, warmup: 0, duration: '1s' });
  const network = { client: 20, backend: 0, jitter: 0, connect: 0, latencies: { eu: { us: 200 } } };
  const { rows } = await drive(server.port, load, undefined, { way: wayOf(0, { network, zone: 'eu' }) });
  const workload = new Workload(load, 1, 50);
  const of = (region: string) =>
    rows.filter(({ index }) => workload.region(index) === region).map(({ latency }) => latency);
  t.true(Math.min(...of('eu')) >= 39_000 && median(of('eu')) < 200_000);
  t.true(Math.min(...of('us')) >= 399_000);
});

for (const [what, requestsPerConnection, trips] of [
  ['when its client has seen the last answer', undefined, 0],
  ['once its client has made a new connection, over TLS', 1, 4],
] as const)
  test.serial(`closed load: the next request is sent ${what}`, async (t) => {
    const { server } = await listening(t);
    const closed = { connections: 3, ...(requestsPerConnection && { requestsPerConnection }) };
    const { rows } = await drive(server.port, loadOf({ closed, warmup: 0, duration: '1500ms' }), undefined, {
      way: wayOf(50, { handshakeTrips: 1 }),
    });
    for (const own of byConnection(rows, 3)) {
      t.true(own.length > 2 && own.length <= 15);
      for (const [i, { intended }] of own.entries()) {
        if (i === 0) continue;
        const last = own[i - 1]!;
        const since = intended - (last.intended + last.latency);
        t.true(Math.abs(since - trips * 50_000) < 20, `${since} µs after the answer`);
      }
    }
  });

for (const [kind, load] of Object.entries(kinds))
  test.serial(`${kind} load: an answer that comes too late for its client is a timeout`, async (t) => {
    const { server, heard } = await listening(t);
    const timed = loadOf({ ...load, warmup: 0, duration: '700ms', timeout: '150ms' });
    const { rows } = await drive(server.port, timed, undefined, { way: wayOf(100) });
    t.true(rows.length > 5);
    for (const { index, cause, latency, sent, intended } of rows) {
      t.true(heard.has(index), 'it was answered');
      t.is(cause, 'timeout');
      const patience = latency - (sent - intended);
      t.true(patience >= 149_000 && patience < 250_000, `after ${patience} µs`);
    }
  });

test.serial('who has lost patience before the request was there asks nobody', async (t) => {
  const { server, heard } = await listening(t);
  const load = loadOf({ ...kinds.open, warmup: 0, duration: '500ms', timeout: '100ms' });
  const { result } = await drive(server.port, load, undefined, { way: wayOf(1_000), grace: 3_000 });
  t.is(result.counts.lost, 25);
  t.is(heard.size, 0);
});

test.serial('open load: a client that gives up is missed a trip later', async (t) => {
  let heard = 0;
  let gone = 0;
  const server = await startServer((index, socket) => {
    if (index > 0) return;
    heard = now();
    socket.on('close', () => {
      gone = now();
    });
  });
  t.teardown(server.close);
  const open = { rate: '2/s', arrivals: 'constant' } as const;
  const load = loadOf({ open, warmup: 0, duration: '1500ms', timeout: '400ms' });
  const { rows } = await drive(server.port, load, undefined, { way: wayOf(300), grace: 2_000 });
  const [first] = rows.filter(({ index }) => index === 0);
  t.is(first!.cause, 'timeout');
  t.true(first!.latency >= 399_000);
  // Heard of after 300 ms, given up after 400, missed after 700.
  t.true(gone - heard > 250, `${gone - heard} ms after it was heard of`);
});

for (const [kind, load] of Object.entries(kinds))
  test.serial(`${kind} load: told to stop, what is still on its way is in flight`, async (t) => {
    const { server, heard } = await listening(t);
    const { result, rows } = await drive(
      server.port,
      loadOf({ ...load, warmup: 0, duration: '60s' }),
      async (child) => {
        await sleep(500);
        child.send({ type: 'stop' });
      },
      { way: wayOf(5_000) },
    );
    t.true(result.counts.sent >= 5);
    t.is(result.counts.inFlightAtEnd, result.counts.sent);
    t.is(rows.length, result.counts.sent);
    t.is(heard.size, 0);
  });

test.serial('a length in requests is exact', async (t) => {
  const { server } = await listening(t);
  for (const load of Object.values(kinds)) {
    const { result } = await drive(server.port, loadOf({ ...load, warmup: 0, requests: 40 }), undefined, {
      way: wayOf(60),
      grace: 3_000,
    });
    t.deepEqual(result.counts, { sent: 40, ok: 40, failed: 0, lost: 0, inFlightAtEnd: 0, notSent: 0 });
  }
});
