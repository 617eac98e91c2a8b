import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { balancerSchema } from '../../scenarios/scenario.ts';
import { now } from '../clock.ts';
import { BackendPool, type BalancerEvent } from '../pool.ts';
import { HealthChecker } from './health-checker.ts';
import { answering, page, rawServer } from './raw-server.test-support.ts';

const ok = answering(page(200, '{"status":"ok"}'));

function checkerOf(
  t: ExecutionContext,
  ports: readonly number[],
  health: Record<string, unknown>,
  field?: string,
) {
  const settings = balancerSchema.parse({ health });
  const events: BalancerEvent[] = [];
  const watchers: (() => void)[] = [];
  const onEvent = (event: BalancerEvent) => {
    events.push(event);
    for (const watcher of watchers) watcher();
  };
  const pool = new BackendPool({ settings, now, onEvent, onChange: () => undefined });
  if (settings.health === false) throw new Error('these tests check');
  const checker = new HealthChecker({ pool, health: settings.health, now, field });
  t.teardown(() => checker.stop());
  for (const [index, port] of ports.entries())
    checker.watch(pool.add({ id: `b${index}`, index, host: '127.0.0.1', port, weight: 1 }));
  /** Resolves once the backend is in that state, or rejects after 10 s. */
  const becomes = (index: number, status: string) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`b${index} never became ${status}`)), 10_000);
      const look = () => {
        if (pool.get(`b${index}`)?.health.status !== status) return;
        clearTimeout(timer);
        resolve();
      };
      watchers.push(look);
      look();
    });
  return { checker, pool, events, becomes };
}

test('a healthy fleet is judged without waiting for the grid', async (t) => {
  const servers = await Promise.all([rawServer(t, ok), rawServer(t, ok)]);
  const { checker, pool } = checkerOf(
    t,
    servers.map((it) => it.port),
    { interval: '1h', timeout: '5s' },
  );
  const before = now();
  await checker.firstVerdicts();
  t.true(now() - before < 4_000, 'neither two intervals nor the longest wait');
  t.is(pool.available.length, 2);
  t.like(pool.members[0]!.health, { consecutiveSuccesses: 2, errorMessage: '' });
});

test('a backend that dies is found out within interval × threshold + timeout, and back after it returns', async (t) => {
  const server = await rawServer(t, ok);
  const health = { interval: '100ms', timeout: '80ms', unhealthy: 3, healthy: 2 };
  const { pool, events, becomes } = checkerOf(t, [server.port], health);
  await becomes(0, 'healthy');
  const diedAt = now();
  await server.close();
  await becomes(0, 'unhealthy');
  const took = now() - diedAt;
  t.true(took <= 3 * 100 + 80 + 250, `${took} ms, with 250 ms of grace for a busy machine`);
  t.true(took >= 2 * 100 - 20, 'one refused check is not enough');
  t.is(pool.available.length, 0);
  t.regex(pool.members[0]!.health.errorMessage, /ECONNREFUSED/);
  await rawServer(t, ok, server.port);
  await becomes(0, 'healthy');
  t.deepEqual(
    events.flatMap((event) => (event.type === 'health' ? [`${event.from}>${event.to} ${event.by}`] : [])),
    ['unknown>healthy active', 'healthy>unhealthy active', 'unhealthy>healthy active'],
  );
});

test('one whose address another has taken is out with the first check that says so, told of once, until it is back', async (t) => {
  let id = 'b0';
  const says = (socket: Socket) =>
    void socket.on('data', () =>
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\nX-Id: ${id}\r\n\r\n`),
    );
  const { port } = await rawServer(t, says);
  const health = { interval: '20ms', timeout: '5s', unhealthy: 1_000, healthy: 1 };
  const { events, becomes } = checkerOf(t, [port], health, 'X-Id');
  await becomes(0, 'healthy');
  for (const other of ['b7', 'b0', 'b7'.repeat(1_000)]) {
    id = other;
    await becomes(0, other === 'b0' ? 'healthy' : 'unhealthy');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  t.deepEqual(
    events.flatMap((event) =>
      event.type === 'identity' ? [`${event.backend}: ${event.said} ${event.by}`] : [],
    ),
    ['b0: b7 active', `b0: ${'b7'.repeat(40)} active`],
  );
});

test('a backend that hangs does not hold up the checks of the others, nor its own', async (t) => {
  let asked = 0;
  const hung = await rawServer(t, (socket) => void socket.on('data', () => asked++));
  const fine = await rawServer(t, ok);
  const { becomes } = checkerOf(t, [hung.port, fine.port], {
    interval: '50ms',
    timeout: '400ms',
    unhealthy: 3,
  });
  await becomes(1, 'healthy');
  await becomes(0, 'unhealthy');
  t.true(asked >= 6, 'checks begin on the grid, whatever the earlier ones are doing');
});

test('with nobody to judge in time, it waits two intervals and no longer', async (t) => {
  const hung = await rawServer(t, () => undefined);
  const { checker, pool } = checkerOf(t, [hung.port], { interval: '100ms', timeout: '1h' });
  const before = now();
  await checker.firstVerdicts();
  const took = now() - before;
  t.true(took >= 195 && took < 4_000, `${took} ms`);
  t.is(pool.members[0]!.health.status, 'unknown');
});

test('a removed backend is checked no more, nor any after stop', async (t) => {
  let asked = 0;
  const count = (socket: Parameters<typeof ok>[0]) => {
    asked++;
    ok(socket);
  };
  const server = await rawServer(t, count);
  const { checker, pool, becomes } = checkerOf(t, [server.port], { interval: '20ms', timeout: '1s' });
  await becomes(0, 'healthy');
  pool.remove('b0');
  await new Promise((resolve) => setTimeout(resolve, 100));
  const settled = asked;
  checker.watch(pool.add({ id: 'b0', host: '127.0.0.1', port: server.port, weight: 1 }));
  await becomes(0, 'healthy');
  t.true(asked > settled);
  checker.stop();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const stopped = asked;
  await new Promise((resolve) => setTimeout(resolve, 150));
  t.is(asked, stopped);
});
