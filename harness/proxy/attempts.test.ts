/** Who is tried, again or not, for how long, and what is answered when nobody is left: faults.md rows 1, 3, 5 to 7, 17, 19, 21, 24. */
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { eventually, inFlight, setUp, startProxy } from './proxy.test-support.ts';
import { fieldOf, ok, RawBackend } from './raw-backend.test-support.ts';
import { RawClient } from './raw-client.test-support.ts';

const numbered = 'steelyard-request: 7\r\n';
const get = `GET / HTTP/1.1\r\nHost: a\r\n${numbered}\r\n`;
const post = (body: string) =>
  `POST / HTTP/1.1\r\nHost: a\r\n${numbered}Content-Length: ${body.length}\r\n\r\n${body}`;
const put = (body: string) => post(body).replace('POST', 'PUT');
const resets = {
  respond: (_: unknown, socket: { resetAndDestroy(): unknown }) => void socket.resetAndDestroy(),
};

/** A port on which nobody listens. */
async function refusing(): Promise<number> {
  const backend = await RawBackend.start();
  await backend.stop();
  return backend.port;
}

/** A port whose queue of connections is full and stays so: the kernel drops what comes, as a host off the network does. */
async function listenAndSleep() {
  const worker = new Worker(
    `const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
       require('node:worker_threads').parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const fillers = Array.from({ length: 4 }, () =>
    connect({ host: '127.0.0.1', port }).on('error', () => undefined),
  );
  await eventually('the queue is full', () => fillers.filter((it) => !it.connecting).length >= 2);
  const stop = async () => {
    for (const it of fillers) it.destroy();
    await worker.terminate();
  };
  return { port, stop };
}

test('7: a reset before the response: an idempotent request is tried once more, on another backend', async (t) => {
  const stand = await setUp(t, [resets as object, () => ok('second')]);
  const client = await stand.connect(get);
  const response = await client.response();
  t.is(response.body, 'second');
  t.is(fieldOf(response.fields, 'steelyard-attempts'), '2');
  t.deepEqual(stand.attempts, ['app-0 reset 0', 'app-1 ok 200']);
});

test('7: a POST that was sent is not repeated: 502', async (t) => {
  const stand = await setUp(t, [resets as object, () => ok()]);
  const client = await stand.connect(post('pay'));
  const response = await client.response();
  t.is(response.status, 502);
  t.is(fieldOf(response.fields, 'steelyard-attempts'), '1');
  t.is(stand.backends[1]!.seen.length, 0);
  t.deepEqual(stand.attempts, ['app-0 reset 0']);
});

test('7: the body of an idempotent request is sent again, whole, also when it comes in pieces', async (t) => {
  const stand = await setUp(t, [resets as object, (request) => ok(request.body)]);
  const client = await stand.connect(put('0123456789').slice(0, -5));
  await eventually('the first part is there', () => stand.backends[0]!.raw[0]?.endsWith('01234') === true);
  client.send('56789');
  t.is((await client.response()).body, '0123456789');
  t.deepEqual(stand.attempts, ['app-0 reset 0', 'app-1 ok 200']);
});

test('7: a body too long to keep is not sent again: 502', async (t) => {
  const stand = await setUp(t, [resets as object, (request) => ok(request.body)], {
    limits: { replayBytes: 1_000 },
  });
  const client = await stand.connect(put('x'.repeat(5_000)));
  t.is((await client.response()).status, 502);
  t.is(stand.backends[1]!.seen.length, 0);
});

test('5: refused: nothing was sent, so a POST goes to the next, with its body', async (t) => {
  const backend = await RawBackend.start((request) => ok(request.body));
  const proxy = await startProxy([await refusing(), backend.port]);
  const client = await RawClient.connect(proxy.port, post('pay'));
  t.teardown(() => Promise.all([client.destroy(), proxy.stop(), backend.stop()]));
  t.is((await client.response()).body, 'pay');
  t.deepEqual(proxy.attempts, ['app-0 unreachable 0', 'app-1 ok 200']);
});

test('1, 5: every try refused: 502, the connection stays, and nothing is left in flight', async (t) => {
  const proxy = await startProxy([await refusing(), await refusing()]);
  const client = await RawClient.connect(proxy.port, get + get);
  t.teardown(() => Promise.all([client.destroy(), proxy.stop()]));
  for (let i = 0; i < 2; i++) {
    const response = await client.response();
    t.is(response.status, 502);
    t.is(fieldOf(response.fields, 'steelyard-attempts'), '2');
  }
  t.is(inFlight(proxy), 0);
  t.is(proxy.attempts.length, 4);
});

test('none available: 503, the body of the request read all the same, and the connection stays', async (t) => {
  const stand = await setUp(t, () => ok());
  stand.dispatcher.pool.remove('app-0');
  const client = await stand.connect(post('pay') + get);
  for (let i = 0; i < 2; i++) {
    const response = await client.response();
    t.is(response.status, 503);
    t.is(fieldOf(response.fields, 'steelyard-attempts'), '0');
  }
  t.is(stand.backend.connections, 0);
});

test('3, 17: a backend that never responds: 504 at the try timeout, its slot released', async (t) => {
  const stand = await setUp(t, () => undefined, { balancer: { tryTimeout: '150ms' } });
  const before = performance.now();
  const client = await stand.connect(get);
  const response = await client.response();
  t.is(response.status, 504);
  const took = performance.now() - before;
  t.true(took >= 149 && took < 2_000, `${took} ms`);
  t.deepEqual(stand.attempts, ['app-0 timeout 0']);
  t.is(inFlight(stand), 0);
  await eventually('the backend connection is closed', () => stand.backend.sockets.size === 0);
});

test('11: a drip does not outlive the try timeout: reset, not ended', async (t) => {
  const stand = await setUp(
    t,
    (_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
      const drip = setInterval(() => socket.write('.'), 20);
      socket.on('close', () => clearInterval(drip));
      return undefined;
    },
    { balancer: { tryTimeout: '200ms' } },
  );
  const client = await stand.connect(get);
  t.is(await client.closed(), 'reset');
  t.deepEqual(stand.attempts, ['app-0 timeout 0']);
});

test('6: no answer to a connect: the connect timeout, then the next backend', async (t) => {
  const backend = await RawBackend.start();
  const silent = await listenAndSleep();
  const proxy = await startProxy([silent.port, backend.port], { balancer: { connectTimeout: '100ms' } });
  const client = await RawClient.connect(proxy.port, get);
  t.teardown(() => Promise.all([client.destroy(), proxy.stop(), backend.stop(), silent.stop()]));
  const before = performance.now();
  t.is((await client.response()).status, 200);
  t.true(performance.now() - before > 50, 'it waited for the connection first');
  t.deepEqual(proxy.attempts, ['app-0 unreachable 0', 'app-1 ok 200']);
});

test('21: a kept connection that turns out dead: an idempotent request is tried again, a POST is not', async (t) => {
  const stand = await setUp(t, (request, socket) => {
    // Each connection serves one request; the second on it meets a reset, as if the backend had just let go.
    const again = stand.backend.seen.filter((it) => it.connection === request.connection).length > 1;
    if (!again) return ok();
    socket.resetAndDestroy();
    return undefined;
  });
  const client = await stand.connect(get);
  t.is((await client.response()).status, 200);
  client.send(get);
  t.is((await client.response()).status, 200, 'tried again on a fresh connection');
  client.send(post('pay'));
  t.is((await client.response()).status, 502);
  t.is(stand.backend.connections, 2);
});

test('24: a client that leaves before the response: the backend connection is closed, the slot free, counted apart', async (t) => {
  const stand = await setUp(t, () => undefined);
  for (const leave of ['destroy', 'resetAndDestroy', 'end'] as const) {
    const client = await stand.connect(get);
    await eventually('the request is there', () => inFlight(stand) === 1 && stand.backend.sockets.size === 1);
    client.socket[leave]();
    await eventually('the slot is free', () => inFlight(stand) === 0);
    await eventually('the backend connection is closed', () => stand.backend.sockets.size === 0);
  }
  t.deepEqual(stand.attempts, Array(3).fill('app-0 cancelled 0'));
  t.is(stand.dispatcher.stats().totals.inFlight, 0);
});

test('24: a client that leaves in mid-response, and one in mid-request', async (t) => {
  const stand = await setUp(t, (_, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst');
    return undefined;
  });
  const first = await stand.connect(get);
  await first.until('first bytes', () => first.text.includes('first'));
  first.destroy();
  await eventually('the slot is free', () => inFlight(stand) === 0);
  const second = await stand.connect(post('half of it').slice(0, -5));
  await eventually('the request is under way', () => inFlight(stand) === 1);
  second.destroy();
  await eventually('the slot is free', () => inFlight(stand) === 0);
  await eventually('the backend connections are closed', () => stand.backend.sockets.size === 0);
  t.deepEqual(stand.attempts, ['app-0 cancelled 0', 'app-0 cancelled 0']);
});

test('23: slow heads and slow bodies are answered 408 in time', async (t) => {
  const stand = await setUp(t, () => ok(), { limits: { headMs: 200, bodyMs: 200, bodyBytes: 100 } });
  const head = await stand.connect('GET / HTTP/1.1\r\nHost: a\r\nX-Slow:');
  const body = await stand.connect('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n');
  const drips = setInterval(() => {
    head.send('.');
    body.send('.');
  }, 20);
  t.teardown(() => clearInterval(drips));
  for (const client of [head, body]) {
    t.is((await client.response()).status, 408);
    t.is(await client.closed(), 'end');
  }
  t.deepEqual(stand.attempts, ['app-0 cancelled 0'], 'of the slow head no backend ever heard');
});

test('19: more clients than there is room for: 503 and close, and room again afterwards', async (t) => {
  const stand = await setUp(t, () => ok(), { limits: { clients: 2 } });
  const [first, second] = [await stand.connect(get), await stand.connect(get)];
  t.is((await first.response()).status, 200);
  t.is((await second.response()).status, 200);
  const third = await stand.connect(get);
  t.is((await third.response()).status, 503);
  t.is(await third.closed(), 'end');
  first.destroy();
  await eventually('there is room', () => stand.proxy.connections.clients === 1);
  t.is((await (await stand.connect(get)).response()).status, 200);
});

test('a drain: what is in flight finishes; at the deadline what is left is broken off, and tried elsewhere where that is safe', async (t) => {
  const stand = await setUp(t, [() => undefined, () => ok('second')]);
  const [safe, unsafe] = [await stand.connect(get), await stand.connect()];
  await eventually('the first is there', () => inFlight(stand) === 1);
  stand.dispatcher.pool.drain('app-1');
  unsafe.send(post('pay'));
  await eventually('both are there', () => stand.backend.seen.length === 2);
  stand.dispatcher.pool.undrain('app-1');
  stand.dispatcher.pool.drain('app-0', 100);
  t.is((await safe.response()).body, 'second');
  t.is((await unsafe.response()).status, 502);
  await eventually('its connections are closed', () => stand.backend.sockets.size === 0);
  t.is(stand.dispatcher.stats().backends[0]!.state, 'drained');
  t.deepEqual(stand.attempts.toSorted(), ['app-0 reset 0', 'app-0 reset 0', 'app-1 ok 200']);
});

test('the key comes from the field named, client and region from steelyard-client and -region, for loopback peers', async (t) => {
  const seen: string[] = [];
  const stand = await setUp(t, () => ok(), { balancer: { key: 'header:X-Session' } });
  const { open } = stand.dispatcher;
  stand.dispatcher.open = (request) => {
    seen.push(`${request.number} ${request.key} ${request.client} ${request.region}`);
    return open.call(stand.dispatcher, request);
  };
  const client = await stand.connect(
    `GET / HTTP/1.1\r\nHost: a\r\n${numbered}x-session: s1\r\nsteelyard-client: 10.0.0.9\r\nsteelyard-region: eu\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n`,
  );
  t.is(fieldOf((await client.response()).fields, 'steelyard-attempts'), '1');
  t.is(
    fieldOf((await client.response()).fields, 'steelyard-attempts'),
    undefined,
    'only where asked with a number',
  );
  t.deepEqual(seen, ['7 s1 10.0.0.9 eu', '-1  127.0.0.1 undefined']);
});
