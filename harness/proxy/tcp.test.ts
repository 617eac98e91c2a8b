/** Layer 4 over real sockets: what one side does, the other sees; faults.md rows 1, 5, 6, 11, 18 for connections. */
import type { Socket } from 'node:net';
import test from 'ava';
import { eventually, inFlight } from './proxy.test-support.ts';
import { setUpTcp, type TcpStand } from './tcp.test-support.ts';

const shout = (socket: Socket) =>
  void socket.on('data', (chunk) => socket.write(chunk.toString().toUpperCase()));
const silent = () => undefined;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The port of a listener that is gone. */
async function refusingPort(t: Parameters<typeof setUpTcp>[0]): Promise<number> {
  const { backend } = await setUpTcp(t, [silent]);
  await backend.stop();
  return backend.port;
}

/** How a connection ends for which there is no backend; the RST may come before the client knows that it stands. */
async function turnedAway(stand: TcpStand): Promise<string> {
  try {
    return await (await stand.connect('x')).closed();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNRESET' ? 'reset' : String(error);
  }
}

test('bytes pass both ways, whatever they are; a connection is one attempt, on one backend for good', async (t) => {
  const stand = await setUpTcp(t, [shout, shout]);
  const client = await stand.connect('not http\0');
  await client.until('an echo', () => client.text === 'NOT HTTP\0');
  for (let i = 0; i < 5; i++) client.send('a');
  await client.until('more of it', () => client.text === 'NOT HTTP\0AAAAA');
  t.is(inFlight(stand), 1);
  t.deepEqual(
    stand.backends.map(({ sockets }) => sockets.length),
    [1, 0],
  );
  const other = await stand.connect('b');
  await other.until('an echo', () => other.text === 'B');
  t.is(stand.backends[1]!.received[0], 'b', 'the next connection is the next pick');
});

test('a server that speaks first is heard by a client that says nothing', async (t) => {
  const stand = await setUpTcp(t, [(socket) => void socket.write('220 ready\r\n')]);
  const client = await stand.connect();
  await client.until('a greeting', () => client.text !== '');
  t.is(client.text, '220 ready\r\n');
});

test('18: the FIN of a client reaches the backend, which answers after it; then both are closed', async (t) => {
  const stand = await setUpTcp(t, [(socket) => void socket.on('end', () => socket.end('the sum'))]);
  const client = await stand.connect('1 2 3');
  client.socket.end();
  t.is(await client.closed(), 'end');
  t.is(client.text, 'the sum');
  t.is(stand.backend.received[0], '1 2 3');
  await eventually('nothing is left', () => stand.proxy.connections.clients === 0 && inFlight(stand) === 0);
  t.deepEqual(stand.attempts, ['app-0 ok 0']);
});

test('18: the FIN of a backend reaches the client, which may go on sending', async (t) => {
  const stand = await setUpTcp(t, [(socket) => void socket.end('bye')]);
  const client = await stand.connect();
  await client.until('FIN', () => client.ending === 'end');
  t.is(client.text, 'bye');
  client.send('still here');
  await eventually('it arrives', () => stand.backend.received[0] === 'still here');
  t.is(inFlight(stand), 1, 'half of it stands');
  client.socket.end();
  await eventually('the backend has seen FIN', () => stand.backend.endings[0] === 'end');
  await eventually('the slot is free', () => inFlight(stand) === 0);
  t.deepEqual(stand.attempts, ['app-0 ok 0']);
});

for (const [who, handler, ends] of [
  ['a client', silent, true],
  ['a backend', (socket: Socket) => void socket.end(), false],
] as const)
  test(`18: a connection that ${who} has closed half of is reaped when the other half is silent`, async (t) => {
    const stand = await setUpTcp(t, [handler], { balancer: { tcp: { halfClosed: '150ms' } } });
    const client = await stand.connect('x');
    if (ends) client.socket.end();
    await eventually('it is reaped', () => stand.proxy.connections.clients === 0 && inFlight(stand) === 0);
    await eventually('at the backend too', () => stand.proxy.connections.upstreams === 0);
    t.deepEqual(stand.attempts, ['app-0 ok 0']);
  });

test('the RST of a client reaches the backend as one', async (t) => {
  const stand = await setUpTcp(t, [silent]);
  const client = await stand.connect('x');
  await eventually('it stands', () => stand.backend.received[0] === 'x');
  client.socket.resetAndDestroy();
  await eventually('RST', () => stand.backend.endings[0] === 'reset');
  t.deepEqual(stand.attempts, ['app-0 cancelled 0']);
  t.is(inFlight(stand), 0);
});

