import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AccessLog } from './access-log.ts';
import { eventually, type ProxyOptions, setUp } from './proxy.test-support.ts';
import { ok, type RawBackendOptions } from './raw-backend.test-support.ts';
import { reset } from './reset.ts';

type Line = Record<string, unknown>;

/** A proxy with its access log; `lines` ends both and gives what was logged. */
async function logged(
  t: ExecutionContext,
  respond: RawBackendOptions['respond'] | RawBackendOptions['respond'][],
  options: ProxyOptions = {},
) {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-access-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'access.log');
  const log = new AccessLog({ file, onTrouble: (sentence) => t.fail(sentence) });
  const stand = await setUp(t, respond, { watcher: log, ...options });
  const lines = async (): Promise<Line[]> => {
    await stand.stop();
    await log.file.close();
    const text = await readFile(file, 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  };
  return { ...stand, lines };
}

test('a request is one line, with everything that is known of it', async (t) => {
  const before = Date.now();
  const { connect, lines } = await logged(t, () => ok('hello'));
  const request =
    'POST /a?b=c&d="e HTTP/1.1\r\nHost: shop.test:81\r\nContent-Length: 3\r\nsteelyard-request: 7\r\nsteelyard-client: 10.1.2.3\r\n\r\nxyz';
  const client = await connect(request);
  t.is((await client.response()).status, 200);
  const received = client.socket.bytesRead;
  const [line, ...more] = await lines();
  t.deepEqual(more, []);
  const { time, durationMs, firstByteMs, ...rest } = line!;
  t.deepEqual(rest, {
    client: '10.1.2.3',
    method: 'POST',
    target: '/a?b=c&d="e',
    host: 'shop.test:81',
    status: 200,
    bytesIn: request.length,
    bytesOut: received,
    backend: 'app-0',
    pool: 'all',
    attempts: 1,
    outcome: 'ok',
    request: 7,
    tls: null,
  });
  const at = Date.parse(time as string);
  t.true(at >= before - 1 && at <= Date.now() + 1, `${time}`);
  t.true((durationMs as number) >= (firstByteMs as number) && (firstByteMs as number) >= 0);
});

test('requests that come together are a line each, in order, each with its own bytes', async (t) => {
  const { connect, lines } = await logged(t, ({ target }) => ok(target));
  const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
  const client = await connect(one('/first') + one('/second/longer') + one('/3'));
  for (let i = 0; i < 3; i++) t.is((await client.response()).status, 200);
  const all = await lines();
  t.deepEqual(
    all.map(({ target, bytesIn }) => [target, bytesIn]),
    ['/first', '/second/longer', '/3'].map((path) => [path, one(path).length]),
  );
  const [first, second] = all as [Line, Line];
  t.is(
    (second.bytesOut as number) - (first.bytesOut as number),
    '/second/longer'.length - '/first'.length + 1,
  );
});

test('chunked bodies count as they came', async (t) => {
  const { connect, lines } = await logged(t, () => ok());
  const parts = [
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n',
    '4\r\nabcd\r\n',
    '0\r\n\r\n',
  ];
  const client = await connect(parts[0]);
  for (const part of parts.slice(1)) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    client.send(part);
  }
  await client.response();
  t.like((await lines())[0]!, { bytesIn: parts.join('').length, status: 200 });
});

/** How it ends, and what the line says of it. */
const endings: [what: string, bytes: string, respond: RawBackendOptions['respond'], line: Line][] = [
  [
    'an error of the backend',
    'GET / HTTP/1.1\r\nHost: h\r\n\r\n',
    () => 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n',
    { status: 503, outcome: 'error', backend: 'app-0', attempts: 1 },
  ],
  [
    'a backend that hangs up',
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n',
    (_, socket) => void reset(socket),
    { status: 502, outcome: 'reset', backend: 'app-0', attempts: 1, firstByteMs: null },
  ],
  [
    'half a response',
    'GET / HTTP/1.1\r\nHost: h\r\n\r\n',
    (_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
      setTimeout(() => reset(socket), 50);
      return undefined;
    },
    { status: 0, outcome: 'reset', backend: 'app-0', attempts: 1 },
  ],
  [
    'a request that cannot be read',
    'GET / HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n',
    () => ok(),
    {
      status: 400,
      outcome: 'refused',
      method: null,
      target: null,
      backend: null,
      pool: null,
      attempts: 0,
      bytesIn: 0,
    },
  ],
  [
    'a body that breaks off its framing',
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\nzz\r\n',
    () => undefined,
    { status: 400, outcome: 'refused' },
  ],
];

for (const [what, bytes, respond, expected] of endings)
  test(`${what} is a line that says so`, async (t) => {
    const { connect, lines } = await logged(t, respond);
    const client = await connect(bytes);
    await client.until('an end', () => client.ending !== undefined || client.text.includes('\r\n\r\n'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const all = await lines();
    t.is(all.length, 1, JSON.stringify(all));
    t.like(all[0]!, expected);
  });

test('a request for which there is no backend is a line, without one', async (t) => {
  const { connect, lines } = await logged(t, []);
  const client = await connect('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
  t.is((await client.response()).status, 503);
  t.like((await lines())[0]!, {
    status: 503,
    outcome: 'unavailable',
    backend: null,
    attempts: 0,
    target: '/x',
  });
});

test('a client that leaves is a line, cancelled', async (t) => {
  const { connect, backend, lines } = await logged(t, () => undefined);
  const client = await connect('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await eventually('the request', () => backend.seen.length === 1);
  client.destroy();
  await eventually('the end', () => backend.endings.length === 1);
  const all = await lines();
  t.is(all.length, 1);
  t.like(all[0]!, { status: 0, outcome: 'cancelled', backend: 'app-0' });
});

test('an upgraded connection is a line once it is over', async (t) => {
  const { connect, lines } = await logged(
    t,
    () => 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
  );
  const client = await connect(
    'GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
  );
  await client.until('the head', () => client.text.includes('\r\n\r\n'));
  client.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const all = await lines();
  t.is(all.length, 1);
  t.like(all[0]!, { status: 101, target: '/chat', backend: 'app-0', attempts: 1 });
});

test('nobody writes a line of their own: what comes from outside is escaped', async (t) => {
  const { connect, lines } = await logged(t, () => ok());
  const target = '/x"},{"status":200}';
  const client = await connect(`GET ${target} HTTP/1.1\r\nHost: h\r\nsteelyard-client: a"\t\\\xff\r\n\r\n`);
  await client.response();
  const all = await lines();
  t.is(all.length, 1);
  t.like(all[0]!, { target, client: 'a"\t\\\xff', status: 200 });
});

test('the pool that a route chose is in the line, and the target as it came', async (t) => {
  const { connect, lines } = await logged(t, [() => ok(), () => ok()], {
    balancer: { routes: [{ path: '/api', pool: 'app-1', strip: true }] },
  });
  const client = await connect('GET /api/users?x=1 HTTP/1.1\r\nHost: h\r\n\r\n');
  await client.response();
  t.like((await lines())[0]!, { target: '/api/users?x=1', pool: 'app-1', backend: 'app-1' });
});
