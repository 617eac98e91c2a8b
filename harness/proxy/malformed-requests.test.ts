/** faults.md rows 28 to 35: what two parsers could read differently is refused, and the backend hears nothing of it. */
import test from 'ava';
import { eventually, inFlight, setUp } from './proxy.test-support.ts';
import { fieldOf, ok } from './raw-backend.test-support.ts';

const host = 'Host: a\r\n';
const post = (fields: string, body = '') => `POST / HTTP/1.1\r\n${host}${fields}\r\n${body}`;
const get = (fields: string) => `GET / HTTP/1.1\r\n${fields}\r\n`;

const refused: [why: string, bytes: string, status: number][] = [
  [
    '28: a length and a coding',
    post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    400,
  ],
  [
    '28: a coding and a length',
    post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
    400,
  ],
  ['29: chunked is not the last coding', post('Transfer-Encoding: chunked, gzip\r\n'), 400],
  ['29: a coding without chunked', post('Transfer-Encoding: gzip\r\n'), 400],
  ['29: chunked twice', post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n'), 400],
  ['29: chunked on two lines', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'), 400],
  ['29: a coding in disguise', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'), 400],
  ['29: a coding in quotes', post('Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n'), 400],
  ['29: a coding after a vertical tab', post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n'), 400],
  ['29: identity', post('Transfer-Encoding: identity\r\n'), 400],
  ['29: an empty coding', post('Transfer-Encoding:\r\n'), 400],
  ['29: a coding in HTTP/1.0', `POST / HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['29: a coding we do not know, properly ended', post('Transfer-Encoding: gzip, chunked\r\n'), 501],
  ['30: no Host', get(''), 400],
  ['30: two Hosts', get('Host: a\r\nHost: b\r\n'), 400],
  ['30: the same Host twice', get('Host: a\r\nHost: a\r\n'), 400],
  ['30: an empty Host', get('Host:\r\n'), 400],
  ['30: a Host with a path', get('Host: a/b\r\n'), 400],
  ['30: a Host with a user', get('Host: u@a\r\n'), 400],
  ['30: a Host with a space', get('Host: a b\r\n'), 400],
  ['30: two Hosts in one', get('Host: a, b\r\n'), 400],
  ['30: a Host whose port is no number', get('Host: a:8x\r\n'), 400],
  ['30: a Host with an open bracket', get('Host: [::1\r\n'), 400],
  ['31: differing lengths', post('Content-Length: 5\r\nContent-Length: 6\r\n', 'hello!'), 400],
  ['31: the same length twice', post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'), 400],
  ['31: a list of lengths', post('Content-Length: 5, 5\r\n', 'hello'), 400],
  ['31: a signed length', post('Content-Length: +5\r\n', 'hello'), 400],
  ['31: a negative length', post('Content-Length: -1\r\n'), 400],
  ['31: a hexadecimal length', post('Content-Length: 0x5\r\n', 'hello'), 400],
  ['31: a length with an exponent', post('Content-Length: 5e0\r\n', 'hello'), 400],
  ['31: a length with a space in it', post('Content-Length: 1 0\r\n', 'hello'), 400],
  ['31: an empty length', post('Content-Length:\r\n'), 400],
  ['31: a length beyond any number', post(`Content-Length: ${'9'.repeat(40)}\r\n`), 400],
  ['31: a folded line', get(`${host}X-A: 1\r\n 2\r\n`), 400],
  ['31: a folded first line', `GET / HTTP/1.1\r\n Host: a\r\n\r\n`, 400],
  ['31: a space before the colon', get(`${host}X-A : 1\r\n`), 400],
  ['31: a tab before the colon', get(`${host}X-A\t: 1\r\n`), 400],
  ['31: a NUL in a value', get(`${host}X-A: 1\0\r\n`), 400],
  ['31: a NUL in a name', get(`${host}X\0A: 1\r\n`), 400],
  ['31: a bare CR in a value', get(`${host}X-A: 1\r2\r\n`), 400],
  ['31: a bare CR in the start line', `GET /\r HTTP/1.1\r\n${host}\r\n`, 400],
  ['31: a bare LF as line end', `GET / HTTP/1.1\n${host}\r\n`, 400],
  ['31: a bare LF after a field', `GET / HTTP/1.1\r\nHost: a\n\r\n`, 400],
  ['31: an empty name', get(`${host}: 1\r\n`), 400],
  ['31: no colon', get(`${host}X-A\r\n`), 400],
  ['31: a name with a bracket', get(`${host}X[A]: 1\r\n`), 400],
  ['31: a control character in a value', get(`${host}X-A: \x7f\r\n`), 400],
  ['32: another scheme', `GET ftp://a/ HTTP/1.1\r\n${host}\r\n`, 400],
  ['32: an authority with a user', `GET http://u@a/ HTTP/1.1\r\n${host}\r\n`, 400],
  ['32: no authority', `GET http:/// HTTP/1.1\r\n${host}\r\n`, 400],
  ['32: a target that is no path', `GET index.html HTTP/1.1\r\n${host}\r\n`, 400],
  ['32: an asterisk for GET', `GET * HTTP/1.1\r\n${host}\r\n`, 400],
  ['32: a fragment', `GET /a#b HTTP/1.1\r\n${host}\r\n`, 400],
  ['32: two spaces', `GET  / HTTP/1.1\r\n${host}\r\n`, 400],
  ['32: a space in the target', `GET /a b HTTP/1.1\r\n${host}\r\n`, 400],
  ['32: bytes beyond ASCII in the target', `GET /\xe9 HTTP/1.1\r\n${host}\r\n`, 400],
  ['32: no method', ` / HTTP/1.1\r\n${host}\r\n`, 400],
  ['32: HTTP/0.9', 'GET /\r\n\r\n', 400],
  ['32: a version in lower case', `GET / http/1.1\r\n${host}\r\n`, 400],
  ['32: a version of three', `GET / HTTP/1.1.1\r\n${host}\r\n`, 400],
  ['32: HTTP/2, the preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  ['33: a huge target', `GET /${'a'.repeat(9_000)} HTTP/1.1\r\n${host}\r\n`, 414],
  ['33: a target that never ends', `GET /${'a'.repeat(40_000)}`, 414],
  ['33: a huge field', get(`${host}X-A: ${'a'.repeat(20_000)}\r\n`), 431],
  ['33: a field that never ends', `GET / HTTP/1.1\r\n${host}X-A: ${'a'.repeat(20_000)}`, 431],
  ['33: too many fields', get(host + 'X-A: 1\r\n'.repeat(100)), 431],
  [
    '33: a huge chunk extension',
    post('Transfer-Encoding: chunked\r\n', `1;${'e'.repeat(5_000)}\r\na\r\n`),
    413,
  ],
  ['33: huge trailers', post('Transfer-Encoding: chunked\r\n', `0\r\nX: ${'t'.repeat(9_000)}`), 413],
  ['33: a method without end', 'A'.repeat(100), 501],
  ['34: a chunk size that is none', post('Transfer-Encoding: chunked\r\n', 'zz\r\n'), 400],
  ['34: an empty chunk size', post('Transfer-Encoding: chunked\r\n', '\r\n'), 400],
  ['34: a signed chunk size', post('Transfer-Encoding: chunked\r\n', '-1\r\n'), 400],
  [
    '34: a chunk size beyond any number',
    post('Transfer-Encoding: chunked\r\n', `${'f'.repeat(20)}\r\n`),
    400,
  ],
  ['34: a space before a chunk size', post('Transfer-Encoding: chunked\r\n', ' 1\r\na\r\n'), 400],
  ['34: a bare LF after a chunk size', post('Transfer-Encoding: chunked\r\n', '1\na\r\n'), 400],
  ['34: a chunk longer than it says', post('Transfer-Encoding: chunked\r\n', '1\r\nab\r\n'), 400],
  ['34: a trailer that is none', post('Transfer-Encoding: chunked\r\n', '0\r\nX A: 1\r\n\r\n'), 400],
  ['35: TRACE', `TRACE / HTTP/1.1\r\n${host}\r\n`, 405],
  ['35: CONNECT', `CONNECT a:443 HTTP/1.1\r\n${host}\r\n`, 501],
  ['26: an expectation we do not know', post('Expect: 200-ok\r\nContent-Length: 0\r\n'), 417],
];

for (const [why, bytes, status] of refused)
  test(`${why} → ${status} and close, and no backend hears of it`, async (t) => {
    const stand = await setUp(t, () => ok());
    // What follows on the connection would be the smuggled request.
    const smuggled = bytes.endsWith('\r\n') ? 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n' : '';
    const client = await stand.connect(bytes + smuggled);
    const response = await client.response();
    t.is(response.status, status);
    t.is(fieldOf(response.fields, 'connection'), 'close');
    t.is(await client.closed(), 'end', 'so that the answer is not lost in a reset');
    t.is(client.text, '', 'nothing after it');
    t.is(stand.backend.connections, 0);
    t.deepEqual(stand.attempts, []);
  });

const accepted: [why: string, bytes: string, seen: { target?: string; body?: string; method?: string }][] = [
  ['empty lines before a request', `\r\n\r\n${get(host)}`, { target: '/' }],
  ['a field without a value', get(`${host}X-A:\r\n`), {}],
  ['an IPv6 Host with its port', get('Host: [::1]:80\r\n'), {}],
  ['Latin-1 in a value', get(`${host}X-A: \xe9\r\n`), {}],
  ['OPTIONS of the whole server', `OPTIONS * HTTP/1.1\r\n${host}\r\n`, { target: '*', method: 'OPTIONS' }],
  ['a method nobody knows', `BREW /pot HTTP/1.1\r\n${host}\r\n`, { method: 'BREW' }],
  ['a later minor version', `GET /v HTTP/1.2\r\n${host}\r\n`, { target: '/v' }],
  ['space around a length', post('Content-Length: \t5 \r\n', 'hello'), { body: 'hello' }],
  ['a length of leading zeros', post('Content-Length: 005\r\n', 'hello'), { body: 'hello' }],
  ['a body of a GET', `GET / HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\nhi`, { body: 'hi' }],
  ['as many fields as are allowed', get(host + 'X-A: 1\r\n'.repeat(99)), {}],
];

for (const [why, bytes, expected] of accepted)
  test(`accepted, and sent on as one well-formed request: ${why}`, async (t) => {
    const stand = await setUp(t, () => ok());
    const client = await stand.connect(bytes);
    t.is((await client.response()).status, 200);
    client.send(get(host));
    t.is((await client.response()).status, 200, 'the connection goes on');
    const { method, target, body } = stand.backend.seen[0]!;
    t.deepEqual({ method, target, body, ...expected }, { method, target, body });
    t.is(stand.backend.seen.length, 2);
    t.deepEqual(stand.backend.violations, []);
  });

test('34: a bad chunk in mid-request → 400; the backend sees the body break off, with no terminating chunk', async (t) => {
  const stand = await setUp(t, () => ok());
  const client = await stand.connect(post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n'));
  await eventually('the first chunk is there', () => stand.backend.raw[0]?.endsWith('3\r\nabc\r\n') === true);
  client.send('zz\r\n');
  t.is((await client.response()).status, 400);
  t.is(await client.closed(), 'end');
  await eventually('the backend connection ends', () => stand.backend.endings.length === 1);
  t.false(stand.backend.raw[0]!.includes('0\r\n\r\n'));
  t.is(stand.backend.seen.length, 0);
  t.deepEqual(stand.attempts, ['app-0 cancelled 0']);
  t.is(inFlight(stand), 0);
});

test('35: the answer to TRACE says what is allowed', async (t) => {
  const stand = await setUp(t, () => ok());
  const client = await stand.connect(`TRACE / HTTP/1.1\r\n${host}\r\n`);
  t.regex(fieldOf((await client.response()).fields, 'allow') ?? '', /GET/);
});
