import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import test from 'ava';
import type { PooledBackend } from '../pooled-backend.ts';
import { defaultLimits } from './limits.ts';
import { Upstreams, type UpstreamUser } from './upstream.ts';

const ignore = () => undefined;

test('a connection whose backend has just hung up is not handed out, though its close is yet to come', async (t) => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket.on('error', ignore))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const backend = {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    available: true,
  } as PooledBackend;
  const upstreams = new Upstreams(defaultLimits);
  t.teardown(() => upstreams.destroyAll());

  const connected = Promise.withResolvers<void>();
  const user: UpstreamUser = {
    connected: connected.resolve,
    received: () => true,
    ended: ignore,
    broken: ignore,
    drained: ignore,
  };
  const upstream = upstreams.open(backend, user);
  await connected.promise;
  upstreams.keep(upstream, 0);

  const taken = new Promise((resolve) => {
    // After the pool's own listener, in the very turn in which the FIN is seen.
    upstream.socket.on('end', () => resolve(upstreams.take(backend, user, 0)));
  });
  while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
  accepted[0]!.end();
  t.is(await taken, undefined);
});
