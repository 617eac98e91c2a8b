/** The same bytes in any pieces are the same messages: requests and responses cut at every boundary, and at random ones. */
import test from 'ava';
import fc from 'fast-check';
import { setUp } from './proxy.test-support.ts';
import { ok, type RawBackendOptions } from './raw-backend.test-support.ts';

const requests =
  'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n' +
  'PUT /b HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\nConnection: x-b\r\nX-B: 1\r\n\r\nbody' +
  'GET /c HTTP/1.1\r\nHost: c\r\n\r\n';
const seen = [
  ['POST /a', 'helloabc'],
  ['PUT /b', 'body'],
  ['GET /c', ''],
];
const response =
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' +
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n';

/** Writes the pieces one after the other, each on its own. */
async function write(socket: { write(bytes: string): unknown }, pieces: string[]): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function cut(text: string, cuts: number[]): string[] {
  const at = [0, ...new Set(cuts), text.length].sort((a, b) => a - b);
  return at.slice(1).map((end, i) => text.slice(at[i], end));
}

test('requests cut in two at every byte', async (t) => {
  const stand = await setUp(t, () => ok());
  await Promise.all(
    Array.from({ length: 8 }, async (_, lane) => {
      const client = await stand.connect();
      for (let at = lane + 1; at < requests.length; at += 8) {
        await write(client.socket, [requests.slice(0, at), requests.slice(at)]);
        for (let i = 0; i < 3; i++) t.is((await client.response()).status, 200);
      }
    }),
  );
  t.is(stand.backend.seen.length, 3 * (requests.length - 1));
  for (const it of stand.backend.seen)
    t.true(seen.some(([line, body]) => line === `${it.method} ${it.target}` && body === it.body));
  t.deepEqual(stand.backend.violations, []);
});

test('requests byte by byte', async (t) => {
  const stand = await setUp(t, () => ok());
  const client = await stand.connect();
  await write(client.socket, [...requests]);
  for (let i = 0; i < 3; i++) t.is((await client.response()).status, 200);
  t.deepEqual(
    stand.backend.seen.map((it) => [`${it.method} ${it.target}`, it.body]),
    seen,
  );
});

const cutting: RawBackendOptions['respond'] = (request, socket) => {
  const cuts = request.target.slice(1).split(',').map(Number);
  void write(socket, cut(response, cuts));
  return undefined;
};
const cutAt = (cuts: number[]) => `GET /${cuts.join(',')} HTTP/1.1\r\nHost: a\r\n\r\n`;

test('responses cut in two at every byte, and byte by byte', async (t) => {
  const stand = await setUp(t, cutting);
  const client = await stand.connect();
  const all = Array.from({ length: response.length - 1 }, (_, i) => i + 1);
  for (const cuts of [...all.map((it) => [it]), all]) {
    client.send(cutAt(cuts));
    t.is((await client.response()).status, 103);
    t.is((await client.response()).body, 'helloabc');
  }
  t.is(stand.backend.connections, 1, 'each ended exactly where it should');
});

test('requests and responses cut anywhere, pipelined', async (t) => {
  const stand = await setUp(t, cutting);
  const cuts = (length: number) =>
    fc.array(fc.integer({ min: 1, max: length - 1 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(cuts(response.length), { minLength: 1, maxLength: 4 }),
      cuts(100),
      async (answers, requestCuts) => {
        const client = await stand.connect();
        const before = stand.backend.seen.length;
        const bytes = answers.map(cutAt).join('');
        await write(
          client.socket,
          cut(
            bytes,
            requestCuts.filter((it) => it < bytes.length),
          ),
        );
        for (let i = 0; i < answers.length; i++) {
          t.is((await client.response()).status, 103);
          t.is((await client.response()).body, 'helloabc');
        }
        t.is(stand.backend.seen.length - before, answers.length);
        client.destroy();
      },
    ),
    { numRuns: 60 },
  );
  t.deepEqual(stand.backend.violations, []);
});
