/** Probes against real sockets: what is answered, and everything that is not. */
import test, { type ExecutionContext } from 'ava';
import { startBackend } from '../../docker/start.test-support.ts';
import { balancerSchema } from '../../scenarios/scenario.ts';
import type { LoadSample } from '../../strategies/strategy.ts';
import { now } from '../clock.ts';
import { BackendPool } from '../pool.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import { sampleOf } from './probe.ts';
import { Prober } from './prober.ts';
import { eventually } from './proxy.test-support.ts';
import { fieldOf, ok, RawBackend, type RawBackendOptions } from './raw-backend.test-support.ts';

const sample = (inFlight: number, latency = 1.5) => JSON.stringify({ inFlight, latency });
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function target(port: number): { backend: PooledBackend; pool: BackendPool } {
  const settings = balancerSchema.parse({ health: false });
  const pool = new BackendPool({ settings, now, onEvent: () => undefined, onChange: () => undefined });
  return { backend: pool.add({ id: 'a', index: 0, host: '127.0.0.1', port, weight: 1 }), pool };
}

async function stand(t: ExecutionContext, respond: RawBackendOptions['respond'], options = {}) {
  const raw = await RawBackend.start({ ...(respond === undefined ? {} : { respond }), forwarded: false });
  const prober = new Prober({ now, ...options });
  t.teardown(async () => {
    prober.stop();
    await raw.stop();
  });
  const answers: LoadSample[] = [];
  const { backend, pool } = target(raw.port);
  const ask = () => prober.probe(backend, (it) => answers.push(it));
  return { raw, prober, backend, pool, answers, ask };
}

test('asks GET /load and hands on what is answered, on one connection that stays open', async (t) => {
  let count = 0;
  const { raw, answers, ask, prober } = await stand(t, () => ok(sample(++count)));
  for (let i = 1; i <= 3; i++) {
    ask();
    await eventually('an answer', () => answers.length === i);
  }
  t.deepEqual(
    answers,
    [1, 2, 3].map((inFlight) => ({ inFlight, latency: 1.5 })),
  );
  t.deepEqual([raw.connections, raw.violations, prober.upstreams.size], [1, [], 1]);
  const [one] = raw.seen;
  t.is(`${one!.method} ${one!.target} ${fieldOf(one!.fields, 'host')}`, `GET /load 127.0.0.1:${raw.port}`);
});

