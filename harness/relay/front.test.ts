/** A front at its socket: what takes time, what counts, and what healing breaks off. The service behind it is real, and tells when it is asked. */
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { eventually } from '../cli.test-support.ts';
import { now } from '../clock.ts';
import { freePorts } from '../drivers/ports.ts';
import { Front } from './front.ts';

const host = '127.0.0.1';
const fields = { 'steelyard-request': '1' };

/** The service keeps its answers until `release`, or their bodies alone. */
async function setUp(t: ExecutionContext, keeps: 'nothing' | 'answer' | 'body' = 'nothing') {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  if (keeps === 'nothing') release();
  const counts = { asked: 0, answered: 0 };
  const service = createServer((_, res) => {
    counts.asked++;
    res.on('finish', () => counts.answered++);
    if (keeps === 'body') res.flushHeaders();
    void released.then(() => res.end('ten bytes.'));
  });
  service.listen(0, host);
  await once(service, 'listening');
  const [port] = (await freePorts(host, 1)) as [number];
  const front = new Front({ id: 'one', index: 0, host, port: (service.address() as AddressInfo).port }, port);
  await front.up();
  t.teardown(() => {
    front.close();
    service.closeAllConnections();
    service.close();
  });
  const set = (fault: number, kind: string, options: Record<string, unknown>) =>
    front.setFault({ fault, kind, options, seed: 1 });
  return { front, port, set, counts, release };
}

/** Status and body, or what became of it instead. */
function asked(port: number, headers: Record<string, string> = fields): Promise<string> {
  return new Promise((resolve) => {
    get({ host, port, agent: false, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response
        .on('end', () => resolve(`${response.statusCode} ${text}`))
        .on('error', () => resolve('broken'));
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
  });
}

const length = 500;
/** From a moment after it is on, it stands still for so long. */
const stopped = { every: 1, shortest: length, longest: length };

for (const [what, fault, headers, expected] of [
  ['an answer', undefined, fields, /^200 ten bytes\.$/],
  ['a health check', undefined, {}, /^200 ten bytes\.$/],
  ['an error', ['error', { status: 503, share: 1, after: 0 }], fields, /^503/],
  ['a reset', ['reset', { share: 1, sent: 0, health: true }], fields, /^ECONNRESET$/],
] as const)
  test(`${what} waits while the process stands still`, async (t) => {
    const { port, set } = await setUp(t);
    if (fault !== undefined) set(1, fault[0], fault[1]);
    const begun = now();
    set(0, 'pauses', stopped);
    // Past the gap before the first pause, whose length the seed gives.
    await new Promise((resolve) => setTimeout(resolve, 50));
    t.regex(await asked(port, headers), expected);
    t.true(now() - begun >= length, `${now() - begun} ms`);
  });

test('a leak grows with every request, once each, and not with checks', async (t) => {
  const { front, port, set } = await setUp(t);
  set(0, 'leak', { perSecond: 0, perRequest: 50, most: 1_000, health: false });
  for (const k of [1, 2, 3]) {
    const begun = now();
    t.is(await asked(port), '200 ten bytes.');
    // Timers may run a little early.
    t.true(now() - begun >= 50 * k - 2, `${k}: ${now() - begun} ms`);
    t.is(await asked(port, {}), '200 ten bytes.');
  }
  t.is(front.faults.judge(now(), 4, 0, 0.5).delay, 150);
});

/** A request on a connection of its own, and how that stands. */
async function opened(t: ExecutionContext, port: number) {
  const socket: Socket = connect(port, host);
  t.teardown(() => socket.destroy());
  const met = { text: '', end: 'open' };
  socket.on('data', (data) => (met.text += data.toString('latin1')));
  socket.on('end', () => (met.end = 'fin'));
  socket.on('error', ({ code }: NodeJS.ErrnoException) => (met.end = code!));
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nsteelyard-request: 1\r\n\r\n');
  return met;
}

for (const [kind, options, held] of [
  ['hang', { share: 1, health: true }, /^$/],
  ['drip', { share: 1, every: 60_000, health: true }, /\r\n\r\nt$/],
  ['bad-length', { share: 1, how: 'too-long', health: true }, /\r\n\r\nten bytes\.$/],
] as const)
  test(`healing ${kind} breaks off what it keeps unfinished, and healing another does not`, async (t) => {
    const { front, port, set } = await setUp(t);
    set(3, kind, options);
    // Tells that the request has come in.
    set(4, 'leak', { perSecond: 0, perRequest: 1, most: 1_000, health: false });
    const met = await opened(t, port);
    const isIn = () => front.faults.judge(now(), 1, 0, 0.5).delay === 1;
    t.true(await eventually(() => isIn() && held.test(met.text)), JSON.stringify(met));
    t.true(front.clear(4));
    await new Promise((resolve) => setTimeout(resolve, 50));
    t.is(met.end, 'open');
    t.true(front.clear(3));
    t.true(await eventually(() => met.end !== 'open'));
    t.is(met.end, 'ECONNRESET');
    t.regex(met.text, held);
    t.is(await asked(port), '200 ten bytes.');
    t.false(front.clear(3), 'it was off');
  });

test('a fault healed before its answer is due leaves it whole', async (t) => {
  const { front, port, set, counts } = await setUp(t);
  set(0, 'truncate', { share: 1, sent: 0.5, health: true });
  set(1, 'slow', { factor: 1, added: 1_500, ramp: 0 });
  const answer = asked(port);
  t.true(await eventually(() => counts.answered === 1));
  front.clear(0);
  t.is(await answer, '200 ten bytes.');
});

test('a fault healed while the body still comes leaves it whole', async (t) => {
  const { front, port, set, counts, release } = await setUp(t, 'body');
  set(0, 'bad-length', { share: 1, how: 'too-long', health: true });
  const answer = asked(port);
  t.true(await eventually(() => counts.asked === 1));
  // Long enough for its head to come by.
  await new Promise((resolve) => setTimeout(resolve, 100));
  front.clear(0);
  release();
  t.is(await answer, '200 ten bytes.');
});

test('a fault that begins while the service is at work spares what came before it', async (t) => {
  const { port, set, counts, release } = await setUp(t, 'answer');
  const answer = asked(port);
  t.true(await eventually(() => counts.asked === 1));
  set(0, 'truncate', { share: 1, sent: 0.5, health: true });
  release();
  t.is(await answer, '200 ten bytes.');
  t.is(await asked(port), 'broken');
});
