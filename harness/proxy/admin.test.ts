import { mkdtemp, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { bench, request as incoming, unanswered } from '../dispatcher.test-support.ts';
import { startAdmin } from './admin.ts';
import type { AdminSubject } from './admin-routes.ts';
import { EventHub } from './event-hub.ts';

async function adminOf(t: ExecutionContext) {
  const { dispatcher, pool } = bench();
  const hub = new EventHub();
  const subject: AdminSubject = {
    stats: () => dispatcher.stats(),
    closing: false,
    add: (from) => pool.add(from),
    get: (id) => pool.get(id),
    reweigh: (id, weight) => pool.reweigh(id, weight),
    drain: (id, deadline) => pool.drain(id, deadline),
    undrain: (id) => pool.undrain(id),
    remove: (id, deadline) => pool.remove(id, deadline),
    metrics: () => '# EOF\n',
    events: hub,
  };
  const admin = await startAdmin({ host: '127.0.0.1', port: 0 }, subject);
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
          response.on('end', () =>
            resolve({ status: response.statusCode!, body: text === '' ? {} : JSON.parse(text) }),
          );
        },
      );
      call.on('error', reject);
      call.end(typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body));
    });
  return { ask, dispatcher, pool, admin, subject, hub };
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

test('44: nobody gets in without the token, or under a name that is not ours', async (t) => {
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
    /body\.id: expected a name/,
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
  ['a port out of range', 'POST', '/backends', { id: 'x', host: 'h', port: 70_000 }, 400, /body\.port/],
  [
    'a negative weight',
    'POST',
    '/backends',
    { id: 'x', host: 'h', port: 1, weight: -1 },
    400,
    /body\.weight/,
  ],
  ['a misspelt key', 'POST', '/backends', { id: 'x', host: 'h', port: 1, wieght: 1 }, 400, /wieght/],
  ['no JSON', 'POST', '/backends', 'id=x', 400, /expected a JSON body/],
  ['too much', 'POST', '/backends', `{"id":"${'x'.repeat(40_000)}"}`, 413, /at most 16384 bytes/],
  ['a backend that is not there', 'DELETE', '/backends/zz', undefined, 404, /no backend zz/],
  ['draining a backend that is not there', 'POST', '/backends/zz/drain', undefined, 404, /no backend zz/],
  ['changing a backend that is not there', 'PATCH', '/backends/zz', { weight: 2 }, 404, /no backend zz/],
  ['changing nothing', 'PATCH', '/backends/a', {}, 400, /expected weight or drain, got neither/],
  ['a weight of nothing', 'PATCH', '/backends/a', { weight: 0 }, 400, /body\.weight/],
  [
    'a deadline without unit',
    'POST',
    '/backends/a/drain',
    { deadline: 5 },
    400,
    /body\.deadline: expected a duration/,
  ],
  ['a path that is not there', 'GET', '/nothing', undefined, 404, /expected \/stats/],
  ['the wrong method', 'POST', '/stats', undefined, 405, /expected GET, got POST/],
  [
    'the wrong method for a backend',
    'PUT',
    '/backends/a',
    undefined,
    405,
    /expected GET or PATCH or DELETE, got PUT/,
  ],
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
  const { admin, subject } = await adminOf(t);
  await t.throwsAsync(startAdmin({ host: '127.0.0.1', port: admin.port }, subject), { code: 'EADDRINUSE' });
});

test('a backend is read, re-weighted, drained and undrained', async (t) => {
  const { ask, pool } = await adminOf(t);
  t.like((await ask('GET', '/backends/a')).body, { id: 'a', weight: 1, state: 'healthy' });
  t.is(((await ask('GET', '/backends')).body.backends as object[]).length, 3);
  t.like((await ask('PATCH', '/backends/a', { body: { weight: 2.5 } })).body, { id: 'a', weight: 2.5 });
  t.is(pool.get('a')!.weight, 2.5);
  const drained = await ask('POST', '/backends/a/drain');
  t.is(drained.status, 202);
  t.like(drained.body, { id: 'a', state: 'drained', alive: false });
  t.deepEqual(
    pool.available.map(({ id }) => id),
    ['b', 'c'],
  );
  t.like((await ask('PATCH', '/backends/a', { body: { drain: false } })).body, {
    state: 'healthy',
    alive: true,
  });
  t.like((await ask('PATCH', '/backends/b', { body: { drain: true } })).body, { state: 'drained' });
});

