/** Both generators, as processes, against servers that misbehave: each request is accounted for, once. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { Workload } from '../../scenarios/workload.ts';
import { now } from '../clock.ts';
import { countsOf, type Driven, drive, loadOf } from './drive.test-support.ts';
import { behaviours, startServer } from './faulty-server.test-support.ts';

const kinds = {
  open: { open: { rate: '150/s' } },
  closed: { closed: { connections: 6 } },
} as const;

const leaving = [{ fault: 0, kind: 'abort', options: { share: 0.5, after: 200 }, at: -1000 }];

/** sent = ok + failed + lost + aborted + in flight at end, rows add up to the counts, and no request has two rows. */
function conserves(t: ExecutionContext, { result: { counts }, rows, measured }: Driven): void {
  const { sent, ok, failed, lost, aborted = 0, inFlightAtEnd } = counts;
  t.is(sent, ok + failed + lost + aborted + inFlightAtEnd);
  t.deepEqual(countsOf(measured), counts);
  t.is(new Set(rows.map(({ index }) => index)).size, rows.length);
}

for (const [kind, load] of Object.entries(kinds))
  test.serial(`${kind} load: what the server did to a request is what its row says`, async (t) => {
    const server = await startServer((index, socket) => behaviours[index % behaviours.length]!.act(socket));
    t.teardown(server.close);
    const driven = await drive(
      server.port,
      loadOf({ ...load, warmup: '300ms', duration: '2s', timeout: '200ms' }),
    );
    conserves(t, driven);
    t.deepEqual(
      driven.rows.map(({ index }) => index).sort((a, b) => a - b),
      [...server.log].sort((a, b) => a - b),
      'the server read every request that has a row, once',
    );
    const seen = new Set<string>();
    for (const { index, outcome, cause, status, backend, firstByte } of driven.rows) {
      const { what, ...expected } = behaviours[index % behaviours.length]!;
      if (outcome === 'in-flight') continue;
      seen.add(what);
      t.is(`${outcome}, ${cause}`, `${expected.outcome}, ${expected.cause}`, `${index}: ${what}`);
      t.is(status, cause === 'status' ? 503 : outcome === 'lost' ? 0 : 200, what);
      if (outcome === 'failed') t.is(backend, 1, what);
      t.is(Number.isNaN(firstByte), cause === 'reset' || what === 'hangs', what);
    }
    t.is(seen.size, behaviours.length);
    t.true(driven.progress.length >= 3);
    t.is(driven.result.windowMs, 2000);
  });

for (const [kind, load] of Object.entries(kinds))
  test.serial(
    `${kind} load: a server that is gone for a while refuses, and nothing is counted twice or lost`,
    async (t) => {
      const server = await startServer((_, socket) => behaviours[0]!.act(socket));
      t.teardown(server.close);
      let gone = 0;
      let back = 0;
      const driven = await drive(
        server.port,
        loadOf({ ...load, warmup: '200ms', duration: '1800ms' }),
        async (_, zero) => {
          await sleep(zero + 500 - now());
          gone = (now() - zero) * 1000;
          await server.vanish();
          await sleep(500);
          await server.comeBack();
          back = (now() - zero) * 1000;
        },
      );
      conserves(t, driven);
      const read = new Set(server.log);
      t.is(read.size, server.log.length);
      const indexes = new Set(driven.rows.map(({ index }) => index));
      t.deepEqual(
        server.log.filter((index) => !indexes.has(index)),
        [],
      );
      const refused = driven.rows.filter(({ cause }) => cause === 'refused');
      // 500 ms of refusals: the schedule's in open load, one per back-off and connection in closed.
      t.true(refused.length > 30 && refused.length < 300, `${refused.length} refused`);
      for (const { index, outcome, cause, intended, latency } of driven.rows) {
        if (outcome === 'ok') t.true(read.has(index));
        else t.true(intended + latency >= gone && intended <= back, `${index} ${cause} at ${intended}`);
        t.true(['none', 'refused', 'reset', 'truncated'].includes(cause), cause);
        if (cause === 'refused') t.false(read.has(index));
      }
      t.true(
        driven.rows.some(({ outcome, intended }) => outcome === 'ok' && intended > back + 100_000),
        'it goes on once the server is back',
      );
    },
  );

for (const [kind, load] of Object.entries({
  open: { open: { rate: '300/s' } },
  closed: { closed: { connections: 7 } },
}))
  test.serial(`${kind} load: a length in requests is exact`, async (t) => {
    const server = await startServer(async (_, socket) => {
      await sleep(5);
      behaviours[0]!.act(socket);
    });
    t.teardown(server.close);
    const driven = await drive(server.port, loadOf({ ...load, warmup: '100ms', requests: 150 }));
    conserves(t, driven);
    t.deepEqual(driven.result.counts, {
      sent: 150,
      ok: 150,
      failed: 0,
      lost: 0,
      inFlightAtEnd: 0,
      notSent: 0,
    });
    const last = Math.max(...driven.measured.map(({ intended }) => intended));
    t.true(Math.abs(driven.result.windowMs * 1000 - last) <= 1);
    t.is(server.log.length, driven.rows.length);
  });

