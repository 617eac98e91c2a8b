import test from 'ava';
import { balancerSchema } from '../../scenarios/scenario.ts';
import { inFlight, setUp } from './proxy.test-support.ts';
import { fieldOf, ok } from './raw-backend.test-support.ts';

const backends = ['zero', 'one', 'two'].map((body) => () => ok(body, 'X-From: backend\r\nSecret: 1\r\n'));

/** app-0 is what api routes name, app-1 static, app-2 admin. */
const balancer = {
  pools: { api: { backends: ['app-0'] }, static: { backends: ['app-1'], strategy: 'random' } },
  routes: [
    { host: '*.admin.test', pool: 'app-2' },
    { header: { 'X-Canary': 'yes' }, method: ['GET', 'HEAD'], pool: 'app-1' },
    { header: { 'X-Any': true }, pool: 'app-2' },
    { exact: '/static', pool: 'app-0', rewrite: '/v2/index' },
    { path: '/static', pool: 'static', strip: true },
    { path: '/api', pool: 'api', rewrite: '/v1/' },
  ],
};

const routed: [sentence: string, head: string, body: string, target: string][] = [
  ['a prefix', 'GET /api/users?x=/static HTTP/1.1\r\nHost: a', 'zero', '/v1/users?x=/static'],
  ['a prefix alone', 'GET /api HTTP/1.1\r\nHost: a', 'zero', '/v1'],
  ['a prefix with a query', 'GET /api?x HTTP/1.1\r\nHost: a', 'zero', '/v1?x'],
  ['a prefix taken off', 'GET /static/x.css HTTP/1.1\r\nHost: a', 'one', '/x.css'],
  ['never two slashes at the start', 'GET /static//evil.test/ HTTP/1.1\r\nHost: a', 'one', '/evil.test/'],
  ['a prefix taken off a query', 'GET /static/?v=1 HTTP/1.1\r\nHost: a', 'one', '/?v=1'],
  ['an exact path', 'GET /static?y HTTP/1.1\r\nHost: a', 'zero', '/v2/index?y'],
  ['the first that matches', 'GET /api HTTP/1.1\r\nHost: a\r\nx-canary: yes', 'one', '/api'],
  [
    'a host by its ending, whatever case and port',
    'GET /api HTTP/1.1\r\nHost: X.Admin.Test:81',
    'two',
    '/api',
  ],
  ['absolute form: its authority', 'GET http://x.admin.test/q HTTP/1.1\r\nHost: a', 'two', '/q'],
  ['absolute form: its path', 'GET http://a/api/1 HTTP/1.1\r\nHost: x.admin.test', 'zero', '/v1/1'],
  ['a field of any value', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nX-Any:', 'two', '/'],
  ['a method that matches', 'HEAD / HTTP/1.1\r\nHost: a\r\nX-Canary: yes', '', '/'],
];

for (const [sentence, head, body, target] of routed)
  test(`goes to its pool: ${sentence}`, async (t) => {
    const stand = await setUp(t, backends, { balancer });
    const client = await stand.connect(`${head}\r\n\r\n`);
    const response = await client.response({ head: head.startsWith('HEAD') });
    t.is(response.status, 200);
    t.is(response.body, body);
    const seen = stand.backends.flatMap((it) => it.seen);
    t.deepEqual(
      seen.map((it) => it.target),
      [target],
    );
    t.deepEqual(
      stand.backends.flatMap((it) => it.violations),
      [],
    );
  });

for (const head of [
  'GET /apis HTTP/1.1\r\nHost: a',
  'GET / HTTP/1.1\r\nHost: admin.test',
  'GET /%61pi HTTP/1.1\r\nHost: a',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nX-Canary: yes',
  'GET / HTTP/1.1\r\nHost: a\r\nX-Canary: yes ,',
  'OPTIONS * HTTP/1.1\r\nHost: a',
])
  test(`matches no route, and goes to the pool of all: ${JSON.stringify(head)}`, async (t) => {
    const stand = await setUp(t, backends, { balancer });
    const client = await stand.connect(`${head}\r\n\r\n`.repeat(3));
    for (const body of ['zero', 'one', 'two']) t.is((await client.response()).body, body);
    t.is(stand.pools.stats().pools!.all!.totals.requests, 3);
  });

test('each pool has counts, health and in-flight of its own; the others do not notice when one fails', async (t) => {
  const stand = await setUp(t, [undefined, () => ok('one'), () => ok('two')], {
    balancer: { ...balancer, passive: { failures: 1 }, retries: { max: 0 } },
  });
  await stand.backend.stop();
  const client = await stand.connect('GET /api HTTP/1.1\r\nHost: a\r\n\r\n');
  t.is((await client.response()).status, 502);
  client.send('GET /api HTTP/1.1\r\nHost: a\r\n\r\n');
  t.is((await client.response()).status, 503, 'nobody is left in this pool');
  client.send('GET /static/a HTTP/1.1\r\nHost: a\r\n\r\n');
  t.is((await client.response()).body, 'one');
  const { pools, totals, backends: all } = stand.pools.stats();
  t.deepEqual(Object.keys(pools!), ['all', 'api', 'static', 'app-2', 'app-1', 'app-0']);
  t.is(pools!.api!.totals.available, 0);
  t.is(pools!.all!.totals.available, 3, 'what one pool learns, another has not');
  t.like(totals, { requests: 2, ok: 1, errors: 1, inFlight: 0 });
  t.like(all[0], { id: 'app-0', requests: 1, errors: 1 });
  t.is(inFlight(stand), 0);
  t.deepEqual(stand.attempts, ['app-0 unreachable 0', 'app-1 ok 200']);
});

test('recordings name a backend by its place in the fleet, strategies by its place in the pool', async (t) => {
  const stand = await setUp(t, backends, { balancer });
  const pool = stand.pools.dispatcher('app-2').pool;
  t.deepEqual(
    pool.members.map(({ id, index, fleetIndex }) => [id, index, fleetIndex]),
    [['app-2', 0, 2]],
  );
});

test('fields are set, added and removed on the way, after what belongs to one hop is gone', async (t) => {
  const stand = await setUp(t, () => ok('hello', 'Server: x\r\nserver: y\r\nCache: no\r\nKeep: it\r\n'), {
    balancer: {
      request: { set: { 'X-Tenant': 'a b' }, remove: ['Cookie'] },
      response: { remove: ['server'] },
      routes: [
        {
          path: '/',
          request: { set: { 'x-own': 'mine' }, add: { Via: ['1.1 a', '1.1 b'] }, remove: ['X-Tenant'] },
          response: { set: { Cache: 'yes' }, add: { Keep: 'too' } },
        },
      ],
    },
  });
  const client = await stand.connect(
    'GET / HTTP/1.1\r\nHost: a\r\nX-OWN: theirs\r\nCookie: c\r\nVIA: 1.0 z\r\nX-Tenant: t\r\nConnection: x-own, via\r\n\r\n',
  );
  const { fields } = await client.response();
  t.deepEqual(
    stand.backend.seen[0]!.fields.filter(([name]) => !/forwarded/i.test(name)),
    [
      ['Host', 'a'],
      ['x-own', 'mine'],
      ['Via', '1.1 a'],
      ['Via', '1.1 b'],
      ['Via', '1.1 steelyard'],
    ],
  );
  t.is(fieldOf(fields, 'server'), undefined);
  t.deepEqual(
    fields.filter(([name]) => /cache|keep/i.test(name)),
    [
      ['Keep', 'it'],
      ['Cache', 'yes'],
      ['Keep', 'too'],
    ],
  );
  t.deepEqual(stand.backend.violations, []);
});

for (const [sentence, routes, message] of [
  ['a line break', [{ request: { set: { a: 'b\r\nc: d' } } }], /expected the value of a header field/],
  ['a NUL', [{ response: { add: { a: 'b\0' } } }], /expected the value of a header field/],
  ['no name', [{ request: { set: { 'a b': 'c' } } }], /expected the name of a header field/],
  [
    'a framing field',
    [{ request: { set: { 'Content-length': '1' } } }],
    /expected a field that may be edited/,
  ],
  ['a hop', [{ response: { remove: ['Transfer-Encoding'] } }], /expected a field that may be edited/],
  ['a target of two', [{ path: '/a', rewrite: '/b c' }], /expected a path that starts with \//],
  ['a query in a path', [{ path: '/a?b' }], /expected a path that starts with \//],
  ['two paths', [{ path: '/a', exact: '/b' }], /expected one of path and exact, got both/],
  ['a prefix to strip that is none', [{ strip: true }], /expected a `path` to strip/],
] as [string, object[], RegExp][])
  test(`settings refuse ${sentence}`, (t) => {
    const parsed = balancerSchema.safeParse({ routes });
    t.regex(JSON.stringify(parsed.error?.issues ?? ''), message);
  });
