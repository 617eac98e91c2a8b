/** The plain life of a request: framing both ways, order, reuse, what is stripped and what is added. */
import test from 'ava';
import { eventually, inFlight, setUp } from './proxy.test-support.ts';
import { fieldOf, ok } from './raw-backend.test-support.ts';

const get = (path = '/', fields = '') => `GET ${path} HTTP/1.1\r\nHost: shop.example\r\n${fields}\r\n`;

/** Without the Date that is added where a backend gives none. */
const undated = (fields: readonly (readonly [string, string])[]) =>
  fields.filter(([name]) => name !== 'Date');

test('a request goes through: line, case and order of fields, and the answer comes back as it was', async (t) => {
  const stand = await setUp(t, () => ok('hello', 'X-Camel-Case: 1\r\nx-lower: 2\r\n'));
  const { backend } = stand;
  const client = await stand.connect(get('/a?b=c', 'X-One: 1\r\naccept: */*\r\nX-TWO: 2\r\n'));
  const response = await client.response();
  t.is(response.status, 200);
  t.is(response.body, 'hello');
  t.deepEqual(undated(response.fields), [
    ['Content-Length', '5'],
    ['X-Camel-Case', '1'],
    ['x-lower', '2'],
  ]);
  t.deepEqual(backend.seen[0]!.fields, [
    ['Host', 'shop.example'],
    ['X-One', '1'],
    ['accept', '*/*'],
    ['X-TWO', '2'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['Via', '1.1 steelyard'],
  ]);
  t.is(backend.seen[0]!.target, '/a?b=c');
  t.deepEqual(stand.attempts, ['app-0 ok 200']);
  t.is(inFlight(stand), 0);
});

test('hop-by-hop and nominated fields end here in both directions, and only then are own fields added', async (t) => {
  const stand = await setUp(t, () =>
    ok(
      'x',
      'Connection: x-secret, keep-alive\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\nTrailer: X-T\r\nX-Kept: 1\r\n',
    ),
  );
  const { backend } = stand;
  const fields = [
    'Connection: keep-alive, X-Private, X-Forwarded-For, Host, Content-Length',
    'X-Private: 1',
    'Keep-Alive: 300',
    'Proxy-Connection: keep-alive',
    'TE: trailers',
    'Trailer: X-T',
    'Upgrade: h2c',
    'HTTP2-Settings: AAA',
    'X-Forwarded-For: 6.6.6.6',
    'Content-Length: 2',
    'X-Kept: 1',
  ];
  const client = await stand.connect(`${get('/', `${fields.join('\r\n')}\r\n`)}ab`);
  const response = await client.response();
  t.deepEqual(undated(response.fields), [
    ['Content-Length', '1'],
    ['X-Kept', '1'],
  ]);
  t.deepEqual(backend.seen[0]!.fields, [
    ['Host', 'shop.example'],
    ['Content-Length', '2'],
    ['X-Kept', '1'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['Via', '1.1 steelyard'],
  ]);
  t.is(backend.seen[0]!.body, 'ab');
  t.deepEqual(backend.violations, []);
});

test('pipelined requests are answered in order, over one connection to the backend, each seen once', async (t) => {
  const stand = await setUp(t, (request, socket) => {
    // The first is the slowest: order must not come from luck.
    setTimeout(() => socket.write(ok(request.target)), request.target === '/0' ? 50 : 1);
    return undefined;
  });
  const { backend } = stand;
  const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
  const client = await stand.connect(paths.map((it) => get(it)).join(''));
  for (const path of paths) t.is((await client.response()).body, path);
  t.deepEqual(
    backend.seen.map((it) => it.target),
    paths,
  );
  t.is(backend.connections, 1, 'kept alive and used again');
});

test('N requests in, N requests seen, over many clients at once', async (t) => {
  const stand = await setUp(t, [() => ok(), () => ok()]);
  const { backends } = stand;
  const one = async (number: number) => {
    const client = await stand.connect();
    for (let i = 0; i < 25; i++) {
      client.send(get(`/${number}/${i}`, `steelyard-request: ${number * 25 + i}\r\n`));
      const response = await client.response();
      t.is(fieldOf(response.fields, 'steelyard-attempts'), '1');
    }
    client.destroy();
  };
  await Promise.all(Array.from({ length: 20 }, (_, i) => one(i)));
  const seen = backends.flatMap((it) => it.seen.map((request) => request.target));
  t.is(seen.length, 500);
  t.is(new Set(seen).size, 500);
  t.deepEqual(
    backends.map((it) => it.seen.length),
    [250, 250],
  );
  t.is(inFlight(stand), 0);
});

const chunked = (...parts: string[]) =>
  `${parts.map((it) => `${it.length.toString(16)}\r\n${it}\r\n`).join('')}0\r\n\r\n`;

test('chunked bodies both ways, extensions taken off', async (t) => {
  const stand = await setUp(
    t,
    (request) =>
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a="b"\r\nhello\r\n${chunked(request.body).slice(0, -5)}0\r\nX-T: 1\r\n\r\n`,
  );
  const { backend } = stand;
  const client = await stand.connect(
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n${get('/next')}`,
  );
  const response = await client.response();
  t.is(response.body, 'helloabcde');
  t.is(
    (await client.response()).body,
    'hello'.concat(''),
    'the next request on the connection is not disturbed',
  );
  t.is(backend.seen[0]!.body, 'abcde');
  t.deepEqual(backend.seen[0]!.trailers, ['X-Trailer: 1']);
  t.is(backend.connections, 1);
  t.deepEqual(backend.violations, []);
});

test('HEAD, 204 and 304 carry no body, and the connection goes on', async (t) => {
  const answers: Record<string, string> = {
    '/head': 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n',
    '/none': 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n',
    '/same': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: "a"\r\n\r\n',
    '/last': ok('last'),
  };
  const stand = await setUp(t, (request) => answers[request.target]);
  const { backend } = stand;
  const client = await stand.connect('HEAD /head HTTP/1.1\r\nHost: a\r\n\r\n');
  t.is(fieldOf((await client.response({ head: true })).fields, 'content-length'), '500');
  client.send(get('/none') + get('/same') + get('/last'));
  t.is((await client.response()).status, 204);
  t.is((await client.response()).status, 304);
  t.is((await client.response()).body, 'last');
  t.is(backend.connections, 1);
});

test('interim responses are passed on, and 100-continue asks for the body', async (t) => {
  const stand = await setUp(t, {
    onHead: (request, socket) => {
      if (fieldOf(request.fields, 'expect') !== undefined) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    },
    respond: (request) => `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok(request.body)}`,
  });
  const client = await stand.connect(
    'PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n',
  );
  t.is((await client.response()).status, 100);
  client.send('body');
  t.is((await client.response()).status, 103);
  t.is((await client.response()).body, 'body');
});

test('HTTP/1.0: Host is added, chunks are taken off, the connection closes unless asked otherwise', async (t) => {
  const stand = await setUp(t, (request) =>
    request.target === '/chunks'
      ? `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked('ab', 'cd')}`
      : ok(),
  );
  const { backend } = stand;
  const client = await stand.connect('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  const first = await client.response();
  t.is(fieldOf(first.fields, 'connection'), 'keep-alive');
  t.is(fieldOf(backend.seen[0]!.fields, 'host'), `127.0.0.1:${stand.port}`);
  client.send('GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  const second = await client.response();
  t.is(second.body, 'abcd');
  t.is(fieldOf(second.fields, 'transfer-encoding'), undefined);
  t.is(fieldOf(second.fields, 'connection'), 'close');
  t.is(await client.closed(), 'end');
});

test('a body that ends with the connection becomes chunks, ended properly', async (t) => {
  const stand = await setUp(t, (_, socket) => {
    socket.end('HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\nall of it');
    return undefined;
  });
  const client = await stand.connect(get() + get());
  for (let i = 0; i < 2; i++) {
    const response = await client.response();
    t.is(response.body, 'all of it');
    t.is(fieldOf(response.fields, 'transfer-encoding'), 'chunked');
  }
});

test('absolute form: accepted, its authority replaces Host', async (t) => {
  const stand = await setUp(t, () => ok());
  const { backend } = stand;
  const client = await stand.connect();
  for (const [target, expected] of [
    ['http://other.example:81/p?q', '/p?q'],
    ['http://other.example:81', '/'],
    ['http://other.example:81?q', '/?q'],
  ] as const) {
    client.send(`GET ${target} HTTP/1.1\r\nHost: shop.example\r\n\r\n`);
    await client.response();
    const seen = backend.seen.at(-1)!;
    t.is(seen.target, expected);
    t.is(fieldOf(seen.fields, 'host'), 'other.example:81');
  }
  t.deepEqual(backend.violations, []);
});

test('a connection that carried a request long ago is closed, an idle client too, and both are counted', async (t) => {
  const stand = await setUp(t, () => ok(), { limits: { upstreamIdleMs: 100, keepAliveMs: 400 } });
  const client = await stand.connect(get());
  await client.response();
  t.deepEqual({ ...stand.proxy.connections }, { clients: 1, upstreams: 1 });
  await eventually(
    'the unused connection to the backend is closed',
    () => stand.proxy.connections.upstreams === 0,
  );
  t.is(await client.closed(), 'end');
  await eventually('the idle client is gone', () => stand.proxy.connections.clients === 0);
});

test('told to close, it finishes what is under way, says so, and takes nothing new', async (t) => {
  const stand = await setUp(t, (_, socket) => {
    setTimeout(() => socket.write(ok('late')), 150);
    return undefined;
  });
  const { backend } = stand;
  const idle = await stand.connect();
  const client = await stand.connect(get());
  await eventually('the request is under way', () => backend.seen.length === 1);
  const closed = stand.proxy.close(5_000);
  t.is(await idle.closed(), 'end');
  idle.destroy();
  const response = await client.response();
  t.is(response.body, 'late');
  t.is(fieldOf(response.fields, 'connection'), 'close');
  t.is(await client.closed(), 'end');
  await closed;
  await t.throwsAsync(stand.connect());
});
