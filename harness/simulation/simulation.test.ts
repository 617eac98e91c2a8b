/** One seed, one recording, byte for byte; and every contender meets the same requests with the same luck. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { serviceTimeOf } from '../../scenarios/catalogue.ts';
import { backendsOf } from '../../scenarios/scenario.ts';
import { rateOf, Workload } from '../../scenarios/workload.ts';
import type { Pool, Request, StrategyDefinition } from '../../strategies/strategy.ts';
import type { Dispatch } from '../dispatch.ts';
import { Recorder } from '../recorder.ts';
import { spools } from '../spools.ts';
import {
  byNumber,
  type PlayOptions,
  plainBalancer,
  play,
  scenarioOf,
  simulationOf,
  strategies,
  type WorldInput,
} from './world.test-support.ts';

/** Everything that draws: arrivals, service, keys, regions, jitter, pauses, caches, faults by share, ties, retries, several balancers. */
const lively: WorldInput = {
  fleet: [
    {
      id: 'app',
      count: 3,
      zone: 'a',
      workers: 2,
      queue: 20,
      pauses: { every: '200ms', length: '5ms' },
      cache: { entries: 20, hit: '1ms' },
    },
    { id: 'far', count: 2, zone: 'b', weight: 2, service: { lognormal: { mean: '8ms' } } },
  ],
  load: {
    open: { rate: '500/s' },
    warmup: '200ms',
    duration: '1500ms',
    timeout: '400ms',
    regions: { a: 2, b: 1 },
    keys: { zipf: { count: 100 } },
    mix: [{ share: 2 }, { method: 'POST' }],
  },
  network: { client: '1ms', backend: '1ms', jitter: 0.2, latencies: { a: { b: '6ms' } } },
  balancer: {
    count: 3,
    zones: ['a', 'b'],
    health: { interval: '100ms', timeout: '50ms' },
    retries: { max: 2 },
    tryTimeout: '150ms',
  },
  faults: [
    { at: '300ms', until: '900ms', on: 'random:1', crash: {} },
    { at: '100ms', until: '800ms', on: '50%', error: { share: 0.3 } },
    { at: '500ms', on: 'far-1', reset: { share: 0.2 } },
  ],
};

/** A digest of every file that a trial leaves, kept as rows or folded as it goes. */
function digestsOf(t: ExecutionContext, options: PlayOptions, most = Number.POSITIVE_INFINITY) {
  const scenario = scenarioOf(lively);
  const dir = mkdtempSync(join(tmpdir(), 'steelyard-bytes-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const backends = backendsOf(scenario).map(({ id }) => id);
  const recorder = new Recorder({ dir, backends, planned: 1, most, timeout: scenario.load.timeout });
  const events: string[] = [];
  const onEvent = (event: object) => events.push(JSON.stringify(event));
  const simulation = simulationOf(scenario, options, { recorder, onEvent });
  while (simulation.advance(1_000));
  recorder.close();
  writeFileSync(join(dir, 'events'), events.join('\n'));
  const files = readdirSync(dir).sort();
  return Object.fromEntries(
    files.map((file) => {
      const bytes = readFileSync(join(dir, file));
      // What was executed and no answer tells of is little.
      t.true(bytes.length > (file === spools.executed ? 16 : 1_000), `${file} has something in it`);
      return [file, createHash('sha256').update(bytes).digest('hex')];
    }),
  );
}

for (const name of strategies.keys())
  test(`${name}: the same seed leaves the same bytes, another seed others`, (t) => {
    const one = digestsOf(t, { strategy: name });
    t.true(Object.keys(one).length >= 3);
    t.deepEqual(digestsOf(t, { strategy: name }), one);
    const other = digestsOf(t, { strategy: name, seed: 2 });
    for (const [file, digest] of Object.entries(one)) t.not(other[file], digest, file);
  });

test('folds are the same bytes, too', (t) => {
  const one = digestsOf(t, { strategy: 'p2c' }, 0);
  t.deepEqual(digestsOf(t, { strategy: 'p2c' }, 0), one);
  t.notDeepEqual(digestsOf(t, { strategy: 'p2c', seed: 2 }, 0), one);
});

/** A strategy that writes down what it is asked for, and takes the available backend at that place. */
function witness(place: number, heard: Map<number, string>): StrategyDefinition {
  const pick = ({ available }: Pool, request: Request) => {
    const { number, key, client, region } = request as Request & Dispatch;
    heard.set(number, `${key} ${client} ${region}`);
    return available.at(place);
  };
  return { about: '', options: {}, create: () => ({ pick }) };
}

test('every contender is asked the same: the same keys, clients and regions at the same times', (t) => {
  const calm = { ...lively, faults: [], balancer: plainBalancer };
  const [first, last] = [new Map<number, string>(), new Map<number, string>()];
  const sent = (place: number, heard: Map<number, string>) =>
    byNumber(play(calm, { strategy: witness(place, heard) })).map(({ index, sent: ms, keyHash }) => [
      ...[index, ms, keyHash],
    ]);
  t.deepEqual(sent(0, first), sent(-1, last));
  t.true(first.size > 700);
  t.deepEqual(first, last);
  t.true(new Set(first.values()).size > 100, 'requests differ');
});

test('whoever serves a request, it takes its own quantile of the law: nobody is luckier', (t) => {
  const roomy: WorldInput = {
    fleet: [{ id: 'app', count: 4, workers: 1000 }],
    load: { open: { rate: '500/s' }, warmup: '100ms', requests: 500 },
    balancer: plainBalancer,
  };
  const { fleet, load } = scenarioOf(roomy);
  const workload = new Workload(load, 9, rateOf(load, fleet));
  const law = serviceTimeOf(fleet[0]!.service);
  const picks = new Set<string>();
  for (const strategy of strategies.keys()) {
    const requests = byNumber(play(roomy, { strategy, seed: 9 }));
    const next = workload.arrivals();
    for (const { index, sent, latency } of requests) {
      const due = next() - load.warmup;
      const service = law.at(workload.quantile(index));
      if (Math.abs(latency - service) > 0.0011 || Math.abs(sent - due) > 0.0011)
        t.fail(`${strategy}, request ${index}: ${latency} ms at ${sent}, not ${service} at ${due}`);
    }
    picks.add(requests.map(({ backend }) => backend).join());
  }
  t.true(picks.size > 15, 'and yet they choose differently');
});

test('a fault that hits a share of requests hits the same ones under every contender', (t) => {
  const faulty: WorldInput = {
    fleet: [{ id: 'app', workers: 1000 }],
    load: { open: { rate: '500/s' }, warmup: '0ms', duration: '1s' },
    balancer: plainBalancer,
    faults: [{ at: '100ms', on: 'all', error: { share: 0.3 } }],
  };
  const hit = (strategy: string, seed = 1) =>
    byNumber(play(faulty, { strategy, seed })).flatMap(({ index, outcome }) =>
      outcome === 'ok' ? [] : [index],
    );
  t.true(hit('random').length > 80);
  for (const strategy of strategies.keys()) t.deepEqual(hit(strategy), hit('random'), strategy);
  t.notDeepEqual(hit('random', 2), hit('random'));
});
