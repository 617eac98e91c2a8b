import { request } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { bench, request as incoming, unanswered } from '../dispatcher.test-support.ts';
import { startAdmin } from './admin.ts';

async function adminOf(t: ExecutionContext) {
  const { dispatcher, pool } = bench();
  const admin = await startAdmin(
    { host: '127.0.0.1', port: 0 },
    { stats: () => dispatcher.stats(), add: (from) => pool.add(from), remove: (id) => pool.remove(id) },
  );
  t.teardown(() => admin.close());
  const bearer = { authorization: `Bearer ${admin.token}` };
  const ask = (
    method: string,
    path: string,
    { body, headers = bearer }: { body?: unknown; headers?: object } = {},
  ) =>
    new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
      const call = request(
        { host: '127.0.0.1', port: admin.port, method, path, headers: { ...headers } },
        (response) => {
          let text = '';
          response.on('data', (chunk) => (text += chunk));
          response.on('end', () => resolve({ status: response.statusCode!, body: JSON.parse(text) }));
        },
      );
      call.on('error', reject);
      call.end(typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body));
    });
  return { ask, dispatcher, pool, admin };
}

test("/stats has the article's fields, per backend and in total, and needs no token from loopback", async (t) => {
  const { ask, dispatcher } = await adminOf(t);
  for (const kind of ['ok', 'reset'] as const) {
    const one = dispatcher.open(incoming(0, false));
    dispatcher.pick(one);
    dispatcher.end(one, kind, unanswered);
  }
  const { status, body } = await ask('GET', '/stats', { headers: {} });
  t.is(status, 200);
  const { backends, totals } = body as { backends: object[]; totals: object };
  t.like(backends[0], {
    id: 'a',
    alive: true,
    state: 'healthy',
    requests: 2,
    errors: 1,
    errorRate: 0.5,
    meanResponseMs: 0,
    inFlight: 0,
  });
  t.like(totals, { requests: 2, ok: 1, errors: 1, inFlight: 0, errorRate: 0.5, available: 3 });
});

test('backends are added by URL or by host and port, and removed, while it serves', async (t) => {
  const { ask, pool } = await adminOf(t);
  const added = await ask('POST', '/backends', {
    body: { id: 'd', url: 'http://[::1]:8080', weight: 2, zone: 'b' },
  });
  t.is(added.status, 201);
  t.like(added.body, { id: 'd', url: 'http://[::1]:8080', weight: 2, zone: 'b', alive: true });
  t.like(pool.get('d')!, { host: '::1', port: 8080, index: 3 });
  t.is((await ask('POST', '/backends', { body: { id: 'e', host: '10.0.0.9', port: 81 } })).status, 201);
  const removed = await ask('DELETE', '/backends/a');
  t.is(removed.status, 202);
  t.like(removed.body, { id: 'a', state: 'draining', alive: false });
  t.deepEqual(
    pool.members.map(({ id }) => id),
    ['b', 'c', 'd', 'e'],
  );
});

test('nobody gets in without the token, or under a name that is not ours', async (t) => {
  const { ask, pool, admin } = await adminOf(t);
  const body = { id: 'x', host: 'h', port: 1 };
  t.is((await ask('POST', '/backends', { body, headers: {} })).status, 401);
  t.is((await ask('POST', '/backends', { body, headers: { authorization: 'Bearer guess' } })).status, 401);
  t.is((await ask('DELETE', '/backends/a', { headers: { authorization: admin.token } })).status, 401);
  const rebound = { host: 'evil.example', authorization: `Bearer ${admin.token}` };
  t.is((await ask('GET', '/stats', { headers: rebound })).status, 403);
  t.is((await ask('POST', '/backends', { body, headers: rebound })).status, 403);
  for (const host of [`localhost:${admin.port}`, '127.0.0.1', `[::1]:${admin.port}`])
    t.is((await ask('GET', '/stats', { headers: { host } })).status, 200, host);
  t.is(pool.members.length, 3);
});

for (const [sentence, method, path, body, status, message] of [
  [
    'an id that is taken',
    'POST',
    '/backends',
    { id: 'a', host: 'h', port: 1 },
    409,
    /backend a is in the pool already/,
  ],
  [
    'an id that is no name',
    'POST',
    '/backends',
    { id: '../x', host: 'h', port: 1 },
    400,
    /backend\.id: expected a name/,
  ],
  ['neither URL nor host', 'POST', '/backends', { id: 'x' }, 400, /expected either url, or host and port/],
  [
    'both',
    'POST',
    '/backends',
    { id: 'x', url: 'http://h:1', host: 'h', port: 1 },
    400,
    /expected either url/,
  ],
  ['another scheme', 'POST', '/backends', { id: 'x', url: 'ftp://h:1' }, 400, /expected an http:\/\/ URL/],
  ['a URL with a path', 'POST', '/backends', { id: 'x', url: 'http://h:1/app' }, 400, /host and port only/],
  ['a port out of range', 'POST', '/backends', { id: 'x', host: 'h', port: 70_000 }, 400, /backend\.port/],
  [
    'a negative weight',
    'POST',
    '/backends',
    { id: 'x', host: 'h', port: 1, weight: -1 },
    400,
    /backend\.weight/,
  ],
  ['a misspelt key', 'POST', '/backends', { id: 'x', host: 'h', port: 1, wieght: 1 }, 400, /wieght/],
  ['no JSON', 'POST', '/backends', 'id=x', 400, /expected a JSON body/],
  ['too much', 'POST', '/backends', `{"id":"${'x'.repeat(40_000)}"}`, 413, /at most 16384 bytes/],
  ['a backend that is not there', 'DELETE', '/backends/zz', undefined, 404, /no backend zz/],
  ['a path that is not there', 'GET', '/nothing', undefined, 404, /expected \/stats/],
  ['the wrong method', 'POST', '/stats', undefined, 405, /expected GET, got POST/],
  ['the wrong method for a backend', 'PUT', '/backends/a', undefined, 405, /expected DELETE, got PUT/],
] as const) {
  test(`refused with ${status}: ${sentence}`, async (t) => {
    const { ask, pool } = await adminOf(t);
    const answer = await ask(method, path, { body });
    t.is(answer.status, status);
    t.regex(String(answer.body.error), message);
    t.is(pool.members.length, 3);
  });
}

test('an address that is taken is an error at the start', async (t) => {
  const { admin } = await adminOf(t);
  const options = {
    stats: () => bench().dispatcher.stats(),
    add: () => bench().pool.members[0]!,
    remove: () => undefined,
  };
  await t.throwsAsync(startAdmin({ host: '127.0.0.1', port: admin.port }, options), { code: 'EADDRINUSE' });
});
