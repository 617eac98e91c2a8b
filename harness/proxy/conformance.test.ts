/** RFC 9110 and 9112 as an independent suite would ask a proxy: each case by raw bytes, with what the backend received. */
import test from 'ava';
import { setUp } from './proxy.test-support.ts';
import { fieldOf, ok, type SeenRequest } from './raw-backend.test-support.ts';

interface Asked {
  readonly seen?: Partial<SeenRequest>;
  /** Fields that the backend must not have received. */
  readonly without?: readonly string[];
  /** Fields that it must. */
  readonly with?: Readonly<Record<string, string>>;
}

const requests: [sentence: string, bytes: string, asked: Asked][] = [
  ['§9110 5.1: names are case-insensitive', 'GET / HTTP/1.1\r\nhOsT: a\r\n\r\n', { with: { host: 'a' } }],
  [
    '§9110 5.5: white space around a value',
    'GET / HTTP/1.1\r\nHost:\t a \t\r\n\r\n',
    { with: { host: 'a' } },
  ],
  [
    '§9110 5.6.1: empty elements of a Connection list',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: , ,x-a ,,\r\nX-A: 1\r\nX-B: 1\r\n\r\n',
    { without: ['x-a', 'connection'], with: { 'x-b': '1' } },
  ],
  [
    '§9110 7.6.1: what several Connection fields name, in any case',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: X-A\r\nx-a: 1\r\nCONNECTION: X-b\r\nX-B: 1\r\n\r\n',
    { without: ['x-a', 'x-b'] },
  ],
  [
    '§9110 7.6.1: a client cannot have Host, length or what we say taken away',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: host, content-length, via, x-forwarded-for\r\n\r\nhi',
    { seen: { body: 'hi' }, with: { host: 'a', via: '1.1 steelyard', 'x-forwarded-for': '127.0.0.1' } },
  ],
  [
    '§9110 7.6.2: Max-Forwards of OPTIONS counts down',
    'OPTIONS /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 5\r\n\r\n',
    { with: { 'max-forwards': '4' } },
  ],
  [
    '§9110 7.6.2: of another method it may be passed over',
    'GET /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n',
    { with: { 'max-forwards': '0' } },
  ],
  [
    '§9110 9.1: methods are case-sensitive and may be unknown',
    'get / HTTP/1.1\r\nHost: a\r\n\r\n',
    { seen: { method: 'get' } },
  ],
  [
    '§9110 9.3.1: content of a GET',
    'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi',
    { seen: { body: 'hi' } },
  ],
  [
    '§9112 2.2: an empty line before the request line',
    '\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    { seen: { target: '/' } },
  ],
  [
    '§9112 3.2.2: absolute form with an empty path',
    'GET http://b HTTP/1.1\r\nHost: a\r\n\r\n',
    { seen: { target: '/' }, with: { host: 'b' } },
  ],
  [
    '§9112 3.2.2: absolute form, https and upper case',
    'GET HTTPS://B/x HTTP/1.1\r\nHost: a\r\n\r\n',
    { seen: { target: '/x' }, with: { host: 'B' } },
  ],
  [
    '§9112 3.2.4: OPTIONS of an authority alone',
    'OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n',
    { seen: { target: '*' }, with: { host: 'b' } },
  ],
  [
    '§9112 6.2: no length and no coding is no body',
    'POST / HTTP/1.1\r\nHost: a\r\n\r\n',
    { seen: { body: '' } },
  ],
  [
    '§9112 7.1: chunk sizes in upper case and with leading zeros, extensions with quotes',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n00A;a="b;c";d\r\n0123456789\r\n000\r\n\r\n',
    { seen: { body: '0123456789' } },
  ],
  [
    '§9112 9.3: Keep-Alive and Proxy-Connection end here',
    'GET / HTTP/1.1\r\nHost: a\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\n\r\n',
    { without: ['keep-alive', 'proxy-connection'] },
  ],
  [
    'a line of fields as long as is allowed',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(15_000)}\r\n\r\n`,
    { with: { x: 'x'.repeat(15_000) } },
  ],
  [
    'the same field on several lines, in order',
    'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\nx: 3\r\n\r\n',
    { with: { x: '1' } },
  ],
];

for (const [sentence, bytes, { seen = {}, without = [], with: present = {} }] of requests)
  test(sentence, async (t) => {
    const stand = await setUp(t, () => ok());
    const client = await stand.connect(bytes);
    t.is((await client.response()).status, 200);
    t.is(stand.backend.seen.length, 1);
    const got = stand.backend.seen[0]!;
    t.like(got, { method: got.method, ...seen });
    for (const name of without) t.is(fieldOf(got.fields, name), undefined, name);
    for (const [name, value] of Object.entries(present)) t.is(fieldOf(got.fields, name), value, name);
    t.deepEqual(stand.backend.violations, []);
  });

test('§9110 7.6.2: OPTIONS with Max-Forwards: 0 is answered here', async (t) => {
  const stand = await setUp(t, () => ok());
  const client = await stand.connect(
    'OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
  );
  const { status, fields } = await client.response();
  t.is(status, 200);
  t.regex(fieldOf(fields, 'allow')!, /OPTIONS/);
  t.is((await client.response()).body, 'hello', 'and the connection goes on');
  t.is(stand.backend.seen.length, 1);
});

test('§9110 6.6.1: a response without a Date gets one, and one that has it keeps it', async (t) => {
  const date = 'Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n';
  const stand = await setUp(t, ({ target }) => ok('x', target === '/dated' ? date : ''));
  const client = await stand.connect(
    'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /dated HTTP/1.1\r\nHost: a\r\n\r\n',
  );
  const undated = fieldOf((await client.response()).fields, 'date')!;
  t.true(Math.abs(Date.parse(undated) - Date.now()) < 5_000, undated);
  const dated = (await client.response()).fields.filter(([name]) => name === 'Date');
  t.deepEqual(dated, [['Date', 'Sun, 06 Nov 1994 08:49:37 GMT']]);
});

const answers: [
  sentence: string,
  method: string,
  bytes: string,
  status: number,
  fields: Record<string, string | undefined>,
][] = [
  [
    '§9110 9.3.2: HEAD says the length it would have',
    'HEAD',
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
    200,
    { 'content-length': '9' },
  ],
  [
    '§9110 9.3.2: HEAD of what would be chunked',
    'HEAD',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    200,
    { 'transfer-encoding': 'chunked' },
  ],
  [
    '§9110 15.4.5: 304 says the length it would have',
    'GET',
    'HTTP/1.1 304 X\r\nContent-Length: 9\r\nETag: "a"\r\n\r\n',
    304,
    { 'content-length': '9', etag: '"a"' },
  ],
  [
    '§9110 8.6: 204 says none',
    'GET',
    'HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n',
    204,
    { 'content-length': undefined },
  ],
  ['§9110 15: a status nobody knows', 'GET', 'HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n', 299, {}],
  ['§9112 4: an empty reason', 'GET', 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n', 200, {}],
  [
    '§9110 7.6.1: what a backend nominates ends here',
    'GET',
    'HTTP/1.1 200 OK\r\nConnection: X-A\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n',
    200,
    { 'x-a': undefined, connection: undefined },
  ],
];
for (const [sentence, method, bytes, status, fields] of answers)
  test(sentence, async (t) => {
    const stand = await setUp(t, () => bytes);
    const client = await stand.connect(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(2));
    for (let i = 0; i < 2; i++) {
      const response = await client.response({ head: method === 'HEAD' });
      t.is(response.status, status);
      t.is(response.body, '');
      for (const [name, value] of Object.entries(fields)) t.is(fieldOf(response.fields, name), value, name);
    }
    t.is(stand.backend.connections, 1, 'and the connection is used again');
  });

test('§9112 9.6: who asks to close is told so, and closed after the answer', async (t) => {
  const stand = await setUp(t, () => ok());
  const client = await stand.connect(
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: CLOSE\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n',
  );
  t.is(fieldOf((await client.response()).fields, 'connection'), 'close');
  t.is(await client.closed(), 'end');
  t.is(client.text, '', 'what comes after it is not answered');
  t.is(stand.backend.seen.length, 1);
});
