/** The control port: state, reset, faults, watch, bad input; and how the process ends. */
import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'ava';
import { exchange, startBackend } from './start.test-support.ts';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
const long = { kind: 'constant', options: { mean: 3_000 } };

test.serial('answers while every request hangs, and reset lets them go and leaves nothing', async (t) => {
  const { url, raw, control, setFault, until } = await startBackend(t, {
    workers: 1,
    cache: { entries: 5, hit: 1 },
  });
  t.is((await fetch(url)).status, 200);
  await setFault('hang', { health: true }, 3);
  const hung = [raw(get('/')), raw(get('/')), raw(get('/health'), 300)];
  await until((state) => state.inFlight >= 2);
  const { says } = await control('GET /state');
  t.deepEqual(says.faults, [{ fault: 3, kind: 'hang' }]);
  t.deepEqual([says.id, says.seed, says.received, says.served, says.inFlight], ['app-1', 1, 3, 1, 2]);
  t.true(says.startedAt < says.now);

  const fresh = await control('POST /reset', { seed: 9 });
  t.is(fresh.status, 200);
  const { id, pid, seed, draining, cpuMicros, startedAt, now, ...rest } = fresh.says;
  t.deepEqual(rest, {
    received: 0,
    served: 0,
    rejected: 0,
    faulted: 0,
    abandoned: 0,
    inFlight: 0,
    queued: 0,
    busy: 0,
    completed: 0,
    healthChecks: 0,
    probes: 0,
    faults: [],
    partition: null,
  });
  t.deepEqual([id, pid, seed, draining], ['app-1', says.pid, 9, false]);
  t.true(cpuMicros > 0 && startedAt === says.startedAt && now > says.now);
  const ends = await Promise.all(hung);
  t.deepEqual(
    ends.map(({ text }) => text),
    ['', '', ''],
  );
  t.deepEqual(
    ends.slice(0, 2).map(({ end }) => end === 'open'),
    [false, false],
  );
  t.is((await fetch(url)).status, 200);
  t.is((await control('GET /state')).says.received, 1);
});

test.serial('reset drops what is queued and in service, and their workers are free', async (t) => {
  const { url, control, until } = await startBackend(t, {
    workers: 2,
    service: { kind: 'uniform', options: { min: 0, max: 60_000 } },
  });
  const stuck = Array.from({ length: 5 }, () =>
    fetch(url, { headers: { 'steelyard-quantile': '0.5' } }).catch(() => 'broken'),
  );
  await until((state) => state.received >= 5);
  const before = (await control('GET /state')).says;
  t.deepEqual([before.busy, before.queued, before.inFlight], [2, 3, 5]);
  await control('POST /reset', { seed: 1 });
  t.deepEqual(await Promise.all(stuck), ['broken', 'broken', 'broken', 'broken', 'broken']);
  const answer = await fetch(url, {
    headers: { 'steelyard-quantile': '0.0001' },
    signal: AbortSignal.timeout(5_000),
  });
  t.is(answer.status, 200);
});

test.serial(
  'requests without a quantile draw by the seed: the same after a reset to the same seed',
  async (t) => {
    const service = { kind: 'bimodal', options: { fast: 0, slow: 1_200, share: 0.5 } };
    const { url, control } = await startBackend(t, { workers: 20, service });
    const pattern = async (seed: number) => {
      await control('POST /reset', { seed });
      const kinds = Array.from({ length: 16 }, async (_, i) => {
        const begun = performance.now();
        await (await fetch(url, { headers: { 'steelyard-request': String(i) } })).text();
        return performance.now() - begun < 1_000 ? 'fast' : 'slow';
      });
      return (await Promise.all(kinds)).join(' ');
    };
    const first = await pattern(4);
    t.regex(first, /fast/);
    t.regex(first, /slow/);
    t.not(first, await pattern(5));
    t.is(first, await pattern(4));
  },
);

test.serial('a reset ends health checks that wait, too', async (t) => {
  const { raw, control, setFault, until } = await startBackend(t);
  await setFault('hang');
  const hung = raw(get('/health'), 20_000);
  await until((state) => state.healthChecks > 0);
  await control('POST /reset', {});
  t.not((await hung).end, 'open');
});

test.serial(
  'faults say when they were taken, on the monotonic clock; deleting one that is not on says so',
  async (t) => {
    const { control } = await startBackend(t);
    const before = Number(process.hrtime.bigint()) / 1e6;
    const on = await control<{ at: number }>('POST /faults', {
      fault: 0,
      kind: 'hang',
      options: {},
      seed: 1,
    });
    const off = await control<{ at: number; was: boolean }>('DELETE /faults/0');
    const after = Number(process.hrtime.bigint()) / 1e6;
    t.true(before <= on.says.at && on.says.at <= off.says.at && off.says.at <= after);
    t.true(off.says.was);
    t.false((await control<{ was: boolean }>('DELETE /faults/0')).says.was);
  },
);