test('an answer in pieces, and one in chunks, are whole in the end', async (t) => {
  const text = ok(sample(4));
  const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n${sample(5).slice(0, 5)}\r\n${(
    sample(5).length - 5
  ).toString(16)}\r\n${sample(5).slice(5)}\r\n0\r\n\r\n`;
  const { answers, ask } = await stand(t, (request, socket) => {
    if (request.connection === 0 && answers.length > 0) return chunked;
    const send = async (from: number): Promise<void> => {
      socket.write(text.slice(from, from + 20));
      await later(2);
      if (from + 20 < text.length) await send(from + 20);
    };
    void send(0);
    return undefined;
  });
  ask();
  await eventually('the first', () => answers.length === 1);
  ask();
  await eventually('the second', () => answers.length === 2);
  t.deepEqual(
    answers.map(({ inFlight }) => inFlight),
    [4, 5],
  );
});

const strange: [sentence: string, response: string][] = [
  ['another status', ok(sample(1)).replace('200 OK', '503 No')],
  ['no such page', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'],
  ['no JSON', ok('busy')],
  ['JSON that is no sample', ok('{"inFlight":"3","latency":1}')],
  ['more than was promised', `${ok(sample(1))}HTTP/1.1 200`],
  ['no framing', `HTTP/1.1 200 OK\r\n\r\n${sample(1)}`],
  ['no HTTP', 'SSH-2.0-x\r\n'],
  ['too much', ok(`${sample(1)}${' '.repeat(10_000)}`)],
];
for (const [sentence, response] of strange)
  test(`no sample, no word, no connection kept: ${sentence}`, async (t) => {
    const { raw, answers, ask, prober } = await stand(t, () => response);
    ask();
    await eventually('it was asked', () => raw.seen.length === 1);
    await eventually('the connection is gone', () => prober.upstreams.size === 0 && raw.sockets.size === 0);
    t.deepEqual(answers, []);
  });

test('silence ends a probe, and what comes after its time is not heard', async (t) => {
  const { raw, answers, ask, prober } = await stand(
    t,
    (_, socket) => void setTimeout(() => !socket.destroyed && socket.write(ok(sample(1))), 400),
    { timeout: 100 },
  );
  ask();
  await eventually('it was asked', () => raw.seen.length === 1);
  await eventually('given up', () => prober.upstreams.size === 0);
  await later(500);
  t.deepEqual(answers, []);
});

test('a refused connection and a cut one are no answer and no error', async (t) => {
  const { raw, answers, ask, prober } = await stand(t, (_, socket) => void socket.resetAndDestroy());
  ask();
  await eventually('it was asked', () => raw.seen.length === 1);
  await eventually('it is over', () => prober.upstreams.size === 0);
  await raw.stop();
  ask();
  t.is(prober.upstreams.size, 1);
  await eventually('it is over too', () => prober.upstreams.size === 0);
  t.deepEqual(answers, []);
});

test('at most so many are out at once; what is beyond is dropped, and there is room again once some are over', async (t) => {
  const waiting: (() => void)[] = [];
  const { raw, answers, ask, prober } = await stand(
    t,
    (_, socket) => void waiting.push(() => socket.write(ok(sample(1)))),
    { most: 3, timeout: 60_000 },
  );
  for (let i = 0; i < 10; i++) ask();
  await eventually('three came', () => waiting.length === 3);
  t.is(prober.upstreams.size, 3);
  for (const answer of waiting.splice(0)) answer();
  await eventually('three answers', () => answers.length === 3);
  ask();
  await eventually('a fourth came', () => waiting.length === 1);
  t.deepEqual([raw.connections, raw.seen.length], [3, 4]);
});

test('a backend that leaves the pool is asked no more, and a prober that stopped asks nobody', async (t) => {
  const { raw, answers, ask, pool, prober, backend } = await stand(t, () => ok(sample(1)));
  ask();
  await eventually('an answer', () => answers.length === 1);
  t.is(backend.requests + backend.inFlight, 0, 'a probe is no request');
  pool.remove('a');
  ask();
  await later(50);
  t.is(raw.seen.length, 1);
  const other = target(raw.port).backend;
  prober.probe(other, (it) => answers.push(it));
  prober.stop();
  prober.probe(other, (it) => answers.push(it));
  await eventually('all closed', () => prober.upstreams.size === 0);
  await later(50);
  t.is(answers.length, 1);
});

test('a strategy may ask again as it is answered', async (t) => {
  const { prober, backend } = await stand(t, () => ok(sample(1)), { most: 1 });
  let rounds = 0;
  const again = () => {
    if (++rounds < 20) prober.probe(backend, again);
  };
  prober.probe(backend, again);
  await eventually('twenty rounds, one at a time', () => rounds === 20);
  t.pass();
});

test("our backend's own answer is a sample; frozen, it gives none until it thaws", async (t) => {
  const { port, child, url, until } = await startBackend(t, {
    workers: 1,
    service: { kind: 'constant', options: { mean: 400 } },
  });
  const prober = new Prober({ now, timeout: 150 });
  t.teardown(() => prober.stop());
  const { backend } = target(port);
  const answers: LoadSample[] = [];
  const ask = () => prober.probe(backend, (it) => answers.push(it));
  const pending = [fetch(url), fetch(url)];
  await until(({ inFlight }) => inFlight === 2);
  ask();
  await eventually('an answer', () => answers.length === 1);
  t.deepEqual(answers, [{ inFlight: 2, latency: 0 }]);
  await Promise.all(pending);
  child.kill('SIGSTOP');
  ask();
  await eventually('given up', () => prober.upstreams.size === 0);
  t.is(answers.length, 1);
  child.kill('SIGCONT');
  ask();
  await eventually('an answer again', () => answers.length === 2);
  t.is(answers[1]!.inFlight, 0);
  t.true(answers[1]!.latency >= 395);
});

for (const [text, expected] of [
  ['{"inFlight":0,"latency":0,"more":1}', { inFlight: 0, latency: 0 }],
  ['{"inFlight":-1,"latency":0}', undefined],
  ['{"inFlight":1,"latency":1e999}', undefined],
  ['{"inFlight":1}', undefined],
  ['null', undefined],
  ['', undefined],
] as const)
  test(`${text || 'nothing'} is ${expected ? 'a' : 'no'} sample`, (t) =>
    t.deepEqual(sampleOf(text), expected));
