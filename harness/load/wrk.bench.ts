/**
 * Whether our clock tells the truth: the same closed load of constant service time, by our autocannon and by wrk, in turn,
 * through the same running balancer to the same backends. Claims that p50 and p99 are within 10% of wrk's.
 * Run on an idle machine: `npm run bench -- wrk`. Needs wrk (Debian package `wrk`).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { loadScenario } from '../../scenarios/loader.ts';
import { backendsOf } from '../../scenarios/scenario.ts';
import { claim } from '../claim.ts';
import { now } from '../clock.ts';
import { processDriver } from '../drivers/process.ts';
import { labelThisRun } from '../ownership.ts';
import type { ProxyReady, ProxySettings } from '../proxy/settings.ts';
import { outcomes } from '../recording.ts';
import { launch } from '../role.ts';
import { readSpool } from '../spool.ts';
import { listStrategies } from '../strategies.ts';
import type { FromGenerator, GeneratorSettings, ToGenerator } from './generator.ts';

const connections = 16;
const seconds = 5;
const rounds = 5;

const { scenario, contenders } = loadScenario({
  file: 'bench.yaml',
  text: `
fleet: [{ id: app, count: 3, workers: 16, service: { constant: { mean: 10ms } } }]
load: { closed: { connections: ${connections} }, warmup: 1s, duration: ${seconds}s }
contenders: [round-robin]
`,
  known: { strategies: await listStrategies() },
});

const dir = await mkdtemp(join(tmpdir(), 'steelyard-bench-'));
const fleet = await processDriver.launch(
  backendsOf(scenario),
  labelThisRun('bench'),
  new AbortController().signal,
);
const settings: ProxySettings = {
  listen: { host: '127.0.0.1', port: 0 },
  admin: { host: '127.0.0.1', port: 0 },
  strategy: { name: 'round-robin', values: contenders[0]!.options as ProxySettings['strategy']['values'] },
  balancer: scenario.balancer,
  backends: fleet.backends.map(({ id, host, port }, index) => ({ id, index, host, port, weight: 1 })),
  seed: 1,
};
const proxy = await launch(new URL('../proxy/main.ts', import.meta.url), settings);
const { port } = proxy.ready as ProxyReady;

interface Percentiles {
  p50: number;
  p99: number;
  requests: number;
}

async function ours(): Promise<Percentiles> {
  const rows = join(dir, `${now()}.spool`);
  const generator = await launch<GeneratorSettings, ToGenerator, FromGenerator>(
    new URL('./autocannon.ts', import.meta.url),
    {
      target: { host: '127.0.0.1', port },
      load: scenario.load,
      rate: 0,
      seed: 1,
      rows,
      backends: Object.fromEntries(fleet.backends.map(({ id }, index) => [id, index])),
      grace: 1000,
    },
  );
  const done = new Promise<void>((resolve) =>
    generator.onMessage(({ type }) => type === 'done' && resolve()),
  );
  generator.send({ type: 'start', at: now() + 50 });
  await done;
  await generator.stop();
  const { length, intended, latency, outcome } = await readSpool(rows);
  const measured = latency
    .filter((_, i) => i < length && intended[i]! >= 0 && outcomes[outcome[i]!] === 'ok')
    .sort();
  const at = (p: number) => measured[Math.ceil(p * measured.length) - 1]! / 1000;
  return { p50: at(0.5), p99: at(0.99), requests: measured.length };
}

async function wrk(): Promise<Percentiles> {
  const { stdout } = await execa('wrk', [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    `http://127.0.0.1:${port}/`,
  ]);
  const ms = (percent: number) => {
    const [, value, unit] = new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout)!;
    return Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's'];
  };
  return { p50: ms(50), p99: ms(99), requests: Number(/(\d+) requests in/.exec(stdout)![1]) };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;

try {
  await wrk(); // warms balancer and backends up
  const pairs: [Percentiles, Percentiles][] = [];
  for (let round = 0; round < rounds; round++) pairs.push([await ours(), await wrk()]);
  for (const key of ['p50', 'p99'] as const) {
    claim({
      what: `${key} of a closed load, ours ÷ wrk's, median of ${rounds} pairs`,
      value: median(pairs.map(([x, y]) => x[key] / y[key])),
      unit: 'times',
      least: 0.9,
      most: 1.1,
      detail: `pairs in ms ${pairs.map(([x, y]) => `${x[key].toFixed(2)}/${y[key].toFixed(2)}`).join(' ')}`,
    });
  }
} finally {
  await proxy.stop();
  await fleet.stop();
  await rm(dir, { recursive: true });
}