test('figures are free from loopback, the rest wants the token', async (t) => {
  const { ask } = await adminOf(t);
  const headers = {};
  for (const path of ['/stats', '/health']) t.is((await ask('GET', path, { headers })).status, 200, path);
  for (const path of ['/backends', '/backends/a', '/events', '/nothing'])
    t.is((await ask('GET', path, { headers })).status, 401, path);
  t.is((await ask('PATCH', '/backends/a', { headers, body: { weight: 2 } })).status, 401);
  t.is((await ask('POST', '/backends/a/drain', { headers })).status, 401);
});

test('its own health is bad where nobody is left to send to', async (t) => {
  const { ask, pool } = await adminOf(t);
  t.deepEqual(await ask('GET', '/health'), {
    status: 200,
    body: { status: 'ok', available: 3, backends: 3 },
  });
  for (const { id } of pool.members) pool.drain(id);
  t.like(await ask('GET', '/health'), { status: 503, body: { status: 'unavailable', available: 0 } });
});

test('events come as they happen, a line each, to everyone who listens, and stop when the listener leaves', async (t) => {
  const { admin, hub } = await adminOf(t);
  const listen = async () => {
    const abort = new AbortController();
    const response = await fetch(`http://127.0.0.1:${admin.port}/events`, {
      headers: { authorization: `Bearer ${admin.token}` },
      signal: abort.signal,
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    return { read: async () => (await reader.read()).value ?? '', leave: () => abort.abort(), response };
  };
  const [a, b] = [await listen(), await listen()];
  t.is(a.response.headers.get('content-type'), 'application/x-ndjson');
  const event = { time: '2026-01-01T00:00:00.000Z', type: 'pool', backend: 'a', change: 'added' } as const;
  hub.publish(event);
  for (const it of [a, b]) t.deepEqual(JSON.parse(await it.read()), event);
  a.leave();
  for (const deadline = Date.now() + 5_000; hub.subscribers > 1 && Date.now() < deadline; )
    await new Promise((resolve) => setTimeout(resolve, 10));
  t.is(hub.subscribers, 1);
  hub.publish({ ...event, change: 'removed' });
  t.regex(await b.read(), /removed/);
  b.leave();
});

test('a Unix socket asks for no token: its mode is the lock', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-admin-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, 'admin.sock');
  const { subject } = await adminOf(t);
  const admin = await startAdmin({ host: 'localhost', port: 0, path }, subject);
  t.teardown(() => admin.close());
  t.is((await stat(path)).mode & 0o777, 0o600);
  const status = await new Promise((resolve, reject) => {
    const call = request(
      { socketPath: path, path: '/backends', headers: { host: 'anything' } },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    call.on('error', reject);
    call.end();
  });
  t.is(status, 200);
});

test('a name of the allow-list will do, a token of the operator’s too', async (t) => {
  const { subject } = await adminOf(t);
  const token = 'an-operator-s-own-token';
  const admin = await startAdmin(
    { host: '127.0.0.1', port: 0, hosts: ['Balancer.internal'], token },
    subject,
  );
  t.teardown(() => admin.close());
  const statusOf = (host: string) =>
    new Promise((resolve, reject) => {
      const headers = { host, authorization: `Bearer ${token}` };
      const call = request(
        { host: '127.0.0.1', port: admin.port, path: '/backends', headers },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      call.on('error', reject);
      call.end();
    });
  t.is(await statusOf('balancer.internal:80'), 200);
  t.is(await statusOf('balancer.example'), 403);
});
