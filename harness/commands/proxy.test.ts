/** The article's own set-up, with `steelyard proxy` as a user runs it and real servers behind it. */
import test from 'ava';
import { readOpenMetrics } from '../proxy/open-metrics.test-support.ts';
import {
  ask,
  Backend,
  backendArgs,
  backendsOf,
  eventually,
  fileOf,
  listenFree,
  proxyOf,
  quickChecks,
} from './proxy.test-support.ts';

const count = (answers: readonly unknown[], it: unknown) => answers.filter((one) => one === it).length;

test.serial(
  'three servers: health check, round robin, /stats, failover, 503 when none is left, and back',
  async (t) => {
    const servers = await backendsOf(t, 's1', 's2', 's3');
    const [s1, s2, s3] = servers as [Backend, Backend, Backend];
    const args = [...listenFree, ...backendArgs(servers), '--strategy', 'round-robin', ...quickChecks];
    const proxy = await proxyOf(t, args);
    for (const { id } of servers)
      t.true(
        proxy.told.some((it) => it.type === 'health' && it.backend === id && it.to === 'healthy'),
        id,
      );

    const first = await proxy.several(9);
    for (const { id } of servers) t.is(count(first, id), 3, id);

    const stats = await proxy.stats();
    t.like(stats, { totals: { requests: 9, ok: 9, errors: 0, errorRate: 0, inFlight: 0, available: 3 } });
    for (const { url } of servers) {
      const one = stats.backends.find((it) => it.url === url)!;
      t.like(one, { alive: true, requests: 3, errors: 0, errorRate: 0, state: 'healthy' });
      t.true(one.meanResponseMs! > 0);
    }

    await s2.crash();
    const during = await proxy.several(12);
    t.is(
      count(during, 's1') + count(during, 's3'),
      12,
      'no request fails: those that meet it are tried elsewhere',
    );
    t.true(await proxy.until((it) => it.type === 'health' && it.backend === 's2' && it.to === 'unhealthy'));
    const after = await proxy.stats();
    t.is(after.totals.available, 2);
    t.like(after.backends[1]!, { id: 's2', alive: false, state: 'unhealthy' });

    await Promise.all([s1.crash(), s3.crash()]);
    t.true(await eventually(async () => (await fetch(`${proxy.serving.admin!.url}/health`)).status === 503));
    t.is((await proxy.get()).status, 503);

    await s2.start();
    t.true(await eventually(async () => (await proxy.get()).id === 's2'));
    await Promise.all([s1.start(), s3.start()]);
    t.true(await eventually(async () => new Set(await proxy.several(6)).size === 3), 'all three again');
  },
);

test.serial('sessions stick, and move only when their server is lost', async (t) => {
  const servers = await backendsOf(t, 's1', 's2', 's3');
  const proxy = await proxyOf(t, [
    ...listenFree,
    ...backendArgs(servers),
    ...['--strategy', 'sticky-session', '--set', 'key=header:x-session'],
    ...quickChecks,
  ]);
  const sessions = Array.from({ length: 30 }, (_, i) => `session-${i}`);
  const where = async () =>
    new Map(
      await Promise.all(
        sessions.map(async (it) => [it, (await proxy.get('/', { 'x-session': it })).id] as const),
      ),
    );
  const before = await where();
  t.is(new Set(before.values()).size, 3, 'spread over all three');
  t.deepEqual(await where(), before);

  const lost = servers[1]!;
  await lost.crash();
  t.true(await proxy.until((it) => it.backend === 's2' && it.to === 'unhealthy'));
  const during = await where();
  for (const [session, id] of before)
    if (id === 's2') t.true(['s1', 's3'].includes(during.get(session)!), session);
    else t.is(during.get(session), id, `${session} stays`);
  t.deepEqual(await where(), during);
});

test.serial('/api, /static and /admin go to their pools, and a pool’s loss is its own', async (t) => {
  const servers = await backendsOf(t, 'api-1', 'api-2', 'static-1', 'admin-1');
  const config = await fileOf(t, {
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    strategy: 'round-robin',
    backends: servers.map(({ id, url }) => ({ id, url })),
    health: { interval: '100ms', unhealthy: 2 },
    routes: [
      { path: '/api', pool: 'api' },
      { path: '/static', pool: 'static', strip: true },
      { path: '/admin', pool: 'admin' },
    ],
  });
  const proxy = await proxyOf(t, ['--config', config]);
  const api = await proxy.several(6, '/api/users');
  t.deepEqual([count(api, 'api-1'), count(api, 'api-2')], [3, 3]);
  t.like(await proxy.get('/static/app.js?v=1'), { id: 'static-1', url: '/app.js?v=1' });
  t.like(await proxy.get('/admin'), { id: 'admin-1', url: '/admin' });
  const { pools } = await proxy.stats();
  t.is(pools!.api!.totals.requests, 6);
  t.is(pools!.static!.totals.requests, 1);

  await servers[2]!.crash();
  t.true(await proxy.until((it) => it.backend === 'static-1' && it.to === 'unhealthy'));
  t.true(await eventually(async () => (await proxy.get('/static/x')).status === 503));
  t.is((await proxy.get('/api/users')).status, 200);
});