test.serial('bad input is 400 with a sentence, and changes nothing', async (t) => {
  const { control, controlPort } = await startBackend(t);
  const bad: [route: string, body: unknown, says: RegExp][] = [
    ['POST /reset', { seed: -1 }, /seed: expected a whole number/],
    ['POST /reset', [], /expected a JSON object/],
    ['POST /faults', { kind: 'hang' }, /fault: expected a whole number/],
    ['POST /faults', { fault: 0, kind: 'crash' }, /no service-level fault is called crash/],
    ['POST /faults', { fault: 0, kind: 'hang', options: 5 }, /options: expected an object/],
    [
      'POST /faults',
      { fault: 0, kind: 'hang', options: { shar: 1 } },
      /no option is called shar; there are share, health/,
    ],
    ['POST /faults', { fault: 0, kind: 'hang', options: { share: 2 } }, /share: expected a share .* got 2/],
    [
      'POST /faults',
      { fault: 0, kind: 'error', options: { status: 200 } },
      /status: expected a integer|status: expected an integer/,
    ],
    ['POST /faults', { fault: 0, kind: 'slow', options: { ramp: -1 } }, /ramp: expected a duration/],
    ['POST /faults', { fault: 0, kind: 'reset', options: { health: 'no' } }, /health: expected a boolean/],
    ['POST /faults', { fault: 0, kind: 'hang', seed: 'x' }, /seed: expected/],
    ['POST /reset', { filler: 'x'.repeat(100_000) }, /at most 65536/],
  ];
  for (const [route, body, expected] of bad) {
    const { status, says } = await control<{ error: string }>(route, body);
    t.is(status, 400, route);
    t.regex(says.error, expected);
  }
  const torn = await exchange(
    controlPort,
    'POST /faults HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1\r\n\r\n{',
  );
  t.regex(torn.text, /^HTTP\/1\.1 400/);
  t.is((await control('GET /nowhere')).status, 404);
  const { seed, faults } = (await control('GET /state')).says;
  t.deepEqual([seed, faults], [1, []]);
});

test.serial('watch stays open, and breaks the moment the process dies', async (t) => {
  const { child, controlPort } = await startBackend(t);
  const watching = exchange(controlPort, get('/watch'), 10_000);
  t.is(await Promise.race([watching, new Promise((resolve) => setTimeout(resolve, 500, 'open'))]), 'open');
  child.kill('SIGKILL');
  const { text, end } = await watching;
  t.regex(text, /^HTTP\/1\.1 200/);
  t.not(end, 'open');
});

test.serial(
  'SIGTERM: refuses new connections, fails health on old ones, finishes what is in flight, exits 0',
  async (t) => {
    const { child, url, port, until } = await startBackend(t, {
      service: { kind: 'constant', options: { mean: 1_500 } },
    });
    const idle = connect({ port, host: '127.0.0.1' });
    await once(idle, 'connect');
    const pending = fetch(url).then((response) => response.status);
    await until((state) => state.busy > 0);
    child.kill('SIGTERM');
    await until((state) => state.draining);
    t.is((await exchange(port, get('/'))).end, 'refused');
    idle.write(get('/health'));
    const [answer] = (await once(idle, 'data')) as [Buffer];
    t.regex(answer.toString(), /^HTTP\/1\.1 503 [\s\S]*"status":"failing"/);
    t.is(await pending, 200);
    const [code] = (await once(child, 'exit')) as [number];
    t.is(code, 0);
  },
);

test.serial('SIGTERM: does not wait for ever', async (t) => {
  const { child, raw, setFault, until } = await startBackend(t);
  await setFault('hang');
  const hung = raw(get('/'), 20_000);
  await until((state) => state.inFlight > 0);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  t.is(code, 0);
  t.not((await hung).end, 'open');
});

test.serial('leaves with its parent where it is told to watch it, and only there', async (t) => {
  const watching = await startBackend(t, {}, { env: { STEELYARD_PARENT_WATCH: '1' } });
  const alone = await startBackend(t, { service: long });
  watching.child.stdin!.end();
  alone.child.stdin!.end();
  const [code] = (await once(watching.child, 'exit')) as [number];
  t.is(code, 0);
  t.is((await alone.control('GET /state')).status, 200);
});
