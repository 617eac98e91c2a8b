/**
 * Distances made by real backends and a load generator, held against the simulator's, request by request. Consistent hashing
 * picks by key alone, so both pick the same; each request brings its region, its service time and its jitter. What is left
 * to differ is the machine. The distances are so far apart that one taken for another shows in every request.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { compared, type Divergence, divergenceOf, pair } from '../reports/divergence.ts';
import type { ResolvedContender } from '../scenarios/contenders.ts';
import { balancerSchema } from '../scenarios/scenario.ts';
import { runOnProcesses } from './on-processes.test-support.ts';
import { readRequests, simulatedTwin } from './recording.ts';
import { scenarioOf, strategies } from './simulation/world.test-support.ts';
import { optionValues } from './strategy-options.ts';
import { simulateTwins } from './twins.ts';

const service = { uniform: { min: '2ms', max: '10ms' } };
const scenario = {
  ...scenarioOf({
    fleet: [
      { id: 'eu', zone: 'eu', count: 2, service },
      { id: 'us', zone: 'us', count: 2, service },
    ],
    load: {
      open: { rate: '80/s', connections: 'unlimited' },
      regions: { eu: 1, us: 1 },
      warmup: '1s',
      duration: '4s',
    },
    network: {
      ...{ client: '30ms', backend: '10ms', jitter: '20%', connect: '5ms' },
      latencies: { eu: { us: '150ms' } },
    },
  }),
  name: 'distances',
};
/** Least and most that a request takes of trips alone, there and back, between neighbours and across the ocean, ms. */
const places = {
  'beside its clients': { zones: undefined, least: 80, most: 360 },
  'in one place': { zones: ['us'], least: 80, most: 600 },
};
const seen = new Map<string, Divergence & { least: number }>();
let dir: string;

test.before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'steelyard-distances-'));
  const options = optionValues('consistent-hash', strategies.get('consistent-hash')!.options, {});
  const contenders: ResolvedContender[] = Object.entries(places).map(([name, { zones }]) => ({
    ...{ name, strategy: 'consistent-hash', options },
    balancer: balancerSchema.parse({
      health: { interval: '300ms', timeout: '2s' },
      tryTimeout: '10s',
      zones,
    }),
  }));
  const { experiment, label, signal } = await runOnProcesses({ dir, scenario, contenders, atMost: 100_000 });
  const { run, trials } = experiment;
  const missing = await simulateTwins(run, trials, { dir, scenario, label, signal });
  if (missing.length > 0) throw new Error(missing.join('\n'));
  for (const { id, contender } of run.trials) {
    const real = await readRequests(dir, run, id, compared);
    const pairs = pair(real, await readRequests(dir, run, simulatedTwin(id), compared));
    seen.set(contender, { ...divergenceOf([pairs]), least: Math.min(...pairs.measured) });
  }
});
test.after.always(() => rm(dir, { recursive: true, force: true }));

for (const [name, { least, most }] of Object.entries(places))
  test(`a balancer ${name}: measured and simulated requests have come as far`, (t) => {
    const it = seen.get(name)!;
    const { absoluteMs, measuredMs } = it;
    t.log(`error of ${it.ok} requests, ms: ${JSON.stringify(absoluteMs)}, bias ${it.biasMs}`);
    t.true(it.requests > 250);
    t.true(it.sameOutcome! > 0.98 && it.sameBackend! > 0.98);
    // Neighbours and strangers are 280 ms apart, the jitter of strangers alone is 60.
    t.true(absoluteMs!.p50 < 20 && absoluteMs!.mean < 50);
    t.true(it.least > least, `${it.least} ms`);
    t.true(measuredMs!.mean > least && measuredMs!.p99 > most - 80);
  });

test('where the balancer stands makes a difference', (t) => {
  const [beside, placed] = Object.keys(places).map((name) => seen.get(name)!.measuredMs!.mean);
  // A request from eu goes to us in any case, and half of them back.
  t.true(placed! > beside! + 80, `${beside} ms, ${placed} ms`);
});
