/** Slow readers: clients that take what they are sent a little at a time, or not at all. */
import { connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { now } from '../clock.ts';
import { DeadlineQueue } from './deadlines.ts';
import { defaultLimits } from './limits.ts';
import { Pace } from './pace.ts';
import { eventually, inFlight, setUp } from './proxy.test-support.ts';
import { ok } from './raw-backend.test-support.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const large = 64 * 1024 * 1024;
const piece = Buffer.alloc(65_536, 'x');

/** Both ends of a connection, the first with 64 MiB to go out, the second reading a piece every 20 ms. */
async function dripping(t: ExecutionContext, limits: { flushMs: number; flushBytes: number }) {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const { port } = server.address() as { port: number };
  const reader = connect({ port, host: '127.0.0.1' }).pause();
  const writer = (await accepted).on('error', () => undefined);
  const drips = setInterval(() => reader.once('data', () => reader.pause()).resume(), 20);
  const core = {
    flush: new DeadlineQueue(limits.flushMs),
    limits: { ...defaultLimits, ...limits },
    time: now(),
  };
  const ticks = setInterval(() => {
    core.time = now();
    core.flush.expire(core.time);
  }, 5);
  t.teardown(() => {
    for (const timer of [drips, ticks]) clearInterval(timer);
    for (const socket of [reader, writer]) socket.destroy();
    server.close();
  });
  let slow = 0;
  const pace = new Pace(core, writer, () => slow++);
  writer.write(Buffer.alloc(large));
  pace.watch();
  return { pace, reader, writer, slow: () => slow };
}

test('one that makes progress, but too little of it, is found out once, however large the one write is', async (t) => {
  const it = await dripping(t, { flushMs: 400, flushBytes: large / 4 });
  await eventually('it is found out', () => it.slow() > 0);
  t.true(it.reader.bytesRead > 0);
  await new Promise((resolve) => setTimeout(resolve, 600));
  t.is(it.slow(), 1);
});

test('one that takes enough is left alone, time after time; nor is one that has taken all', async (t) => {
  // The kernel lets more in when a good part of its buffer is free again, so progress comes in steps.
  const it = await dripping(t, { flushMs: 2_000, flushBytes: 65_536 });
  await eventually('some times have passed', () => it.reader.bytesRead > 150 * piece.length, 20_000);
  t.is(it.slow(), 0);
  it.pace.stop();
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  t.is(it.slow(), 0, 'nobody waits for it');
});

test('a client that does not take a response still on its way is reset: slot free, backend not blamed, others served', async (t) => {
  const limits = { flushMs: 300 };
  const stand = await setUp(
    t,
    ({ target }, socket) => {
      if (target === '/') return ok('small');
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${large}\r\n\r\n`);
      socket.write(Buffer.alloc(large));
      return undefined;
    },
    { limits, balancer: { tryTimeout: '1h' } },
  );
  const client = await stand.connect();
  client.socket.pause();
  client.send(get.replace('/', '/large'));
  await eventually('it is on its way', () => inFlight(stand) === 1);
  const other = await stand.connect(get);
  t.is((await other.response()).body, 'small');
  await eventually('the slot is free', () => inFlight(stand) === 0);
  t.deepEqual(stand.attempts, ['app-0 ok 200', 'app-0 cancelled 0']);
  await eventually('both its connections are closed', () => stand.backend.sockets.size <= 1);
  await eventually('the client is gone', () => stand.proxy.connections.clients === 1);
  client.socket.resume();
  t.is(await client.closed(), 'reset');
  other.send(get);
  t.is((await other.response()).body, 'small');
});

test('a client that takes none of its complete responses is reset, also where it has closed its own side', async (t) => {
  const body = piece.toString('latin1');
  const stand = await setUp(t, () => ok(body), { limits: { flushMs: 300 } });
  for (const halfClosed of [false, true]) {
    const client = await stand.connect();
    client.socket.pause();
    client.send(get.repeat(500));
    if (halfClosed) client.socket.end();
    await eventually('there is no room for more', () => stand.attempts.length > 10);
    await eventually('the client is gone', () => stand.proxy.connections.clients === 0);
    t.is(inFlight(stand), 0);
    t.true(stand.attempts.length < 500, `${stand.attempts.length} of 500 responses`);
    client.socket.resume();
    t.is(await client.closed(), 'reset');
    stand.attempts.length = 0;
  }
});

test('one that takes its time, but all in time, gets all of it', async (t) => {
  const size = 8 * 1024 * 1024;
  const stand = await setUp(t, () => ok('x'.repeat(size)), { limits: { flushMs: 3_000 } });
  const client = await stand.connect();
  client.socket.pause();
  client.send(get);
  const drips = setInterval(() => {
    client.socket.once('data', () => client.socket.pause());
    client.socket.resume();
  }, 20);
  t.teardown(() => clearInterval(drips));
  t.is((await client.response({ ms: 30_000 })).body.length, size);
  t.deepEqual(stand.attempts, ['app-0 ok 200']);
});
