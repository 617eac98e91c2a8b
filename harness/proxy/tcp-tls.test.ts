/** TLS at layer 4: passed through untouched, or ended here and passed on in clear. */
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { eventually, inFlight, startProxy } from './proxy.test-support.ts';
import { selfSigned } from './self-signed.ts';
import { setUpTcp } from './tcp.test-support.ts';
import { exchange, secured } from './tls.test-support.ts';

/** A TLS server of its own certificate that shouts, and ends after `bye`. */
async function tlsBackend(t: ExecutionContext, name: string): Promise<number> {
  const server = createServer({ ...(await selfSigned([name])) }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      const text = chunk.toString();
      if (text === 'bye') socket.end('BYE');
      else socket.write(text.toUpperCase());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const nameOf = (socket: TLSSocket) => socket.getPeerX509Certificate()?.subjectAltName;

test('passthrough: a client shakes hands with the backend itself, and its session goes on', async (t) => {
  const port = await tlsBackend(t, 'backend.test');
  const proxy = await startProxy([port], { balancer: { layer: 4 } });
  t.teardown(() => proxy.stop());
  const socket = await secured(t, proxy.port);
  t.is(nameOf(socket), 'DNS:backend.test');
  const heard: string[] = [];
  socket.on('data', (chunk) => heard.push(chunk.toString()));
  for (const [i, word] of ['one', 'two', 'three'].entries()) {
    socket.write(word);
    await eventually('an echo', () => heard.length === i + 1);
  }
  t.deepEqual(heard, ['ONE', 'TWO', 'THREE']);
  const { text, ending } = await exchange(socket, 'bye');
  t.is(`${text} ${ending}`, 'BYE end');
  socket.end();
  await eventually('the slot is free', () => inFlight(proxy) === 0);
  t.deepEqual(proxy.attempts, ['app-0 ok 0']);
});

test('passthrough: a session is resumed where the next connection goes to the same backend', async (t) => {
  const proxy = await startProxy([await tlsBackend(t, 'backend.test')], { balancer: { layer: 4 } });
  t.teardown(() => proxy.stop());
  const first = await secured(t, proxy.port, { maxVersion: 'TLSv1.2' });
  await exchange(first, 'bye');
  const second = await secured(t, proxy.port, { maxVersion: 'TLSv1.2', session: first.getSession()! });
  t.true(second.isSessionReused());
});

test('ended here: the backend gets what was said, in clear, and FIN and RST pass as ever', async (t) => {
  const stand = await setUpTcp(
    t,
    [
      (socket) => {
        socket.on('data', (chunk) => socket.write(chunk.toString().toUpperCase()));
        socket.on('end', () => socket.end(' and all'));
      },
    ],
    { balancer: { tls: { selfSigned: ['proxy.test'] } } },
  );
  const socket = await secured(t, stand.port);
  t.is(nameOf(socket), 'DNS:proxy.test');
  const whole = exchange(socket, 'hello');
  await eventually('it arrives', () => stand.backend.received[0] === 'hello');
  socket.end();
  t.deepEqual(await whole, { text: 'HELLO and all', ending: 'end' });
  await eventually('the slot is free', () => inFlight(stand) === 0);

  const broken = exchange(await secured(t, stand.port), 'x');
  await eventually('it arrives', () => stand.backend.received[1] === 'x');
  stand.backend.sockets[1]!.resetAndDestroy();
  t.is((await broken).ending, 'ECONNRESET');
  t.deepEqual(stand.attempts, ['app-0 ok 0', 'app-0 reset 0']);
});

test('ended here: a backend is picked once the handshake is done, and not for one that never is', async (t) => {
  const stand = await setUpTcp(t, [() => undefined], { balancer: { tls: { selfSigned: true } } });
  const plain = await stand.connect('GET / HTTP/1.1\r\n\r\n');
  await plain.closed();
  t.is(stand.backend.sockets.length, 0);
  t.deepEqual(stand.attempts, []);
});
