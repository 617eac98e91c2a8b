/** Ports that stay a dead backend's own. */
import { createServer } from 'node:net';
import test from 'ava';
import { ephemeralStart, freePorts } from './ports.ts';

test('ports are different, free, and below what outgoing connections take', async (t) => {
  const ports = await freePorts('127.0.0.1', 40);
  t.is(new Set(ports).size, 40);
  t.true(ports.every((it) => it >= 1024 && it < ephemeralStart()));
  const servers = await Promise.all(
    ports.map(
      (port) =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer().once('error', reject);
          server.listen(port, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  t.is(servers.length, 40);
  const more = await freePorts('127.0.0.1', 40);
  t.false(
    more.some((it) => ports.includes(it)),
    'what is taken is not given out',
  );
  await Promise.all(servers.map((it) => new Promise((resolve) => it.close(resolve))));
});
