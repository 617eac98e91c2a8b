/** faults.md rows 7 to 18: what a backend may do wrong, what the client gets, and that the connection is not used again. */
import test from 'ava';
import { eventually, inFlight, setUp } from './proxy.test-support.ts';
import { fieldOf, ok } from './raw-backend.test-support.ts';

const get = (path = '/', method = 'GET') => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const head = (fields: string, body = '') => `HTTP/1.1 200 OK\r\n${fields}\r\n${body}`;

const badGateway: [why: string, bytes: string][] = [
  ['9: a length and a coding', head('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  ['9: differing lengths', head('Content-Length: 5\r\nContent-Length: 6\r\n', 'hello!')],
  ['9: a bad length', head('Content-Length: five\r\n', 'hello')],
  ['9: an empty length', head('Content-Length:\r\n', 'hello')],
  ['9: a negative length', head('Content-Length: -5\r\n', 'hello')],
  ['9: a coding that is not chunked', head('Transfer-Encoding: gzip\r\n', 'hello')],
  ['9: a coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['9: a bad chunk in the first read', head('Transfer-Encoding: chunked\r\n', 'zz\r\n')],
  ['12: a field over the limit', head(`X-A: ${'a'.repeat(70_000)}\r\n`)],
  ['12: more fields than allowed', head('X-A: 1\r\n'.repeat(201))],
  ['13: junk', 'SSH-2.0-OpenSSH_9.2p1\r\n\r\n'],
  ['13: status 000', 'HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n'],
  ['13: status 099', 'HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n'],
  ['13: status 1000', 'HTTP/1.1 1000 High\r\nContent-Length: 0\r\n\r\n'],
  ['13: status 600', 'HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n'],
  ['13: a status that is none', 'HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n'],
  ['13: HTTP/2', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['13: a folded field', head('X-A: 1\r\n 2\r\nContent-Length: 0\r\n')],
  ['13: a bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  ['13: a NUL in a field', head('X-A: \0\r\nContent-Length: 0\r\n')],
  ['13: a bare CR in the reason', 'HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n'],
  ['14: a flood of 103', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(40) + ok()],
  [
    '15: a 101 nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  ],
];

for (const [why, bytes] of badGateway)
  test(`${why} → 502, and that connection is used no more`, async (t) => {
    const stand = await setUp(t, (request) => (request.target === '/bad' ? bytes : ok()));
    const client = await stand.connect(get('/bad'));
    let response = await client.response();
    while (response.status === 103) response = await client.response();
    t.is(response.status, 502);
    client.send(get('/good'));
    t.is((await client.response()).body, 'hello', 'the client goes on');
    t.is(stand.backend.connections, 2, 'on another connection to the backend');
    t.is(stand.backend.seen.length, 2, 'each request seen once');
    t.deepEqual(stand.attempts, ['app-0 error 0', 'app-0 ok 200']);
    t.is(inFlight(stand), 0);
  });

test('14: interim responses up to the cap are passed on', async (t) => {
  const stand = await setUp(t, () => 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(16) + ok());
  const client = await stand.connect(get());
  for (let i = 0; i < 16; i++) t.is((await client.response()).status, 103);
  t.is((await client.response()).status, 200);
});

const stripped: [why: string, bytes: string, method: string, status: number, body: string][] = [
  [
    '10: bytes past content-length',
    `${ok('hello')}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`,
    'GET',
    200,
    'hello',
  ],
  [
    '10: bytes past the last chunk',
    `${head('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\nX')}`,
    'GET',
    200,
    'hello',
  ],
  ['16: a 204 with a body', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello', 'GET', 204, ''],
  ['16: a 304 with a body', 'HTTP/1.1 304 Not Modified\r\n\r\nhello', 'GET', 304, ''],
  [
    '16: a chunked 304',
    'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'GET',
    304,
    '',
  ],
  ['16: a HEAD with a body', ok('hello'), 'HEAD', 200, ''],
];

for (const [why, bytes, method, status, body] of stripped)
  test(`${why}: what was promised is delivered, the rest is not, and the connection is used no more`, async (t) => {
    const stand = await setUp(t, (request) => (request.target === '/bad' ? bytes : ok('next')));
    const client = await stand.connect(get('/bad', method) + get('/good'));
    const response = await client.response({ head: method === 'HEAD' });
    t.is(response.status, status);
    t.is(response.body, body);
    t.is((await client.response()).body, 'next');
    t.is(stand.backend.connections, 2);
  });

test('10: bytes nobody asked for on an unused connection close it', async (t) => {
  const stand = await setUp(t, (_, socket) => {
    setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'), 30);
    return ok();
  });
  const client = await stand.connect(get());
  await client.response();
  await eventually('the connection is closed', () => stand.proxy.connections.upstreams === 0);
  client.send(get());
  t.is((await client.response()).body, 'hello');
});

const incomplete: [why: string, begin: string, end: 'end' | 'reset'][] = [
  ['2, 8: FIN in the middle of a length', head('Content-Length: 11\r\n', 'half'), 'end'],
  ['8: RST in the middle of a length', head('Content-Length: 11\r\n', 'half'), 'reset'],
  ['8: FIN in the middle of a chunk', head('Transfer-Encoding: chunked\r\n', '9\r\nhalf'), 'end'],
  ['8: FIN between chunks', head('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n'), 'end'],
  ['8: RST where the end of the connection would be the end of the body', head('', 'half'), 'reset'],
];

for (const [why, begin, how] of incomplete)
  for (const version of ['1.1', '1.0'])
    test(`${why}, HTTP/${version} client: reset, never ended cleanly`, async (t) => {
      const stand = await setUp(t, (_, socket) => {
        socket.write(begin);
        setTimeout(() => (how === 'end' ? socket.end() : socket.resetAndDestroy()), 30);
        return undefined;
      });
      const client = await stand.connect(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
      t.is(await client.closed(), 'reset');
      t.true(client.text.includes('half'), 'what came was passed on');
      t.false(client.text.includes('0\r\n\r\n'), 'and not as a whole');
      t.deepEqual(stand.attempts, ['app-0 reset 0']);
      t.is(inFlight(stand), 0);
    });

test('9: a bad chunk in mid-response: reset', async (t) => {
  const stand = await setUp(t, (_, socket) => {
    socket.write(head('Transfer-Encoding: chunked\r\n', '4\r\nhalf\r\n'));
    setTimeout(() => socket.write('zz\r\n'), 30);
    return undefined;
  });
  const client = await stand.connect(get());
  t.is(await client.closed(), 'reset');
  t.false(client.text.includes('0\r\n\r\n'));
});

test('a backend trailer beside a length, and a reason left out, are no trouble', async (t) => {
  const stand = await setUp(t, () => 'HTTP/1.1 200\r\nTrailer: X-T\r\nContent-Length: 2\r\n\r\nok');
  const client = await stand.connect(get() + get());
  for (let i = 0; i < 2; i++) {
    const response = await client.response();
    t.is(response.body, 'ok');
    t.is(fieldOf(response.fields, 'trailer'), undefined);
  }
});

test('a response before the request is complete is passed on, and both connections end with it', async (t) => {
  const stand = await setUp(t, {
    onHead: (_, socket) => socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig'),
  });
  const client = await stand.connect('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nfirst');
  const response = await client.response();
  t.is(response.status, 413);
  t.is(response.body, 'big');
  t.is(fieldOf(response.fields, 'connection'), 'close');
  t.is(await client.closed(), 'end');
  t.deepEqual(stand.attempts, ['app-0 ok 413']);
  await eventually('the backend connection is closed', () => stand.proxy.connections.upstreams === 0);
});
