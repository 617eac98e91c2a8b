/** Slow readers whose whole response lies in the kernel: nothing waits in the balancer, and nothing arrives. */
import { connect, createServer, type Socket } from 'node:net';
import anyTest, { type ExecutionContext } from 'ava';
import { givenTo, numberOf, untaken } from './kernel-queue.ts';
import { eventually, setUp } from './proxy.test-support.ts';
import { ok } from './raw-backend.test-support.ts';
import { secured } from './tls.test-support.ts';

// Only Linux tells what its kernel holds.
const test = process.platform === 'linux' ? anyTest : anyTest.skip;

/** More than a client's kernel takes in unasked, less than the two kernels together do. */
const size = 1_500_000;
const get = (connection: string) => `GET / HTTP/1.1\r\nHost: a\r\nConnection: ${connection}\r\n\r\n`;

async function stand(t: ExecutionContext, secure: boolean, flushMs: number) {
  const tls = secure ? { tls: { selfSigned: true } } : {};
  const it = await setUp(t, () => ok('x'.repeat(size)), { balancer: tls, limits: { flushMs } });
  const client = async (): Promise<Socket> => {
    const socket = secure
      ? await secured(t, it.port)
      : connect({ port: it.port, host: '127.0.0.1', allowHalfOpen: true });
    t.teardown(() => socket.destroy());
    return socket.on('error', () => undefined).pause();
  };
  return { ...it, client };
}

for (const secure of [false, true])
  for (const connection of ['keep-alive', 'close'])
    test(`${secure ? 'TLS, ' : ''}${connection}: who takes nothing of it is reset, who takes all is not`, async (t) => {
      const { client, attempts, proxy } = await stand(t, secure, 700);
      const slow = await client();
      slow.write(get(connection));
      await eventually('the response is out of our hands', () => attempts.length === 1);
      await eventually('the client is gone', () => proxy.connections.clients === 0);
      const fine = await client();
      let bytes = 0;
      fine.on('data', (chunk) => {
        bytes += chunk.length;
      });
      fine.resume();
      fine.write(get(connection));
      await eventually('all of it', () => bytes > size);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      t.is(proxy.connections.clients, connection === 'close' ? 0 : 1);
    });

test('who takes its time after we have closed, but takes enough in time, gets all of it and an orderly end', async (t) => {
  const { client, proxy } = await stand(t, false, 2_000);
  const slow = await client();
  slow.write(get('close'));
  let bytes = 0;
  let end = '';
  slow.on('data', (chunk) => {
    bytes += chunk.length;
    slow.pause();
  });
  slow.on('end', () => {
    end = 'FIN';
  });
  slow.on('error', () => {
    end = 'reset';
  });
  const drips = setInterval(() => slow.resume(), 100);
  t.teardown(() => clearInterval(drips));
  await eventually('its end', () => end !== '', 30_000);
  t.is(end, 'FIN');
  t.true(bytes > size);
  await eventually('the client is gone', () => proxy.connections.clients === 0);
});

test('the kernel says what was not taken of one socket, and not of others', async (t) => {
  const server = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted: Socket[] = [];
  server.on('connection', (socket) => accepted.push(socket));
  const { port } = server.address() as { port: number };
  const [one, other] = [connect({ port, host: '127.0.0.1' }), connect({ port, host: '127.0.0.1' })];
  t.teardown(() => {
    for (const it of [one, other, ...accepted]) it.destroy();
    server.close();
  });
  await eventually('they are connected', () => accepted.length === 2);
  one.write(Buffer.alloc(size));
  const [number, another] = [numberOf(one)!, numberOf(other)!];
  t.not(number, another);
  const left = await untaken(new Set([number, another]));
  t.deepEqual([...left.keys()], [number]);
  t.true(left.get(number)! <= givenTo(one));
  t.deepEqual(await untaken(new Set([another])), new Map());
});
