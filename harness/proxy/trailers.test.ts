/** What comes after a chunked body, and what may be said of it beforehand. */
import test from 'ava';
import { setUp } from './proxy.test-support.ts';
import { fieldOf } from './raw-backend.test-support.ts';

const chunked = (trailers: string) =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nhi\r\n0\r\n${trailers}\r\n`;
const willing = 'TE: trailers\r\nConnection: TE\r\n';

test('of a request: forwarded, but for what must not come after a body', async (t) => {
  const stand = await setUp(t, () => chunked(''));
  const client = await stand.connect(
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n1\r\na\r\n0\r\n' +
      'X-Sum: 1\r\nContent-Length: 5\r\nTRANSFER-ENCODING: chunked\r\nHost: evil\r\nX-Forwarded-For: 1.2.3.4\r\n' +
      'Authorization: x\r\nsteelyard-client: 9\r\nx-SUM: 2\r\n\r\n',
  );
  await client.response();
  const [seen] = stand.backend.seen;
  t.deepEqual(seen!.trailers, ['X-Sum: 1', 'x-SUM: 2']);
  t.is(fieldOf(seen!.fields, 'trailer'), 'X-Sum');
  t.deepEqual(stand.backend.violations, []);
});

test('of a response: to who asks for them, and says so of its connection', async (t) => {
  const stand = await setUp(t, () => chunked('X-Sum: 1\r\nSet-Cookie: a=b\r\n'));
  const client = await stand.connect(`GET / HTTP/1.1\r\nHost: a\r\n${willing}\r\n`);
  const response = await client.response();
  t.deepEqual(response.trailers, ['X-Sum: 1']);
  t.is(fieldOf(response.fields, 'trailer'), 'X-Sum');
  t.is(fieldOf(stand.backend.seen[0]!.fields, 'te'), 'trailers');
  t.deepEqual(stand.backend.violations, []);
});

for (const [who, request] of [
  ['who does not ask', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['who does not say it is of its connection', 'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n'],
  [
    'who asks for something else',
    'GET / HTTP/1.1\r\nHost: a\r\nTE: trailersx, gzip\r\nConnection: TE\r\n\r\n',
  ],
] as const)
  test(`of a response: none to ${who}`, async (t) => {
    const stand = await setUp(t, () => chunked('X-Sum: 1\r\n'));
    const client = await stand.connect(request);
    const response = await client.response();
    t.is(response.body, 'hi');
    t.deepEqual(response.trailers, []);
    t.is(fieldOf(response.fields, 'trailer'), undefined);
    t.is(fieldOf(stand.backend.seen[0]!.fields, 'te'), undefined);
    t.deepEqual(stand.backend.violations, []);
  });

test('of a response: none to HTTP/1.0, which gets no chunks either', async (t) => {
  const stand = await setUp(t, () => chunked('X-Sum: 1\r\n'));
  const client = await stand.connect(`GET / HTTP/1.0\r\n${willing}\r\n`);
  t.is(await client.closed(), 'end');
  t.regex(client.text, /\r\n\r\nhi$/);
});

for (const [why, trailers] of [
  ['a space before the colon', 'X : 1\r\n'],
  ['a folded line', 'X: 1\r\n 2\r\n'],
  ['a bare CR', 'X: 1\r2\r\n'],
  ['too many of them', 'X: 1\r\n'.repeat(101)],
])
  test(`34: ${why} in a request's trailers breaks it off`, async (t) => {
    const stand = await setUp(t, () => chunked(''));
    const client = await stand.connect(
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n${trailers}\r\n`,
    );
    t.is((await client.response()).status, 400);
    t.is(await client.closed(), 'end');
    t.deepEqual(stand.backend.seen, []);
  });
