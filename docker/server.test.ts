/** The server as a balancer meets it: answers, the queue, abandoned work, and that it needs no package. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { bodyOf } from '../scenarios/body.ts';
import { startBackend } from './start.test-support.ts';

const at = (quantile: number, number = 0) => ({
  'steelyard-quantile': String(quantile),
  'steelyard-request': String(number),
});

test.serial(
  'answers any path and method with a body of the size asked for, and says who it is',
  async (t) => {
    const { url } = await startBackend(t, { body: 1000 });
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/api/users?x=1'],
      ['DELETE', '/x'],
      ['PATCH', '/healthy'],
    ] as const) {
      const response = await fetch(url + path, { method });
      t.is(response.status, 200);
      t.is(response.headers.get('steelyard-backend'), 'app-1');
      const text = await response.text();
      t.is(text, bodyOf(1000));
      t.is(text.length, 1000);
      t.notThrows(() => JSON.parse(text));
    }
  },
);

for (const bytes of [2, 3, 20, 22, 23, 1_000_000])
  test.serial(`a body of ${bytes} bytes is JSON of that length`, (t) => {
    t.is(Buffer.byteLength(bodyOf(bytes)), bytes);
    t.notThrows(() => JSON.parse(bodyOf(bytes)));
  });

test.serial('HEAD gets the length and no body; the connection goes on', async (t) => {
  const { raw } = await startBackend(t, { body: 1000 });
  const { text, end } = await raw(
    'HEAD / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  );
  t.is(end, 'fin');
  t.regex(text, /^HTTP\/1\.1 200 OK\r\n/);
  t.is(text.match(/content-length: 1000/g)?.length, 2);
  t.is(text.split(bodyOf(1000)).length, 2, 'exactly one body');
});

test.serial('service begins when the request body is complete, whichever way it is framed', async (t) => {
  const { raw, control } = await startBackend(t);
  const ways = [
    'content-length: 5\r\nconnection: close\r\n\r\nhello',
    'transfer-encoding: chunked\r\nconnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    'content-length: 0\r\nconnection: close\r\n\r\n',
  ];
  for (const rest of ways)
    t.regex((await raw(`POST / HTTP/1.1\r\nhost: a\r\n${rest}`)).text, /^HTTP\/1\.1 200/);
  const { end } = await raw('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhel', 200);
  t.is(end, 'open');
  t.is((await control('GET /state')).says.received, 3);
});

test.serial(
  'takes as many as it has workers and room for, in order, and answers the rest 503 at once',
  async (t) => {
    const { url, until } = await startBackend(t, {
      workers: 1,
      queue: 2,
      service: { kind: 'constant', options: { mean: 1_000 } },
    });
    const ended: number[] = [];
    const begun = performance.now();
    const sent = [];
    for (let i = 0; i < 5; i++) {
      sent.push(
        fetch(url).then(async (response) => {
          const says = await response.text();
          ended.push(i);
          return { status: response.status, says, ms: performance.now() - begun };
        }),
      );
      await until((state) => state.received > i);
    }
    const answers = await Promise.all(sent);
    t.deepEqual(
      answers.map((it) => it.status),
      [200, 200, 200, 503, 503],
    );
    t.deepEqual(ended.slice(-3), [0, 1, 2]);
    t.true(answers[2]!.ms >= 2_990, `three services in a row took ${answers[2]!.ms} ms`);
    t.deepEqual(JSON.parse(answers[3]!.says), { error: 'queue full' });
  },
);

test.serial('each request takes the time its quantile says: a later, luckier one overtakes', async (t) => {
  const { url } = await startBackend(t, { service: { kind: 'uniform', options: { min: 0, max: 1_000 } } });
  const ended: string[] = [];
  const begun = performance.now();
  const send = async (name: string, quantile: number) => {
    await (await fetch(url, { headers: at(quantile) })).text();
    ended.push(name);
    return performance.now() - begun;
  };
  const [slow] = await Promise.all([send('slow', 0.9), send('fast', 0.1), send('middle', 0.5)]);
  t.deepEqual(ended, ['fast', 'middle', 'slow']);
  t.true(slow >= 895 && slow < 3_000, `${slow} ms for a service time of 900 ms`);
});

test.serial('every request ends once: what clients saw and what the server counts agree', async (t) => {
  const { url, control, setFault } = await startBackend(t, {
    workers: 2,
    queue: 3,
    service: { kind: 'exponential', options: { mean: 5 } },
  });
  await setFault('error', { status: 500, share: 0.2 }, 0);
  await setFault('truncate', { share: 0.2 }, 1);
  await setFault('reset', { share: 0.2 }, 2);
  const seen = { served: 0, rejected: 0, faulted: 0, abandoned: 0 };
  let next = 0;
  const client = async () => {
    while (next < 600) {
      const i = next++;
      const hurry = i % 10 === 0;
      try {
        const options = {
          headers: at(((i * 7) % 100) / 100 + 0.005, i),
          ...(hurry ? { signal: AbortSignal.timeout(2) } : {}),
        };
        const response = await fetch(url, options);
        await response.text();
        if (response.status === 200) seen.served++;
        else if (response.status === 503) seen.rejected++;
        else seen.faulted++;
      } catch (error) {
        if ((error as Error).name === 'TimeoutError') seen.abandoned++;
        else seen.faulted++;
      }
    }
  };
  await Promise.all(Array.from({ length: 12 }, client));
  let state = (await control('GET /state')).says;
  for (let i = 0; i < 100 && state.inFlight > 0; i++) state = (await control('GET /state')).says;
  const { received, served, rejected, faulted, abandoned, inFlight, queued, busy } = state;
  t.deepEqual([inFlight, queued, busy], [0, 0, 0]);
  t.is(received, served + rejected + faulted + abandoned);
  // A client in a hurry may leave before its request arrives or just as its answer does: those few may move between kinds.
  t.true(received <= 600 && received >= 540);
  for (const kind of ['served', 'rejected', 'faulted'] as const) {
    t.true(seen[kind] > 20, `${kind}: ${seen[kind]}`);
    t.true(
      state[kind] >= seen[kind] && state[kind] <= seen[kind] + seen.abandoned,
      `${kind}: ${state[kind]}, seen ${seen[kind]}`,
    );
  }
});

for (const cancelAbandoned of [true, false])
  test.serial(
    `abandoned work is ${cancelAbandoned ? 'cancelled' : 'done all the same'} with cancelAbandoned ${cancelAbandoned}`,
    async (t) => {
      const { url, control, until } = await startBackend(t, {
        workers: 1,
        cancelAbandoned,
        service: { kind: 'uniform', options: { min: 0, max: 3_000 } },
      });
      const leaving = new AbortController();
      const left = t.throwsAsync(fetch(url, { headers: at(0.5), signal: leaving.signal }));
      await until((state) => state.busy > 0);
      const begun = performance.now();
      leaving.abort();
      await left;
      await (await fetch(url, { headers: at(0.01) })).text();
      const took = performance.now() - begun;
      if (cancelAbandoned) t.true(took < 800, `${took} ms`);
      else t.true(took >= 800, `${took} ms`);
      const { abandoned, served, completed } = (await control('GET /state')).says;
      t.deepEqual([abandoned, served, completed], [1, 1, cancelAbandoned ? 1 : 2]);
    },
  );

test.serial(
  'a process that is stopped does no work meanwhile: its queue is still ahead of it when it goes on',
  async (t) => {
    const { child, url, until } = await startBackend(t, {
      workers: 1,
      service: { kind: 'constant', options: { mean: 500 } },
    });
    const answers = Array.from({ length: 4 }, () => fetch(url).then(() => performance.now()));
    await until((state) => state.queued >= 3);
    child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const thawed = performance.now();
    child.kill('SIGCONT');
    const last = Math.max(...(await Promise.all(answers))) - thawed;
    t.true(last > 1_000, `three more services of 500 ms took ${last} ms`);
  },
);

test.serial('burning costs the CPU that sleeping does not', async (t) => {
  const spent = async (work: 'burn' | 'sleep') => {
    const { url, control } = await startBackend(t, {
      work,
      service: { kind: 'constant', options: { mean: 60 } },
    });
    const before = (await control('GET /state')).says.cpuMicros;
    for (let i = 0; i < 5; i++) await (await fetch(url)).text();
    return (await control('GET /state')).says.cpuMicros - before;
  };
  const [burnt, slept] = [await spent('burn'), await spent('sleep')];
  t.true(burnt >= 5 * 60_000, `burnt ${burnt} µs`);
  t.true(slept < burnt / 2, `slept ${slept} µs`);
});

test.serial('health answers while every worker is busy, but not in a pause', async (t) => {
  const long = { kind: 'constant', options: { mean: 2_000 } };
  const busy = await startBackend(t, { workers: 1, queue: 0, service: long });
  const pending = fetch(busy.url).then((response) => response.status);
  await busy.until((state) => state.busy > 0);
  const health = await fetch(`${busy.url}/health`);
  t.is(health.status, 200);
  const { uptime, ...says } = (await health.json()) as Record<string, unknown>;
  t.deepEqual(says, { status: 'ok', id: 'app-1' });
  t.is(typeof uptime, 'number');
  t.is((await busy.control('GET /state')).says.received, 1);
  t.is(await pending, 200);

  const paused = await startBackend(t, { pauses: { every: 1, length: 300 } });
  const begun = performance.now();
  for (let i = 0; i < 4; i++) t.is((await fetch(`${paused.url}/health?full`)).status, 200);
  t.true(performance.now() - begun > 500);
});

test.serial('runs where there is nothing but Node: docker/ and scenarios/, no package', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const root = new URL('..', import.meta.url);
  for (const part of ['docker', 'scenarios'])
    await cp(new URL(part, root), join(folder, part), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const { url } = await startBackend(t, {}, { file: pathToFileURL(join(folder, 'docker/server.ts')) });
  t.is((await fetch(url)).status, 200);
});

for (const [settings, says] of [
  ['', /expected the settings as JSON in STEELYARD_BACKEND, got none/],
  ['{', /expected JSON in STEELYARD_BACKEND/],
  ['{}', /expected `spec`/],
  ['{"spec":{"id":"a","body":9,"service":{"kind":"no","options":{}}}}', /no service time is called no/],
] as const)
  test.serial(`refuses settings it cannot serve: ${settings || 'none'}`, async (t) => {
    const child = spawn(process.execPath, [new URL('./server.ts', import.meta.url).pathname], {
      env: { STEELYARD_BACKEND: settings },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const [code] = (await once(child, 'close')) as [number];
    t.not(code, 0);
    t.regex(stderr, says);
    t.is(stderr.trim().split('\n').length, 1, 'one sentence');
  });
