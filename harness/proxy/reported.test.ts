/** `backend.reported` through the real data path: who gets it, when, and that nothing a backend says does harm. */
import test from 'ava';
import { startBackend } from '../../docker/start.test-support.ts';
import type { Backend, LoadReport, StrategyDefinition } from '../../strategies/strategy.ts';
import { now } from '../clock.ts';
import { setUp, startProxy } from './proxy.test-support.ts';
import { fieldOf, ok } from './raw-backend.test-support.ts';
import { RawClient } from './raw-client.test-support.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const load = (text: string) => `Endpoint-Load-Metrics: ${text}\r\n`;

/** Takes the backends in turn, skipping those tried, and notes what they had reported as each attempt ended. */
function listening(needs: 'reported' | undefined) {
  const heard: { id: string; kind: string; reported: LoadReport | undefined }[] = [];
  let turn = 0;
  const strategy = {
    about: '',
    options: {},
    ...(needs === undefined ? {} : { needs }),
    create: () => ({
      pick: ({ available }: { available: readonly Backend[] }, { tried }: { tried: readonly Backend[] }) => {
        const fresh = available.filter((it) => !tried.includes(it));
        return fresh[turn++ % fresh.length];
      },
      ended: ({ id, reported }: Backend, { kind }: { kind: string }) => heard.push({ id, kind, reported }),
    }),
  } as StrategyDefinition;
  return { heard, strategy };
}

test('a report is there as the attempt it came with ends, and stays until the next', async (t) => {
  const { heard, strategy } = listening('reported');
  const says = [
    load('TEXT cpu_utilization=0.5,rps_fractional=9,named_metrics.in_flight=4'),
    '',
    load('JSON {"eps":2}'),
  ];
  const { connect } = await setUp(t, () => ok('x', says.shift()), { strategy });
  const client = await connect();
  const before = now();
  for (let i = 0; i < 3; i++) {
    client.send(get);
    const response = await client.response();
    t.is(
      fieldOf(response.fields, 'endpoint-load-metrics') !== undefined,
      i !== 1,
      'it goes on to the client',
    );
  }
  const [first, second, third] = heard.map(({ reported }) => reported!);
  t.like(first, { utilization: 0.5, rate: 9, inFlight: 4, errors: 0, serviceTime: 0 });
  t.true(first!.at >= before && first!.at <= now());
  t.is(second, first);
  t.like(third, { errors: 2, inFlight: 0, utilization: 0 });
  t.true(third!.at > first!.at);
});

test('garbage leaves the last report standing, and the response goes through', async (t) => {
  const { heard, strategy } = listening('reported');
  const says = ['TEXT eps=1', 'TEXT eps=x', 'BIN ====', '', 'JSON {', `TEXT ${'eps=2,'.repeat(2_000)}eps=`];
  const { connect, attempts } = await setUp(t, () => ok('x', load(says.shift()!)), { strategy });
  const client = await connect();
  for (let i = 0; i < 6; i++) {
    client.send(get);
    t.is((await client.response()).body, 'x');
  }
  t.deepEqual(new Set(heard.map(({ reported }) => reported!.errors)), new Set([1]));
  t.deepEqual(new Set(attempts), new Set(['app-0 ok 200']));
});

test('an error answer reports too; one that breaks off does not', async (t) => {
  const { heard, strategy } = listening('reported');
  const { connect } = await setUp(
    t,
    [
      (_, socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${load('TEXT eps=7')}Content-Length: 5\r\n\r\n`, () =>
          setTimeout(() => socket.resetAndDestroy(), 20),
        );
        return undefined;
      },
      () => `HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n${load('TEXT eps=3')}\r\n`,
      () => ok('x'),
    ],
    { strategy },
  );
  for (let i = 0; i < 3; i++) {
    const client = await connect(get);
    await client.until('an end', () => client.ending !== undefined || client.text.includes('\r\n\r\n'));
    if (i === 0) await client.until('the reset', () => client.ending === 'reset');
  }
  t.deepEqual(
    heard.map(({ id, kind, reported }) => `${id} ${kind} ${reported?.errors}`),
    ['app-0 reset undefined', 'app-1 error 3', 'app-2 ok undefined'],
  );
});

test('a strategy that did not ask is told nothing', async (t) => {
  const { heard, strategy } = listening(undefined);
  const { connect } = await setUp(t, () => ok('x', load('TEXT eps=1')), { strategy });
  const client = await connect(get);
  await client.response();
  t.deepEqual(heard, [{ id: 'app-0', kind: 'ok', reported: undefined }]);
});

test('our backend says who is still inside, though this balancer sent none of them', async (t) => {
  const { heard, strategy } = listening('reported');
  const backend = await startBackend(t, {
    workers: 2,
    queue: 9,
    service: { kind: 'uniform', options: { min: 0, max: 4_000 } },
  });
  const proxy = await startProxy([backend.port], { strategy });
  t.teardown(() => proxy.stop());
  const others = new AbortController();
  const headers = { 'steelyard-quantile': '0.9' };
  const other = fetch(backend.url, { headers, signal: others.signal }).catch(() => undefined);
  await backend.until(({ busy }) => busy === 1);
  const client = await RawClient.connect(
    proxy.port,
    'GET / HTTP/1.1\r\nHost: a\r\nsteelyard-quantile: 0.01\r\n\r\n',
  );
  await client.response();
  client.destroy();
  others.abort();
  await other;
  const { reported } = heard[0]!;
  t.is(reported!.inFlight, 1);
  t.true(Math.abs(reported!.serviceTime - 40) < 1e-3 && reported!.rate > 0, JSON.stringify(reported));
  t.true(reported!.utilization > 0 && reported!.utilization <= 1);
});
