/** The balancer as the harness runs it: a process of its own, spoken to over IPC, before real backends. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { balancerSchema } from '../../scenarios/scenario.ts';
import { readAttemptLog } from '../attempt-log.ts';
import { now } from '../clock.ts';
import type { BalancerEvent } from '../pool.ts';
import { attemptKinds } from '../recording.ts';
import { type Child, launch } from '../role.ts';
import { chooseStrategy } from '../strategies.ts';
import type { ProxyReady, ProxySettings } from './settings.ts';
import { exchange, secured } from './tls.test-support.ts';

const main = new URL('./main.ts', import.meta.url);

/** A backend that says its name, passes its checks, and never answers /hang. */
async function backendOf(t: ExecutionContext, id: string) {
  const server = createServer((incoming, response) => {
    if (incoming.url === '/hang') return;
    response.setHeader('content-type', 'application/json');
    response.end(incoming.url === '/health' ? '{"status":"ok"}' : JSON.stringify({ id }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  t.teardown(() => (server.listening ? close() : undefined));
  return { id, port: (server.address() as AddressInfo).port, close };
}

interface Bench {
  child: Child<{ type: 'cpu' }, { type: string; micros: number }>;
  ready: ProxyReady;
  attempts: string;
  events(): Promise<BalancerEvent[]>;
  /** A number below 0 is not sent. */
  get(path?: string, number?: number): Promise<{ status: number; id: string | undefined }>;
}

async function proxyOf(
  t: ExecutionContext,
  backends: { id: string; port: number }[],
  strategy: string,
  balancer: Record<string, unknown> = {},
  balancers?: ProxySettings['balancers'],
): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-proxy-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const record = { attempts: join(dir, 'attempts.log'), events: join(dir, 'events.ndjson') };
  // What the harness would have refused is let through, to see what the process makes of it.
  const values = await chooseStrategy(strategy).then(
    (chosen) => chosen.values,
    () => ({}),
  );
  const settings: ProxySettings = {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    strategy: { name: strategy, values },
    balancer: balancerSchema.parse(balancer),
    backends: backends.map(({ id, port }, index) => ({ id, index, host: '127.0.0.1', port, weight: 1 })),
    seed: 1,
    ...(balancers === undefined ? {} : { balancers }),
    record,
  };
  const child: Bench['child'] = await launch(main, settings);
  t.teardown(() => child.stop(100));
  const ready = child.ready as ProxyReady;
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  t.teardown(() => agent.destroy());
  const get: Bench['get'] = (path = '/', number = 0) =>
    new Promise((resolve, reject) => {
      const headers = number < 0 ? {} : { 'steelyard-request': String(number) };
      const call = request({ host: '127.0.0.1', port: ready.port, path, agent, headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          const status = response.statusCode!;
          resolve({ status, id: status === 200 ? (JSON.parse(text) as { id: string }).id : undefined });
        });
      });
      call.on('error', reject);
      call.end();
    });
  const events = async () =>
    (await readFile(record.events, 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as BalancerEvent);
  return { child, ready, attempts: record.attempts, events, get };
}

/** Asks until it holds, for at most 10 s. */
async function until(what: () => Promise<boolean> | boolean): Promise<boolean> {
  for (const deadline = now() + 10_000; now() < deadline; ) {
    if (await what()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

test.serial(
  'once ready it spreads requests over healthy backends, and every attempt is in its log',
  async (t) => {
    const fleet = await Promise.all(['a', 'b', 'c'].map((id) => backendOf(t, id)));
    const began = now();
    const { child, ready, attempts, get, events } = await proxyOf(t, fleet, 'round-robin');
    const answers = [];
    for (let i = 0; i < 30; i++) answers.push(await get('/', i));
    for (const { id } of fleet) t.is(answers.filter((it) => it.id === id).length, 10, id);

    const { totals } = (await (await fetch(`http://127.0.0.1:${ready.adminPort}/stats`)).json()) as {
      totals: object;
    };
    t.like(totals, { requests: 30, ok: 30, errors: 0, inFlight: 0, available: 3 });

    const cpu = new Promise<number>((resolve) => child.onMessage((message) => resolve(message.micros)));
    child.send({ type: 'cpu' });
    t.true((await cpu) > 0);

    await child.stop();
    t.is((await child.ended).exitCode, 0);
    const log = await readAttemptLog(attempts, began);
    t.deepEqual(
      [...log.request],
      Array.from({ length: 30 }, (_, i) => i),
    );
    t.true(log.kind.every((code) => attemptKinds[code] === 'ok'));
    t.true(log.status.every((status) => status === 200));
    t.true(log.picked.every((picked, i) => picked > 0 && log.ended[i]! >= picked));
    const transitions = (await events()).filter((event) => event.type === 'health');
    t.deepEqual(transitions.map(({ backend, to }) => `${backend} ${to}`).sort(), [
      'a healthy',
      'b healthy',
      'c healthy',
    ]);
  },
);

test.serial('at layer 4, and over TLS, an attempt in the log is a connection, of no request', async (t) => {
  const fleet = await Promise.all(['a', 'b'].map((id) => backendOf(t, id)));
  const began = now();
  const balancer = { layer: 4, tls: { selfSigned: true } };
  const { child, ready, attempts } = await proxyOf(t, fleet, 'round-robin', balancer);
  for (let i = 0; i < 4; i++) {
    const socket = await secured(t, ready.port);
    const { text } = await exchange(socket, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    t.regex(text, /^HTTP\/1\.1 200 OK/);
    t.regex(text, /"id":"[ab]"/);
    socket.end();
  }
  await child.stop();
  const log = await readAttemptLog(attempts, began);
  t.deepEqual([...log.request], [-1, -1, -1, -1]);
  t.deepEqual([...log.backend].sort(), [0, 0, 1, 1]);
  t.deepEqual([...log.status], [0, 0, 0, 0]);
  t.true(log.kind.every((code) => attemptKinds[code] === 'ok'));
});

test.serial(
  'a backend that dies costs no request, is taken out, and the event is on disk while it still runs',
  async (t) => {
    const [a, b] = await Promise.all([backendOf(t, 'a'), backendOf(t, 'b')]);
    const { get, events } = await proxyOf(t, [a, b], 'round-robin', {
      health: { interval: '100ms', unhealthy: 2 },
    });
    await get();
    await a.close();
    for (let i = 0; i < 10; i++) t.deepEqual(await get('/', i), { status: 200, id: 'b' });
    const down = (event: BalancerEvent) =>
      event.type === 'health' && event.backend === 'a' && event.to === 'unhealthy';
    t.true(await until(async () => (await events()).some(down)));
    await b.close();
    t.true(await until(async () => (await get()).status === 503), 'none left');
  },
);

test.serial('backends come and go through the side door while it serves', async (t) => {
  const [a, b] = await Promise.all([backendOf(t, 'a'), backendOf(t, 'b')]);
  const { ready, get } = await proxyOf(t, [a], 'round-robin', { health: { interval: '100ms' } });
  const admin = `http://127.0.0.1:${ready.adminPort}/backends`;
  const headers = { authorization: `Bearer ${ready.adminToken}` };
  const body = JSON.stringify({ id: 'b', url: `http://127.0.0.1:${b.port}` });
  t.is((await fetch(admin, { method: 'POST', headers, body })).status, 201);
  t.true(await until(async () => (await get()).id === 'b'), 'once its checks have passed');
  t.is((await fetch(`${admin}/a`, { method: 'DELETE', headers })).status, 202);
  for (let i = 0; i < 5; i++) t.is((await get()).id, 'b');
});

test.serial('what a backend never answered ends in the log all the same', async (t) => {
  const a = await backendOf(t, 'a');
  const { child, attempts, get } = await proxyOf(t, [a], 'round-robin', { tryTimeout: '1h' });
  const unanswered = get('/hang', 5).then(
    () => 'answered',
    () => 'lost',
  );
  await get('/', 6);
  await child.stop(10_000);
  t.is(await unanswered, 'lost');
  const log = await readAttemptLog(attempts, 0);
  t.deepEqual([...log.request].sort(), [5, 6]);
  const kind = attemptKinds[log.kind[log.request.indexOf(5)]!]!;
  t.true(['in-flight', 'cancelled'].includes(kind), kind);
});

test.serial('a strategy that throws ends the process with its file and line on stderr', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-bad-'));
  t.teardown(() => rm(dir, { recursive: true }));
  const file = join(dir, 'bad.mts');
  const text = `export default { about: '', options: {}, create: () => ({
    pick(pool) {
      throw new RangeError('no luck today');
    } }) };`;
  await writeFile(file, text);
  const a = await backendOf(t, 'a');
  const { child, get } = await proxyOf(t, [a], file);
  await t.throwsAsync(get());
  const { exitCode, stderr } = await child.ended;
  t.is(exitCode, 1);
  t.true(stderr.includes(`strategy bad (${file}:3): pick threw: no luck today`), stderr);
});

test.serial('a strategy there is not never becomes ready, and says why', async (t) => {
  await t.throwsAsync(proxyOf(t, [], 'round-robn'), {
    message: /did not start: .*did you mean round-robin\?/s,
  });
});

test.serial(
  'balancers of one seed, each told where it stands, draw apart for requests that come without a number',
  async (t) => {
    const fleet = await Promise.all(['a', 'b', 'c', 'd'].map((id) => backendOf(t, id)));
    const picks = async (index: number) => {
      const { get } = await proxyOf(t, fleet, 'random', {}, { index, count: 2 });
      const ids: (string | undefined)[] = [];
      for (let i = 0; i < 16; i++) ids.push((await get('/', -1)).id);
      return ids.join('');
    };
    const first = await picks(0);
    t.is(await picks(0), first, 'the same place, the same picks');
    t.not(await picks(1), first);
  },
);
