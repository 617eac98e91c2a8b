/**
 * What ours holds on to: memory over millions of requests, and what an idle connection costs. Each step is ten seconds of
 * wrk, 32 kept connections and then a second of a new connection per request, after which the proxy collects its garbage and
 * is looked at; what counts is the slope. It runs until `requests` are through, by default 3 million, which takes two to four
 * minutes; ten million are `node harness/proxy/bench/memory.bench.ts 10000000`. Needs Linux, wrk, nginx, 10,100 descriptors.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claim } from '../../claim.ts';
import { median } from './contestant.ts';
import { startBackends } from './nginx.ts';
import { startOurs } from './ours.ts';
import { memoryMB } from './processes.ts';
import type { Serving } from './subject.ts';
import { wrk } from './wrk.ts';

const [requests = 3_000_000] = process.argv.slice(2).map(Number);
const idleConnections = 5_000;
/** Compiled code and buffers settle in the first of them. */
const settling = 0.2;

interface Look {
  /** Requests so far, millions. */
  readonly millions: number;
  readonly mb: number;
}

/** Resident memory, MB, after all garbage has been collected. */
async function resident(pid: number): Promise<number> {
  for (let i = 0; i < 2; i++) {
    process.kill(pid, 'SIGUSR2');
    await sleep(500);
  }
  return memoryMB(pid).now;
}

async function underLoad({ port, pid }: Serving): Promise<Look[]> {
  const looks: Look[] = [];
  for (let done = 0; done < requests; ) {
    done += (await wrk({ port, connections: 32, seconds: 10 })).requests;
    const headers = ['Connection: close'];
    done += (await wrk({ port, connections: 32, seconds: 1, headers })).requests;
    looks.push({ millions: done / 1e6, mb: await resident(pid) });
  }
  return looks;
}

/** MB per million requests: the median of the slopes between any two looks (Theil and Sen), which an outlier does not bend. */
function slope(looks: readonly Look[]): number {
  const slopes = looks.flatMap((a, i) =>
    looks.slice(i + 1).map((b) => (b.mb - a.mb) / (b.millions - a.millions)),
  );
  return slopes.length === 0 ? Number.NaN : median(slopes);
}

/** Connects, asks once, reads the answer, and stays. */
function idle(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: bench\r\n\r\n'));
    socket.once('error', reject);
    socket.once('data', (answer) => {
      if (answer.toString('latin1', 9, 12) === '200') resolve(socket);
      else reject(new Error(`expected 200, got ${answer.toString('latin1').split('\r\n')[0]}`));
    });
  });
}

async function withIdle({ port, pid }: Serving): Promise<{ mb: number; before: number }> {
  const before = memoryMB(pid).now;
  const sockets: Socket[] = [];
  try {
    while (sockets.length < idleConnections)
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => idle(port)))));
    await sleep(2_000);
    return { mb: memoryMB(pid).now, before };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** Each of the idle connections is one for us, one for the proxy, and the proxy keeps room for as many to backends. */
function enoughDescriptors(): boolean {
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))![1]);
  const needed = 2 * idleConnections + 100;
  if (limit < needed) console.log(`expected ${needed} descriptors, got ${limit}: ulimit -n ${needed}`);
  return limit >= needed;
}

const dir = await mkdtemp(join(tmpdir(), 'steelyard-bench-'));
const started: Serving[] = [];
const start = async (it: Promise<Serving>) => {
  started.push(await it);
  return it;
};
try {
  const fleet = await startBackends(dir);
  started.push(fleet);
  const world = { backends: fleet.ports, dir };
  // The published package is compiled; here Node would strip types and keep for good what does that, some 25 MB. With a
  // cache that an earlier process has filled, it loads what is compiled, too.
  const env = { NODE_COMPILE_CACHE: join(dir, 'compiled') };
  await (await startOurs(world, { env })).stop();
  const quiet = await start(startOurs(world, { env }));
  const { mb, before } = enoughDescriptors() ? await withIdle(quiet) : { mb: Number.NaN, before: Number.NaN };
  claim({
    what: `memory with ${idleConnections.toLocaleString('en')} idle kept connections`,
    value: mb,
    unit: 'MB',
    most: 150,
    detail: `${before.toFixed(0)} MB before them`,
  });

  const collect = new URL('./collect-on-signal.ts', import.meta.url).href;
  const busy = await start(startOurs(world, { execArgv: ['--expose-gc', '--import', collect] }));
  const looks = await underLoad(busy);
  const settled = looks.filter(({ millions }) => millions >= (settling * requests) / 1e6);
  claim({
    what: `growth of resident memory over ten million requests, from the slope over ${looks.at(-1)!.millions.toFixed(1)} million`,
    value: slope(settled) * 10,
    unit: 'MB',
    most: 10,
    detail: looks.map(({ millions, mb }) => `${mb.toFixed(1)} MB at ${millions.toFixed(1)}`).join(', '),
  });
} finally {
  for (const it of started.reverse()) await it.stop();
  await rm(dir, { recursive: true, force: true });
}
