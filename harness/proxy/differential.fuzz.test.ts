/**
 * The differential law. Of whatever a client sends, what the backend gets is what a strict reader finds in those bytes: the
 * same requests (method, target, body), each once, in order, from the first; never one that the reader does not see. And of
 * whatever a backend answers, what a client gets as a whole is what that reader finds, or our own 502 or 504.
 */
import test from 'ava';
import fc from 'fast-check';
import {
  type Damage,
  damage,
  damaged,
  requests,
  responses,
  splitAt,
  writePieces,
} from './damage.test-support.ts';
import { eventually, inFlight, setUp } from './proxy.test-support.ts';
import { ok } from './raw-backend.test-support.ts';
import { readRequests, readResponse } from './reference-parser.test-support.ts';

const quick = {
  balancer: { tryTimeout: '60ms', retries: { max: 0 } },
  limits: { headMs: 40, bodyMs: 40, lingerMs: 40, tunnelIdleMs: 40, halfClosedMs: 40 },
};
const cuts = fc.array(fc.double({ min: 0, max: 0.999_999, noNaN: true }), { maxLength: 4 });

test('requests: what goes on is what a strict reader finds, in order, and nothing else', async (t) => {
  const stand = await setUp(t, () => ok('x'), quick);
  let whole = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...requests), damage), { minLength: 1, maxLength: 3 }),
      cuts,
      async (parts, where) => {
        const stream = parts.map(([text, it]) => damaged(text, it)).join('');
        const before = stand.backend.seen.length;
        const client = await stand.connect();
        await writePieces(client.socket, splitAt(stream, where));
        client.socket.end();
        await eventually('the client is gone', () => stand.proxy.connections.clients === 0);
        await eventually('accounted for', () => inFlight(stand) === 0);
        client.destroy();
        const seen = stand.backend.seen
          .slice(before)
          .map(({ method, target, body }) => ({ method, target, body }));
        const meant = readRequests(stream).slice(0, seen.length);
        t.deepEqual(seen, meant, JSON.stringify(stream));
        whole += seen.length;
      },
    ),
    { numRuns: 700 },
  );
  t.deepEqual(stand.backend.violations, []);
  t.true(whole > 100, `${whole} whole requests`);
});

test('requests that are whole go on from every place where they may be cut in two', async (t) => {
  const stand = await setUp(t, () => ok('x'), quick);
  const stream = `${requests[2]}${requests[1]}${requests[0]}`;
  const meant = readRequests(stream);
  t.is(meant.length, 3);
  for (let at = 1; at < stream.length; at++) {
    const before = stand.backend.seen.length;
    const client = await stand.connect();
    await writePieces(client.socket, [stream.slice(0, at), stream.slice(at)]);
    for (let i = 0; i < 3; i++) t.is((await client.response()).status, 200);
    client.destroy();
    t.deepEqual(
      stand.backend.seen.slice(before).map(({ method, target, body }) => ({ method, target, body })),
      meant,
      `cut at ${at}`,
    );
  }
});

test('responses: what a client gets as a whole is what a strict reader finds, or our own answer', async (t) => {
  let stream = '';
  let pieces: string[] = [];
  const stand = await setUp(
    t,
    (_, socket) => {
      void writePieces(socket, pieces).then(() => socket.end());
      return undefined;
    },
    quick,
  );
  let whole = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...responses),
      fc.oneof({ weight: 4, arbitrary: damage }, { weight: 1, arbitrary: fc.constant<Damage>([]) }),
      cuts,
      fc.constantFrom('GET', 'HEAD'),
      async (text, where, at, method) => {
        stream = damaged(text, where);
        pieces = splitAt(stream, at);
        const client = await stand.connect(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
        let got: { status: number; body: string } | undefined;
        while (got === undefined || got.status < 200) {
          try {
            got = await client.response({ head: method === 'HEAD', ms: 2_000 });
          } catch (error) {
            t.regex(String(error), /connection ended/);
            got = undefined;
            break;
          }
        }
        client.destroy();
        await eventually('accounted for', () => inFlight(stand) === 0);
        if (got === undefined) return;
        const meant = readResponse(stream, method);
        const ours = (got.status === 502 || got.status === 504) && got.body !== meant?.body;
        if (ours) return;
        whole++;
        t.deepEqual({ status: got.status, body: got.body }, meant as object, JSON.stringify(stream));
      },
    ),
    { numRuns: 400 },
  );
  t.true(whole > 50, `${whole} whole responses`);
});
