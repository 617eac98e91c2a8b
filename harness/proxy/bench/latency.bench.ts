/**
 * What ours adds to a request's latency at 1,000 requests/s: our own open loop at constant intervals, straight to a backend
 * and through the proxy in turn, warmed up before each; differences of percentiles within a pair, medians over the pairs.
 * `node harness/proxy/bench/latency.bench.ts [pairs]`. Needs nginx and an idle machine: the tails are the scheduler's first.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadScenario } from '../../../scenarios/loader.ts';
import { claim } from '../../claim.ts';
import { now } from '../../clock.ts';
import type { FromGenerator, GeneratorSettings, ToGenerator } from '../../load/generator.ts';
import { outcomes } from '../../recording.ts';
import { launch } from '../../role.ts';
import { readSpool } from '../../spool.ts';
import { listStrategies } from '../../strategies.ts';
import { median } from './contestant.ts';
import { startBackends } from './nginx.ts';
import { startOurs } from './ours.ts';
import type { Serving } from './subject.ts';

const [pairs = 9] = process.argv.slice(2).map(Number);
const rate = 1_000;
const seconds = 5;

const { scenario } = loadScenario({
  file: 'bench.yaml',
  text: `
fleet: [{ id: app, count: 3, service: { constant: { mean: 1ms } } }]
load: { open: { rate: ${rate}/s, arrivals: constant }, warmup: 1s, duration: ${seconds}s }
contenders: [round-robin]
`,
  known: { strategies: await listStrategies() },
});

interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

/** ms, from the intended send to the last byte. Rejects unless every request was answered well. */
async function latencies(dir: string, port: number): Promise<Latencies> {
  const rows = join(dir, `${now()}.spool`);
  const generator = await launch<GeneratorSettings, ToGenerator, FromGenerator>(
    new URL('../../load/open-loop.ts', import.meta.url),
    {
      target: { host: '127.0.0.1', port },
      load: scenario.load,
      rate,
      seed: 1,
      rows,
      backends: {},
      grace: 1000,
    },
  );
  try {
    const done = new Promise<void>((resolve) =>
      generator.onMessage(({ type }) => type === 'done' && resolve()),
    );
    generator.send({ type: 'start', at: now() + 50 });
    await done;
  } finally {
    await generator.stop();
  }
  const { length, intended, latency, outcome } = await readSpool(rows);
  const measured = latency
    .subarray(0, length)
    .filter((_, i) => intended[i]! >= 0)
    .sort();
  const good = outcome
    .subarray(0, length)
    .filter((it, i) => intended[i]! >= 0 && outcomes[it] === 'ok').length;
  if (good !== rate * seconds)
    throw new Error(`expected ${rate * seconds} answers on port ${port}, got ${good}`);
  const at = (p: number) => measured[Math.ceil(p * measured.length) - 1]! / 1000;
  return { p50: at(0.5), p99: at(0.99) };
}

const dir = await mkdtemp(join(tmpdir(), 'steelyard-bench-'));
const started: Serving[] = [];
try {
  const fleet = await startBackends(dir);
  started.push(fleet);
  const proxy = await startOurs({ backends: fleet.ports, dir });
  started.push(proxy);
  await latencies(dir, proxy.port); // compiles what is hot
  const both: { direct: Latencies; proxied: Latencies }[] = [];
  for (let pair = 0; pair < pairs; pair++)
    both.push({
      direct: await latencies(dir, fleet.port),
      proxied: await latencies(dir, proxy.port),
    });
  for (const [key, most] of [
    ['p50', 0.3],
    ['p99', 1.5],
  ] as const)
    claim({
      what: `added latency at ${rate.toLocaleString('en')} requests/s, ${key}, median of ${pairs} pairs`,
      value: median(both.map(({ direct, proxied }) => proxied[key] - direct[key])),
      unit: 'ms',
      most,
      detail: both
        .map(({ direct, proxied }) => `${proxied[key].toFixed(2)} − ${direct[key].toFixed(2)}`)
        .join(', '),
    });
} finally {
  for (const it of started.reverse()) await it.stop();
  await rm(dir, { recursive: true, force: true });
}
