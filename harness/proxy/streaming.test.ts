/** Large bodies: whole, both ways, and never more of them under way than the slower side lets through. */
import { createHash } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { eventually, inFlight, startProxy } from './proxy.test-support.ts';

const piece = Buffer.alloc(65_536, 'abcdefghijklmnopqrstuvwxyz012345');
const pieces = 1_024;
const size = piece.length * pieces;
const whole = createHash('sha256');
for (let i = 0; i < pieces; i++) whole.update(piece);
const digest = whole.digest('hex');

/** Writes a head and the pieces as fast as they are taken; counts what was given to the socket. */
function pour(socket: Socket, head: string, chunked: boolean): { written: number } {
  const state = { written: 0 };
  socket.write(head);
  const more = () => {
    while (state.written < size) {
      state.written += piece.length;
      if (chunked) socket.write(`${piece.length.toString(16)}\r\n`);
      let flowing = socket.write(piece);
      if (chunked) flowing = socket.write(state.written === size ? '\r\n0\r\n\r\n' : '\r\n');
      if (!flowing) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
  return state;
}

/** Reads one message from now on; `bytes` and the digest are of its body, unframed. */
function drink(socket: Socket, chunked: boolean) {
  const hash = createHash('sha256');
  const state = { bytes: 0, digest: () => hash.digest('hex') };
  let rest = Buffer.alloc(0);
  let inHead = true;
  const take = (from: number, to: number, next: number) => {
    hash.update(rest.subarray(from, to));
    state.bytes += to - from;
    rest = rest.subarray(next);
  };
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    if (inHead) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      inHead = false;
      rest = rest.subarray(end + 4);
    }
    if (!chunked) return take(0, rest.length, rest.length);
    for (let line = rest.indexOf('\r\n'); line >= 0; line = rest.indexOf('\r\n')) {
      const end = line + 2 + Number.parseInt(rest.toString('latin1', 0, line), 16);
      if (rest.length < end + 2) return;
      take(line + 2, end, end + 2);
    }
  });
  socket.resume();
  return state;
}

/** A proxy between one client socket and a backend that hands over each connection; neither side is read yet. */
async function between(t: ExecutionContext, onConnect: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    onConnect(socket);
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const proxy = await startProxy([(server.address() as { port: number }).port]);
  const client = connect({ host: '127.0.0.1', port: proxy.port }).on('error', () => undefined);
  t.teardown(async () => {
    for (const socket of [client, ...sockets]) socket.destroy();
    server.close();
    await proxy.stop();
  });
  return { proxy, client };
}

/** What has been poured once no more of it is taken. */
async function still(poured: () => number): Promise<number> {
  let last = -1;
  let since = performance.now();
  await eventually('it stands still', () => {
    if (poured() !== last) since = performance.now();
    last = poured();
    return last > 0 && performance.now() - since > 300;
  });
  return last;
}

for (const chunked of [false, true]) {
  const framing = chunked ? 'Transfer-Encoding: chunked\r\n\r\n' : `Content-Length: ${size}\r\n\r\n`;
  const kind = chunked ? 'chunked' : 'by length';

  test.serial(
    `a response of 64 MiB, ${kind}: waits for a client that does not read, then arrives whole`,
    async (t) => {
      let poured = { written: 0 };
      const { proxy, client } = await between(t, (socket) =>
        socket.once('data', () => {
          poured = pour(socket, `HTTP/1.1 200 OK\r\n${framing}`, chunked);
        }),
      );
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const taken = await still(() => poured.written);
      // The kernel's buffers of four sockets and one queue of ours; far from the whole.
      t.true(taken < size / 2, `${taken} bytes taken while nobody read`);
      const drunk = drink(client, chunked);
      await eventually('all of it', () => drunk.bytes === size, 15_000);
      t.is(drunk.digest(), digest);
      await eventually('accounted for', () => inFlight(proxy) === 0);
      t.deepEqual(proxy.attempts, ['app-0 ok 200']);
    },
  );

  test.serial(
    `a request of 64 MiB, ${kind}: waits for a backend that does not read, then arrives whole`,
    async (t) => {
      let backend: Socket | undefined;
      const { proxy, client } = await between(t, (socket) => {
        backend = socket;
      });
      const poured = pour(client, `POST / HTTP/1.1\r\nHost: a\r\n${framing}`, chunked);
      const taken = await still(() => poured.written);
      t.true(taken < size / 2, `${taken} bytes taken while nobody read`);
      const drunk = drink(backend!, chunked);
      await eventually('all of it', () => drunk.bytes === size, 15_000);
      t.is(drunk.digest(), digest);
      backend!.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      await eventually('accounted for', () => proxy.attempts.length === 1);
      t.deepEqual(proxy.attempts, ['app-0 ok 200']);
    },
  );
}
