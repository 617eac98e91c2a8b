/** Both generators over TLS, as the processes they are, against a server that counts handshakes. */
import type { AddressInfo } from 'node:net';
import { createServer, type SecureVersion } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { selfSigned } from '../proxy/self-signed.ts';
import { drive, loadOf } from './drive.test-support.ts';
import { plainHandshakes } from './tls-client.ts';

const response = 'HTTP/1.1 200 OK\r\nsteelyard-backend: a\r\ncontent-length: 2\r\n\r\nok';

async function startServer(t: ExecutionContext, options: { maxVersion?: SecureVersion } = {}) {
  const seen = { handshakes: 0, resumed: 0, requests: 0, names: new Set<unknown>() };
  const server = createServer({ ...(await selfSigned()), ...options }, (socket) => {
    seen.handshakes++;
    seen.names.add(socket.servername);
    if (socket.isSessionReused()) seen.resumed++;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      const requests = chunk.toString('latin1').split('\r\n\r\n').length - 1;
      seen.requests += requests;
      socket.write(response.repeat(requests));
    });
  });
  // A handshake that fails is the test's own doing.
  server.on('tlsClientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => void server.close());
  return { port: (server.address() as AddressInfo).port, seen };
}

const length = { warmup: '100ms', duration: '1s' };
const loads = {
  closed: loadOf({ closed: { connections: 3, requestsPerConnection: 20 }, ...length }),
  open: loadOf({ open: { rate: '200/s' }, ...length }),
};

for (const [kind, load] of Object.entries(loads)) {
  test.serial(
    `${kind} load over TLS: each request is answered; each connection shakes hands in full`,
    async (t) => {
      const { port, seen } = await startServer(t);
      const { result, rows } = await drive(port, load, undefined, { tls: plainHandshakes });
      t.true(result.counts.ok > 20);
      t.is(result.counts.ok, result.counts.sent - result.counts.inFlightAtEnd);
      t.true(rows.every(({ backend, outcome }) => outcome !== 'ok' || backend === 0));
      t.is(seen.resumed, 0);
      // Those that were still going on at the end are not among them.
      t.true(seen.handshakes > 0);
      if (kind === 'closed') t.true(seen.handshakes >= Math.floor(seen.requests / 20));
    },
  );

  test.serial(`${kind} load over TLS: TLS 1.2, and a name`, async (t) => {
    const { port } = await startServer(t, { maxVersion: 'TLSv1.2' });
    const tls = { ...plainHandshakes, maxVersion: 'TLSv1.2' as const, serverName: 'a.test' };
    t.true((await drive(port, load, undefined, { tls })).result.counts.ok > 20);
  });
}

test.serial(
  'with `resume`, connections after the first bring a ticket, and the name that is asked for',
  async (t) => {
    const { port, seen } = await startServer(t);
    const tls = { ...plainHandshakes, resume: true, serverName: 'a.test' };
    await drive(port, loads.closed, undefined, { tls });
    t.deepEqual([...seen.names], ['a.test']);
    t.true(seen.handshakes > 6);
    // Those that are made at once, at the start, have none yet.
    t.true(seen.resumed >= seen.handshakes - 6, `${seen.resumed} of ${seen.handshakes}`);
  },
);

for (const [kind, load] of Object.entries(loads))
  test.serial(
    `${kind} load over TLS: a client that gives up closes its connection, and the load goes on`,
    async (t) => {
      const server = createServer({ ...(await selfSigned()) }, (socket) => {
        socket.on('error', () => socket.destroy());
        socket.resume();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      t.teardown(() => void server.close());
      const { port } = server.address() as AddressInfo;
      const { result } = await drive(port, { ...load, timeout: 150 }, undefined, { tls: plainHandshakes });
      t.true(result.counts.lost + result.counts.failed > 3);
      t.is(result.counts.ok, 0);
    },
  );

test.serial('a server in clear is no connection, and told as such', async (t) => {
  const { createServer: plain } = await import('node:net');
  const server = plain((socket) =>
    socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const load = loadOf({ open: { rate: '50/s' }, ...length });
  const { result, rows } = await drive(port, load, undefined, { tls: plainHandshakes });
  t.is(result.counts.ok, 0);
  t.is(result.counts.failed, result.counts.sent);
  t.true(rows.every(({ outcome }) => outcome === 'failed'));
});