for (const [kind, load] of Object.entries(kinds))
  test.serial(
    `${kind} load: a share of the clients goes away in time, by a reset, unless it is answered`,
    async (t) => {
      const workload = new Workload(loadOf({ ...load, requests: 1 }), 1, 150, leaving);
      let resets = 0;
      const known = new WeakSet<Socket>();
      const server = await startServer((index, socket) => {
        if (!known.has(socket)) socket.on('error', () => resets++);
        known.add(socket);
        // Of those that would go away every other is answered in time.
        if (index % 2 === 0 || workload.patience(index, 0) === Number.POSITIVE_INFINITY)
          behaviours[0]!.act(socket);
      });
      t.teardown(server.close);
      const driven = await drive(
        server.port,
        loadOf({ ...load, warmup: '200ms', duration: '1500ms', timeout: '5s' }),
        async () => undefined,
        { faults: leaving },
      );
      conserves(t, driven);
      const { aborted = 0, ok, sent } = driven.result.counts;
      t.true(aborted > 5 && ok > 20 && aborted + ok === sent, `${aborted} of ${sent}`);
      for (const { index, intended, outcome, cause, latency, status } of driven.rows) {
        const goes = index % 2 === 1 && workload.patience(index, intended / 1000) === 200;
        t.is(`${outcome} ${cause} ${status}`, goes ? 'aborted client-left 0' : 'ok none 200', `${index}`);
        if (goes) t.true(latency >= 200_000 && latency < 700_000, `${latency} µs`);
      }
      const all = driven.rows.filter(({ outcome }) => outcome === 'aborted').length;
      t.true(resets > all - 10 && resets <= all, `${resets} resets, ${all} aborted`);
    },
  );

test.serial(
  'closed load: in a spike there are so many times the connections, and afterwards as many as before',
  async (t) => {
    const open = new Set<Socket>();
    const server = await startServer(async (_, socket) => {
      if (!open.has(socket)) socket.once('close', () => open.delete(socket));
      open.add(socket);
      await sleep(5);
      behaviours[0]!.act(socket);
    });
    t.teardown(server.close);
    const seen: number[] = [];
    const driven = await drive(
      server.port,
      loadOf({ closed: { connections: 4 }, warmup: '300ms', duration: '3200ms' }),
      async (_, zero) => {
        for (const ms of [200, 900, 1700, 2500]) {
          await sleep(Math.max(0, zero + ms - now()));
          seen.push(open.size);
        }
      },
      {
        faults: [
          { fault: 0, kind: 'spike', options: { factor: 5 }, at: 500, until: 1300 },
          { fault: 1, kind: 'spike', options: { factor: 0.5 }, at: 2000, until: 3000 },
        ],
      },
    );
    conserves(t, driven);
    t.deepEqual(seen, [4, 20, 4, 2]);
    t.is(driven.result.connections, 20);
    const { sent, ok, inFlightAtEnd } = driven.result.counts;
    t.is(sent, ok + inFlightAtEnd, 'nobody leaves before the answer');
    const extra = driven.rows.filter(({ index }) => index >= 2 ** 41);
    t.true(extra.length > 100 && extra.every((it) => it.intended >= 500_000 && it.intended < 1_300_000));
    t.true(driven.rows.some((it) => it.index < 2 ** 41 && it.intended > 3_050_000));
  },
);

for (const [kind, load] of Object.entries(kinds))
  test.serial(
    `${kind} load: told to stop, it waits for nothing and what has not ended is in flight`,
    async (t) => {
      const server = await startServer(() => undefined);
      t.teardown(server.close);
      let stopped = 0;
      const driven = await drive(
        server.port,
        loadOf({ ...load, warmup: 0, duration: '60s' }),
        async (child) => {
          await sleep(700);
          stopped = now();
          child.send({ type: 'stop' });
          child.send({ type: 'stop' });
        },
        { grace: 30_000 },
      );
      conserves(t, driven);
      const { counts, windowMs } = driven.result;
      t.is(counts.inFlightAtEnd, counts.sent);
      t.true(counts.sent >= 6);
      t.true(windowMs > 500 && windowMs <= now() - driven.zero);
      t.true(Math.abs(stopped - driven.zero - windowMs) < 500, 'the window ends where it was stopped');
    },
  );