test('the RST of a backend reaches the client as one', async (t) => {
  const stand = await setUpTcp(t, [(socket) => void socket.on('data', () => socket.resetAndDestroy())]);
  const client = await stand.connect('x');
  t.is(await client.closed(), 'reset');
  t.deepEqual(stand.attempts, ['app-0 reset 0']);
  t.is(inFlight(stand), 0);
});

test('silence ends a connection in order on both sides, and bytes in either direction put that off', async (t) => {
  const stand = await setUpTcp(t, [silent], { balancer: { tcp: { idle: '300ms' } } });
  const client = await stand.connect('x');
  for (let i = 0; i < 6; i++) {
    await pause(100);
    if (i % 2 === 0) client.send('y');
    else stand.backend.sockets[0]!.write('z');
  }
  t.is(client.ending, undefined, 'twice the time, and never silent for as long');
  t.is(await client.closed(), 'end');
  await eventually('FIN', () => stand.backend.endings[0] === 'end');
  t.deepEqual(stand.attempts, ['app-0 ok 0']);
});

test('5: refused by one, a connection goes to another, and what the client has sent with it', async (t) => {
  const gone = await refusingPort(t);
  const stand = await setUpTcp(t, [shout]);
  stand.dispatcher.pool.remove('app-0');
  stand.dispatcher.pool.add({ id: 'gone', host: '127.0.0.1', port: gone, weight: 1 });
  stand.dispatcher.pool.add({ id: 'here', host: '127.0.0.1', port: stand.backend.port, weight: 1 });
  const echoes = [];
  for (let i = 0; i < 2; i++) {
    const client = await stand.connect(`hello ${i}`);
    await client.until('an echo', () => client.text === `HELLO ${i}`);
    echoes.push(client.text);
  }
  t.deepEqual(echoes, ['HELLO 0', 'HELLO 1']);
  t.true(stand.attempts.includes('gone unreachable 0'), 'or nothing was tried again');
});

test('5: refused by all, or with none to ask, the client is reset', async (t) => {
  const gone = await refusingPort(t);
  const stand = await setUpTcp(t, [silent]);
  stand.dispatcher.pool.remove('app-0');
  t.is(await turnedAway(stand), 'reset', 'nobody there');
  stand.dispatcher.pool.add({ id: 'gone', host: '127.0.0.1', port: gone, weight: 1 });
  t.is(await turnedAway(stand), 'reset');
  t.true(stand.attempts.length > 0);
  t.true(stand.attempts.every((it) => it === 'gone unreachable 0'));
  t.is(inFlight(stand), 0);
});

test('6: a handshake that nothing answers is given up on time, and the connection goes to another', async (t) => {
  const stand = await setUpTcp(t, [shout], { balancer: { connectTimeout: '200ms' } });
  stand.dispatcher.pool.remove('app-0');
  // 192.0.2.0/24 is nobody's (RFC 5737): silence, or at once "no route", and either way no connection.
  stand.dispatcher.pool.add({ id: 'nowhere', host: '192.0.2.1', port: 9, weight: 1 });
  stand.dispatcher.pool.add({ id: 'here', host: '127.0.0.1', port: stand.backend.port, weight: 1 });
  for (let i = 0; i < 2; i++) {
    const client = await stand.connect('hello');
    await client.until('an echo', () => client.text === 'HELLO');
  }
  t.true(stand.attempts.includes('nowhere unreachable 0'));
});

test('a backend that is full gets no more, and a client for whom there is no room is reset', async (t) => {
  const stand = await setUpTcp(t, [shout], { balancer: { maxInFlight: 2 } });
  const first = await stand.connect('a');
  const second = await stand.connect('b');
  await second.until('an echo', () => second.text === 'B');
  t.is(await turnedAway(stand), 'reset');
  first.socket.end();
  stand.backend.sockets[0]!.end();
  await eventually('a slot is free', () => inFlight(stand) === 1);
  const third = await stand.connect('d');
  await third.until('an echo', () => third.text === 'D');
});

test('where there is a queue, a client waits for room, in turn and not for ever; what it has sent waits with it', async (t) => {
  const balancer = { maxInFlight: 1, queue: { length: 2, timeout: '1s' } };
  const stand = await setUpTcp(t, [shout], { balancer });
  const first = await stand.connect('a');
  await first.until('an echo', () => first.text === 'A');
  const second = await stand.connect('b');
  const third = await stand.connect('c');
  await eventually('both wait', () => stand.proxy.connections.clients === 3);
  t.is(await turnedAway(stand), 'reset', 'the queue is full');
  first.socket.resetAndDestroy();
  await second.until('an echo', () => second.text === 'B');
  t.is(third.text, '');
  t.is(await third.closed(), 'reset', 'it has waited long enough');
  t.is(inFlight(stand), 1);
});

