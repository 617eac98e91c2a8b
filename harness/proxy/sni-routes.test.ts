/** Layer 4 passthrough by the name that a TLS client asks for: real clients, real backends, and bytes that pass untouched. */
import { type AddressInfo, connect as connectTcp, createServer as createTcp, type Socket } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { balancerSchema } from '../../scenarios/scenario.ts';
import { eventually, inFlight, startProxy } from './proxy.test-support.ts';
import { selfSigned } from './self-signed.ts';
import { setUpTcp } from './tcp.test-support.ts';
import { exchange, secured } from './tls.test-support.ts';

const routes = [
  { sni: ['a.test', '*.A.test'], pool: 'app-1' },
  { sni: 'b.test', pool: 'b' },
];
const balancer = { layer: 4, routes, pools: { b: { backends: ['app-2'] } } };

/** Ports of three TLS servers, each with a certificate of its own name. */
function tlsBackends(t: ExecutionContext): Promise<number[]> {
  const start = async (name: string) => {
    const server = createServer({ ...(await selfSigned([name])) }, (socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk) => socket.end(`${name} ${chunk}`));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => void server.close());
    return (server.address() as AddressInfo).port;
  };
  return Promise.all(['all.test', 'one.test', 'two.test'].map(start));
}

/** Passes all on in pieces of so many bytes, each in a segment of its own. */
async function inPieces(t: ExecutionContext, to: number, size: number): Promise<number> {
  const server = createTcp({ noDelay: true }, (client) => {
    const far = connectTcp({ host: '127.0.0.1', port: to, noDelay: true });
    for (const it of [client, far]) it.on('error', () => [client, far].map((one) => one.destroy()));
    let before = Promise.resolve();
    client.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; at += size)
        before = before.then(async () => {
          far.write(chunk.subarray(at, at + size));
          await new Promise((resolve) => setImmediate(resolve));
        });
    });
    client.on('end', () => void before.then(() => far.end()));
    far.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('each name has its pool, below a wildcard too, whatever case; no name and unknown ones go to all backends', async (t) => {
  const proxy = await startProxy(await tlsBackends(t), { balancer });
  t.teardown(() => proxy.stop());
  const answer = async (port: number, options: object) =>
    (await exchange((await secured(t, port, options)) as TLSSocket, 'hello')).text;
  const pieces = await inPieces(t, proxy.port, 1);
  for (const port of [proxy.port, pieces])
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      t.is(await answer(port, { servername: 'A.test', maxVersion }), 'one.test hello');
      t.is(await answer(port, { servername: 'x.y.a.test', maxVersion }), 'one.test hello');
      t.is(await answer(port, { servername: 'b.test', maxVersion }), 'two.test hello');
    }
  // Round robin over all three.
  const rest = new Set<string>();
  for (const servername of ['c.test', undefined, 'xa.test'])
    rest.add(await answer(proxy.port, servername === undefined ? {} : { servername }));
  t.is(rest.size, 3);
  await eventually('all are over', () => inFlight(proxy) === 0 && proxy.attempts.length === 15);
  t.true(proxy.attempts.every((it) => it.endsWith('ok 0')));
});

const echo = (socket: Socket) => {
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('end', () => socket.end());
};

test('what is no TLS goes to all backends as it came: at once, with the FIN that followed, with what came before it was joined', async (t) => {
  const stand = await setUpTcp(t, [echo], {
    balancer: { layer: 4, routes: [{ sni: 'a.test', pool: 'app-0' }] },
  });
  const client = await stand.connect('GET / HTTP/1.1\r\n');
  await client.until('an echo', () => client.text === 'GET / HTTP/1.1\r\n');
  client.send('more');
  await client.until('an echo', () => client.text.endsWith('more'));
  const ended = await stand.connect('\x16\x03');
  ended.socket.end();
  t.is(await ended.closed(), 'end');
  t.is(ended.text, '\x16\x03', 'half a record, and its FIN');
  const large = await stand.connect();
  large.send(Buffer.alloc(3_000_000, 'x'));
  await large.until('all of it', () => large.text.length === 3_000_000);
  client.socket.end();
  large.socket.end();
  await eventually('all are over', () => inFlight(stand) === 0);
  t.deepEqual(stand.attempts, ['app-0 ok 0', 'app-0 ok 0', 'app-0 ok 0']);
});

test('who waits to be spoken to has no name after a while; who leaves before that was nobody', async (t) => {
  const stand = await setUpTcp(t, [(socket) => socket.write('220 hello')], {
    balancer: { layer: 4, tcp: { hello: '150ms' }, routes: [{ sni: 'a.test', pool: 'app-0' }] },
  });
  const gone = await stand.connect('\x16');
  await eventually('it is there', () => stand.proxy.connections.clients === 1);
  gone.socket.resetAndDestroy();
  await eventually('it is gone', () => stand.proxy.connections.clients === 0);
  t.is(stand.backend.sockets.length, 0);
  const waiting = await stand.connect();
  await waiting.until('the backend to speak', () => waiting.text === '220 hello');
  waiting.send('\x16\x03\x01');
  await eventually('it arrives', () => stand.backend.received[0] === '\x16\x03\x01');
});

test('a pool whose backends are gone resets its clients, and no other notices', async (t) => {
  const ports = await tlsBackends(t);
  const proxy = await startProxy(ports, { balancer });
  t.teardown(() => proxy.stop());
  proxy.pools.dispatcher('b').pool.remove('app-2');
  const refused = connect({
    ...{ host: '127.0.0.1', port: proxy.port, servername: 'b.test', rejectUnauthorized: false },
  });
  t.is(
    await new Promise((resolve) =>
      refused.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)),
    ),
    'ECONNRESET',
  );
  t.is((await exchange(await secured(t, proxy.port, { servername: 'a.test' }), 'x')).text, 'one.test x');
});

test('where TLS ends here the name is known all the same', async (t) => {
  const says = (name: string) => (socket: Socket) => void socket.on('data', () => socket.end(name));
  const stand = await setUpTcp(t, ['zero', 'one', 'two'].map(says), {
    balancer: { ...balancer, tls: { selfSigned: true } },
  });
  t.is((await exchange(await secured(t, stand.port, { servername: 'b.test' }), 'x')).text, 'two');
});

test('the tail of a drain at its deadline: also of a pool of a route', async (t) => {
  const proxy = await startProxy(await tlsBackends(t), { balancer });
  t.teardown(() => proxy.stop());
  const socket = await secured(t, proxy.port, { servername: 'a.test' });
  const broken = new Promise((resolve) => socket.once('error', resolve));
  proxy.pools.each((pool) => pool.drain('app-1', 50));
  t.true((await broken) instanceof Error);
  await eventually('the slot is free', () => inFlight({ dispatcher: proxy.pools.dispatcher('app-1') }) === 0);
});

test('the settings take a name or several, and no path in one', (t) => {
  t.true(balancerSchema.safeParse({ layer: 4, routes }).success);
  t.false(balancerSchema.safeParse({ layer: 4, routes: [{ sni: 'a/b', pool: 'x' }] }).success);
});