test.serial('HTTPS in, HTTP out', async (t) => {
  const [server] = (await backendsOf(t, 's1')) as [Backend];
  const proxy = await proxyOf(t, [
    ...listenFree,
    ...backendArgs([server]),
    '--set',
    'tls={ selfSigned: true }',
  ]);
  t.regex(proxy.serving.url, /^https:/);
  t.like(await proxy.get('/secret'), { status: 200, id: 's1' });
  t.is(server.heads[0]!['x-forwarded-proto'], 'https');
  t.is((await ask(proxy.serving.url.replace('https:', 'http:'))).status, 0, 'nothing is said in clear');
});

test.serial('a region lost spills to the nearest that is left, and comes back', async (t) => {
  const servers = await backendsOf(t, 'eu-1', 'eu-2', 'us-1', 'asia-1');
  const config = await fileOf(t, {
    listen: '127.0.0.1:0',
    backends: servers.map(({ id, url }) => ({ id, url, zone: id.replace(/-\d$/, '') })),
    strategy: 'geographic',
    latencies: { eu: { us: '40ms', asia: '120ms' }, us: { asia: '80ms' } },
    health: { interval: '100ms', unhealthy: 2, healthy: 1 },
  });
  const proxy = await proxyOf(t, ['--config', config]);
  const from = (region: string) => proxy.several(8, '/', { 'steelyard-region': region });
  const of = async (region: string) => [
    ...new Set((await from(region)).map((it) => String(it).replace(/-\d$/, ''))),
  ];
  t.deepEqual([await of('eu'), await of('us'), await of('asia')], [['eu'], ['us'], ['asia']]);

  for (const it of servers.slice(0, 2)) await it.crash();
  t.true(await proxy.until((it) => it.backend === 'eu-2' && it.to === 'unhealthy'));
  t.true(await proxy.until((it) => it.backend === 'eu-1' && it.to === 'unhealthy'));
  t.deepEqual(await of('eu'), ['us'], 'nearer than asia');
  for (const it of servers.slice(0, 2)) await it.start();
  t.true(await eventually(async () => (await of('eu')).join() === 'eu'));
  t.deepEqual([await of('us'), await of('asia')], [['us'], ['asia']]);
});

test.serial(
  'backends are added, re-weighted, drained and removed under load, and no request fails',
  async (t) => {
    const servers = await backendsOf(t, 's1', 's2', 's3');
    for (const it of servers) it.delayMs = 5;
    const spare = new Backend('s4');
    await spare.start();
    t.teardown(() => spare.crash());
    const proxy = await proxyOf(t, [
      ...listenFree,
      ...backendArgs(servers),
      '--strategy',
      'p2c',
      ...quickChecks,
    ]);

    let over = false;
    const answers: (string | number)[] = [];
    const clients = Array.from({ length: 8 }, async () => {
      while (!over) answers.push(...(await proxy.several(1)));
    });
    const pause = () => new Promise((resolve) => setTimeout(resolve, 250));
    const settled = async () => {
      const from = answers.length;
      await eventually(() => answers.length > from + 40);
      return answers.slice(from + 16);
    };

    t.is((await proxy.admin('POST', '/backends', { id: 's4', url: spare.url })).status, 201);
    t.true(await eventually(() => answers.includes('s4')), 'once its checks have passed');
    t.is((await proxy.admin('PATCH', '/backends/s1', { weight: 3 })).status, 200);
    await pause();
    t.is((await proxy.admin('POST', '/backends/s2/drain')).status, 202);
    t.false((await settled()).includes('s2'), 'nothing new for one that drains');
    t.true(await proxy.until((it) => it.backend === 's2' && it.change === 'drained'));
    t.is((await proxy.admin('PATCH', '/backends/s2', { drain: false })).status, 200);
    t.true(await eventually(() => answers.slice(-40).includes('s2')));
    t.is((await proxy.admin('DELETE', '/backends/s3')).status, 202);
    t.false((await settled()).includes('s3'));
    await pause();
    over = true;
    await Promise.all(clients);

    t.true(answers.length > 200, `${answers.length} requests`);
    t.deepEqual(
      answers.filter((it) => typeof it === 'number'),
      [],
      'none failed',
    );
    const { text } = await proxy.admin('GET', '/metrics');
    const metrics = readOpenMetrics(text);
    const of = (name: string, key: string, value: string) =>
      metrics.get(name)!.samples.filter(({ labels }) => labels[key] === value);
    t.is(of('steelyard_requests', 'code', '200')[0]!.value, answers.length);
    t.is(of('steelyard_backend_weight', 'backend', 's1')[0]!.value, 3);
    t.is(of('steelyard_backend_weight', 'backend', 's3').length, 0, 'gone');
    const attempts = metrics.get('steelyard_attempt_duration_seconds')!.samples;
    t.true(attempts.some(({ labels, name }) => labels.backend === 's4' && name.endsWith('_count')));
  },
);
