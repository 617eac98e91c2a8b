/**
 * Damaged requests and responses. The law: whatever is sent on, a strict parser of another make reads as well-formed
 * requests, and what a client gets are well-formed responses or an end; every attempt is accounted for; nothing throws.
 */
import test from 'ava';
import fc from 'fast-check';
import { damage, damaged, place, requests, responses } from './damage.test-support.ts';
import { eventually, inFlight, setUp } from './proxy.test-support.ts';
import { ok } from './raw-backend.test-support.ts';

/** Writes in two parts with a breath between them. */
async function write(
  socket: { write(bytes: string, encoding: 'latin1'): unknown },
  text: string,
  at: number,
) {
  const cut = Math.floor(at * text.length);
  socket.write(text.slice(0, cut), 'latin1');
  await new Promise((resolve) => setImmediate(resolve));
  socket.write(text.slice(cut), 'latin1');
}

const quick = {
  balancer: { tryTimeout: '60ms' },
  limits: { headMs: 40, bodyMs: 40, lingerMs: 40, tunnelIdleMs: 40 },
};

test('damaged requests', async (t) => {
  const stand = await setUp(t, (request) => ok(`${request.method} ${request.target}`), quick);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...requests), damage), { minLength: 1, maxLength: 3 }),
      place,
      async (parts, at) => {
        const client = await stand.connect();
        await write(client.socket, parts.map(([text, where]) => damaged(text, where)).join(''), at);
        // Nothing is met with silence: what never becomes a request is answered 408.
        await client.until('answer', () => client.text !== '' || client.ended);
        await eventually('accounted for', () => inFlight(stand) === 0);
        client.destroy();
        await eventually('the client is gone', () => stand.proxy.connections.clients === 0);
      },
    ),
    { numRuns: 1_000 },
  );
  t.deepEqual(stand.backend.violations, []);
  // A request that never ends, from a client that has left, is none that the backend has seen whole.
  const answered = stand.attempts.filter((it) => it.includes(' ok ')).length;
  t.true(answered > 50 && answered <= stand.backend.seen.length, `${answered} answered`);
});

test('damaged responses', async (t) => {
  let next = '';
  let at = 0;
  const stand = await setUp(
    t,
    (_, socket) => {
      void write(socket, next, at);
      setTimeout(() => socket.end(), 20);
      return undefined;
    },
    quick,
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...responses),
      damage,
      place,
      fc.nat(4),
      async (text, where, cut, which) => {
        next = damaged(text, where);
        at = cut;
        const client = await stand.connect(requests[which]!);
        await eventually('accounted for', () => inFlight(stand) === 0);
        // Each is a whole response by the client's own parser, which throws at what is none.
        let answer = 0;
        while (answer < 200 && answer !== 101 && !client.ended) {
          try {
            answer = (await client.response({ ms: 300 })).status;
          } catch (error) {
            t.regex(String(error), /connection ended|no response/);
            break;
          }
          t.true(answer >= 100 && answer <= 599);
        }
        client.destroy();
        await eventually('the client is gone', () => stand.proxy.connections.clients === 0);
      },
    ),
    { numRuns: 300 },
  );
  t.deepEqual(stand.backend.violations, []);
});
