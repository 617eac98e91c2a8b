/** The open loop as a process: the schedule is kept whatever the server does, and the clock tells the truth about it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { Workload } from '../../scenarios/workload.ts';
import { now } from '../clock.ts';
import { launch } from '../role.ts';
import { readSpool } from '../spool.ts';
import { drive, loadOf } from './drive.test-support.ts';
import { behaviours, startServer } from './faulty-server.test-support.ts';

const answer = behaviours[0]!.act;

test.serial(
  'a server that stalls for 1 s shows in 200 requests, with latencies from 1 s down to 0',
  async (t) => {
    let stallEnds = Number.POSITIVE_INFINITY;
    let stallBegins = Number.POSITIVE_INFINITY;
    const server = await startServer(async (_, socket) => {
      const left = now() < stallBegins ? 0 : stallEnds - now();
      if (left > 0) await sleep(left);
      answer(socket);
    });
    t.teardown(server.close);
    const load = loadOf({
      open: { rate: '200/s', arrivals: 'constant' },
      warmup: '400ms',
      duration: '2500ms',
    });
    const { result, rows, zero } = await drive(server.port, load, async (_, zero) => {
      stallBegins = zero + 800;
      stallEnds = zero + 1800;
    });

    const arrivals = new Workload(load, 1, 200).arrivals();
    t.deepEqual(
      rows.sort((a, b) => a.index - b.index).map(({ intended }) => intended),
      Array.from({ length: 580 }, () => Math.round((arrivals() - 400) * 1000)),
      'sends equal the schedule',
    );
    t.deepEqual(result.counts, { sent: 500, ok: 500, failed: 0, lost: 0, inFlightAtEnd: 0, notSent: 0 });

    const end = (stallEnds - zero) * 1000;
    const stalled = rows.filter(({ intended }) => intended >= 800_000 && intended < 1_800_000);
    t.is(stalled.length, 200);
    const errors = stalled
      .map(({ intended, latency }) => Math.abs(intended + latency - end))
      .sort((a, b) => a - b);
    t.true(errors[100]! < 30_000, `half of them end within 30 ms of the stall's end: ${errors[100]} µs`);
    t.true(errors[199]! < 400_000, `all of them end soon after the stall does: ${errors[199]} µs`);
    const slow = rows.filter(({ latency }) => latency > 100_000).length;
    t.true(slow >= 175 && slow <= 280, `about 180 waited for more than 100 ms: ${slow}`);
    t.true(stalled.every(({ sent, intended }) => sent >= intended));
    t.true(result.connections >= 200, 'each request that waits holds a connection of its own');
  },
);

test.serial('the last millisecond of the window is sent like the others', async (t) => {
  const server = await startServer((_, socket) => answer(socket));
  t.teardown(server.close);
  for (let run = 0; run < 3; run++) {
    const load = loadOf({
      open: { rate: '4000/s', arrivals: 'constant' },
      warmup: '100ms',
      duration: '300ms',
    });
    const { result } = await drive(server.port, load);
    t.is(result.counts.sent + result.counts.notSent, 1200);
  }
});

test.serial('beyond the bound on connections a request is not sent, and never sent late', async (t) => {
  const server = await startServer(() => undefined);
  t.teardown(server.close);
  const { result, rows } = await drive(
    server.port,
    loadOf({ open: { rate: '100/s', arrivals: 'constant', connections: 5 }, warmup: 0, duration: '500ms' }),
    undefined,
    { grace: 100 },
  );
  t.deepEqual(result.counts, { sent: 5, ok: 0, failed: 0, lost: 0, inFlightAtEnd: 5, notSent: 45 });
  t.is(result.connections, 5);
  for (const { index, outcome, cause, sent } of rows) {
    t.is(outcome, index < 5 ? 'in-flight' : 'not-sent');
    t.is(cause, index < 5 ? 'end-of-run' : 'no-connection-left');
    t.is(Number.isNaN(sent), index >= 5);
  }
});

test.serial('an idle connection that the server has closed is not used', async (t) => {
  const server = await startServer(async (_, socket) => {
    answer(socket);
    await sleep(5);
    socket.end();
  });
  t.teardown(server.close);
  const { result, rows } = await drive(
    server.port,
    loadOf({ open: { rate: '10/s', arrivals: 'constant' }, warmup: 0, duration: '1s' }),
  );
  t.is(result.counts.sent, 10);
  t.is(result.counts.ok, 10, rows.map(({ cause }) => cause).join(' '));
  t.is(server.perConnection.length, 10);
});

test.serial('a FIN ends a request that could not even be written whole', async (t) => {
  const server = await startServer((_, socket) => socket.pause().end());
  t.teardown(server.close);
  const { rows } = await drive(
    server.port,
    loadOf({
      open: { rate: '10/s', arrivals: 'constant' },
      warmup: 0,
      requests: 2,
      mix: [{ method: 'POST', body: 20_000_000 }],
    }),
    undefined,
    { grace: 3_000 },
  );
  t.deepEqual(
    rows.map(({ outcome, cause }) => `${outcome} ${cause}`),
    ['lost reset', 'lost reset'],
  );
});

test.serial('connections are kept and used again, and lateness is reported', async (t) => {
  const server = await startServer((_, socket) => answer(socket));
  t.teardown(server.close);
  const { result, rows } = await drive(
    server.port,
    loadOf({ open: { rate: '500/s' }, warmup: '200ms', duration: '1s' }),
  );
  t.is(result.counts.ok, result.counts.sent);
  t.is(server.perConnection.length, result.connections);
  t.true(
    result.connections < rows.length / 5,
    `${result.connections} connections for ${rows.length} requests`,
  );
  const { p50, p99, max } = result.latenessMs!;
  t.true(p50 > 0 && p50 <= p99 && p99 <= max);
  t.true(p50 < 20, `${p50} ms`);
  t.true(result.cpuMicros > 0);
});

test.serial('a generator that is killed leaves the rows it had recorded', async (t) => {
  const server = await startServer((_, socket) => answer(socket));
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-load-'));
  t.teardown(async () => {
    await server.close();
    await rm(dir, { recursive: true });
  });
  const file = join(dir, 'rows.spool');
  const child = await launch(new URL('./open-loop.ts', import.meta.url), {
    target: { host: '127.0.0.1', port: server.port },
    load: loadOf({ open: { rate: '200/s', arrivals: 'constant' }, warmup: 0, duration: '60s' }),
    rate: 200,
    seed: 1,
    rows: file,
    backends: {},
    grace: 100,
  });
  child.send({ type: 'start', at: now() });
  for (let tries = 0; server.log.length < 150 && tries < 100; tries++) await sleep(50);
  process.kill(child.pid, 'SIGKILL');
  await child.ended;
  const { length } = await readSpool(file);
  t.true(length > 50 && length <= server.log.length, `${length} rows of ${server.log.length} requests`);
});
