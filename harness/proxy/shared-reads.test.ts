import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type Received, readShared } from './shared-reads.ts';

interface Reading {
  readonly client: Socket;
  readonly accepted: Socket;
  readonly shared: boolean;
}

async function reading(t: ExecutionContext, received: Received, plain = true): Promise<Reading> {
  const server = createServer({ allowHalfOpen: true });
  const taken = new Promise<{ accepted: Socket; shared: boolean }>((resolve) =>
    server.on('connection', (accepted) => {
      // As a TLS socket is: one, and more.
      if (!plain) Object.defineProperty(accepted, 'constructor', { value: class TLSSocket {} });
      resolve({ accepted, shared: readShared(accepted, received) });
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const { accepted, shared } = await taken;
  t.teardown(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });
  return { client, accepted, shared };
}

test('reads of all accepted connections come in one buffer, which this Node still allows', async (t) => {
  const buffers = new Set<Buffer>();
  const texts: string[] = [];
  for (const text of ['one', 'two']) {
    const { client, accepted, shared } = await reading(t, (b, size) => {
      buffers.add(b);
      texts.push(b.toString('latin1', 0, size));
      return true;
    });
    t.true(shared);
    client.end(text);
    await once(accepted, 'end');
  }
  t.deepEqual(texts, ['one', 'two']);
  t.is(buffers.size, 1);
});

for (const plain of [true, false])
  test(`${plain ? 'a shared buffer' : 'events of a socket that is more than TCP'}: false stops the reading, resume goes on, and nothing is lost`, async (t) => {
    const got: Buffer[] = [];
    let reads = 0;
    const { promise: first, resolve: begun } = Promise.withResolvers<void>();
    const { client, accepted, shared } = await reading(
      t,
      (b, size) => {
        got.push(Buffer.from(b.subarray(0, size)));
        begun();
        return ++reads !== 1;
      },
      plain,
    );
    t.is(shared, plain);
    const sent = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => i % 251));
    client.end(sent);
    await first;
    await sleep(100);
    t.is(reads, 1);
    const ended = once(accepted, 'end');
    accepted.resume();
    await ended;
    t.true(Buffer.concat(got).equals(sent));
  });