for (const [direction, fromBackend] of [
  ['backend', true],
  ['client', false],
] as const)
  test(`11: a ${direction} that sends faster than the other side reads is held back, and all of it arrives`, async (t) => {
    const size = 64 * 1024 * 1024;
    const piece = Buffer.alloc(256 * 1024, 'x');
    let sent = 0;
    const pour = (socket: Socket) => {
      while (sent < size) {
        sent += piece.length;
        if (!socket.write(piece)) return void socket.once('drain', () => pour(socket));
      }
      socket.end();
    };
    let read = 0;
    const stand = await setUpTcp(t, [
      (socket) => {
        socket.removeAllListeners('data');
        if (fromBackend) pour(socket);
        else socket.pause();
      },
    ]);
    const client = await stand.connect('x');
    await eventually('the backend has it', () => stand.backend.sockets.length === 1);
    const [reader, writer] = fromBackend
      ? [client.socket, stand.backend.sockets[0]!]
      : [stand.backend.sockets[0]!, client.socket];
    reader.removeAllListeners('data');
    reader.pause();
    if (!fromBackend) pour(writer);
    const standstill = async () => {
      for (let before = -1; before !== sent; await pause(200)) before = sent;
    };
    await standstill();
    // Four socket buffers of the kernel's, and what our own streams hold; a proxy that buffers would have taken it all.
    t.true(sent < size / 2, `${sent} bytes went in, and nobody reads`);
    reader.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    reader.resume();
    const whole = size + (fromBackend ? 0 : 1);
    await eventually('all of it', () => read === whole, 20_000);
    t.is(read, whole);
  });

test('a client that never reads does not keep a connection that is over', async (t) => {
  const stand = await setUpTcp(t, [(socket) => void socket.end(Buffer.alloc(32 * 1024 * 1024))], {
    balancer: { tcp: { idle: '200ms', halfClosed: '100ms' } },
  });
  const client = await stand.connect('x');
  client.socket.pause();
  client.socket.end();
  await eventually('it is gone', () => stand.proxy.connections.clients === 0, 10_000);
  await eventually('at the backend too', () => stand.proxy.connections.upstreams === 0);
  t.is(inFlight(stand), 0);
});

test('a thousand connections, opened and closed in every way, leave nothing behind', async (t) => {
  const stand = await setUpTcp(t, [shout, shout]);
  for (let batch = 0; batch < 10; batch++) {
    const clients = await Promise.all(Array.from({ length: 100 }, () => stand.connect('x')));
    await Promise.all(clients.map((it) => it.until('an echo', () => it.text === 'X')));
    for (const [i, { socket }] of clients.entries())
      if (i % 3 === 0) socket.end();
      else if (i % 3 === 1) socket.resetAndDestroy();
      else socket.destroy();
    for (const backend of stand.backends) for (const socket of backend.sockets) socket.end();
    await eventually('all are gone', () => stand.proxy.connections.clients === 0, 10_000);
  }
  await eventually('to the backends too', () => stand.proxy.connections.upstreams === 0);
  await eventually('on their side', () => stand.backends.every(({ open }) => open === 0));
  t.is(stand.attempts.length, 1000);
  t.is(inFlight(stand), 0);
});

test('told to stop, it takes no more, lets connections end, and resets those that do not in time', async (t) => {
  const stand = await setUpTcp(t, [shout]);
  const ends = await stand.connect('a');
  const stays = await stand.connect('b');
  await stays.until('an echo', () => stays.text === 'B');
  const closed = stand.proxy.close(500);
  ends.send('c');
  await ends.until('an echo', () => ends.text === 'AC');
  ends.socket.end();
  stand.backend.sockets[0]!.end();
  t.is(await ends.closed(), 'end');
  await t.throwsAsync(stand.connect(), { code: 'ECONNREFUSED' });
  t.is(await stays.closed(), 'reset');
  await closed;
  t.deepEqual(stand.attempts, ['app-0 ok 0', 'app-0 cancelled 0']);
});

test('a drain: connections stay while they may, and those left at its deadline are reset', async (t) => {
  const stand = await setUpTcp(t, [shout, shout]);
  const staying = await stand.connect('a');
  await staying.until('an echo', () => staying.text === 'A');
  const other = await stand.connect('b');
  await other.until('an echo', () => other.text === 'B');
  stand.dispatcher.pool.drain('app-0', 300);
  staying.send('c');
  await staying.until('an echo', () => staying.text === 'AC');
  t.is(await staying.closed(), 'reset');
  await eventually('the backend sees it', () => stand.backends[0]!.open === 0);
  t.is(stand.dispatcher.stats().backends[0]!.state, 'drained');
  other.send('d');
  await other.until('an echo', () => other.text === 'BD');
});
