/**
 * All backends restarted one after the other while requests come: drain, wait until nothing is in flight, stop, start, wait
 * for a passed check, undrain. For every strategy no request may fail, and none may need a second attempt, idempotent or not.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { balancerSchema } from '../../scenarios/scenario.ts';
import type { BackendStats } from '../balancer-stats.ts';
import { chooseStrategy, listStrategies } from '../strategies.ts';
import { type RunningBalancer, startBalancer } from './balancer.ts';
import { eventually } from './proxy.test-support.ts';
import { fieldOf } from './raw-backend.test-support.ts';
import { RawClient } from './raw-client.test-support.ts';

const serviceMs = 3;
const ids = ['app-1', 'app-2', 'app-3'] as const;

/** A backend that answers after a while, and, stopped, drops what it has: nobody waits for it but the balancer. */
class Restartable {
  port = 0;
  served = 0;
  #server: Server | undefined;

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      request.resume();
      if (request.url === '/health') return void response.end('{"status":"ok"}');
      setTimeout(() => {
        // Probes come on nobody's behalf.
        if (request.headers['x-forwarded-for'] !== undefined) this.served++;
        response.end(request.method);
      }, serviceMs);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server!;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
}

/** Clients that send GET and POST in turn until they are told to stop, with what they saw that should not be. */
async function load(port: number, clients: number) {
  const amiss: string[] = [];
  let sent = 0;
  let over = false;
  const run = async () => {
    const client = await RawClient.connect(port);
    while (!over) {
      const number = sent++;
      const post = number % 2 === 1;
      const line = post ? 'POST /pay HTTP/1.1\r\nContent-Length: 3' : 'GET / HTTP/1.1';
      client.send(
        `${line}\r\nHost: a\r\nsteelyard-request: ${number}\r\nsteelyard-key: k${number % 7}\r\n\r\n${post ? 'pay' : ''}`,
      );
      const { status, fields } = await client.response();
      const attempts = fieldOf(fields, 'steelyard-attempts');
      if (status !== 200 || attempts !== '1') amiss.push(`${number}: ${status} after ${attempts}`);
    }
    client.destroy();
  };
  const all = Promise.all(Array.from({ length: clients }, run));
  const stop = async () => {
    over = true;
    await all;
    return { sent, amiss };
  };
  return { stop, sent: () => sent };
}

async function setUp(t: ExecutionContext, strategy: string) {
  const backends = ids.map(() => new Restartable());
  for (const it of backends) await it.start();
  const { values } = await chooseStrategy(strategy);
  const balancer = await startBalancer(
    {
      listen: { host: '127.0.0.1', port: 0 },
      strategy: { name: strategy, values },
      balancer: balancerSchema.parse({
        health: { interval: '30ms', timeout: '2s', unhealthy: 1, healthy: 1 },
      }),
      backends: backends.map(({ port }, index) => ({
        id: ids[index]!,
        index,
        host: '127.0.0.1',
        port,
        weight: 1,
      })),
      seed: 1,
      admin: { host: '127.0.0.1', port: 0 },
    },
    { onEvent: () => undefined },
  );
  t.teardown(async () => {
    await balancer.stop(0);
    for (const it of backends) await it.stop();
  });
  return { backends, balancer };
}

/** At the side door, as an operator does it. */
async function ask(
  { admin }: RunningBalancer,
  method: string,
  path: string,
  body: object = {},
): Promise<void> {
  const { port, token } = admin!;
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers,
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  await response.body?.cancel();
}

for (const [name, { needs }] of await listStrategies()) {
  if (needs === 'simulator') continue;
  test.serial(`a rolling restart under load fails no request: ${name}`, async (t) => {
    const { backends, balancer } = await setUp(t, name);
    const clients = await load(balancer.port, 6);
    const stats = (i: number): BackendStats => balancer.stats().backends.find(({ id }) => id === ids[i])!;
    for (const [i, backend] of backends.entries()) {
      await ask(balancer, 'POST', `/backends/${ids[i]}/drain`);
      await eventually('it is drained', () => stats(i).state === 'drained');
      await backend.stop();
      await eventually('it is seen down', () => stats(i).health.consecutiveFailures > 0);
      await backend.start();
      await eventually('it is seen up', () => stats(i).health.consecutiveSuccesses > 0);
      await ask(balancer, 'PATCH', `/backends/${ids[i]}`, { drain: false });
      const before = clients.sent();
      await eventually('load goes on', () => clients.sent() > before + 20);
    }
    const { sent, amiss } = await clients.stop();
    t.deepEqual(amiss, []);
    t.is(
      backends.reduce((sum, { served }) => sum + served, 0),
      sent,
      'each was served exactly once',
    );
    t.true(sent > 60);
  });
}

test.serial('without draining, a restart does cost requests: the test above can fail', async (t) => {
  const { backends, balancer } = await setUp(t, 'round-robin');
  const clients = await load(balancer.port, 6);
  for (const backend of backends) {
    const before = clients.sent();
    await eventually('load goes on', () => clients.sent() > before + 20);
    await backend.stop();
    await backend.start();
  }
  const { amiss } = await clients.stop();
  t.true(amiss.length > 0);
});
