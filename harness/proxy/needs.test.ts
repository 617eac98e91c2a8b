/** Strategies that need reports, or probes, in a whole run on real processes: what they were told, and that the books balance. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Summary } from '../../reports/summary.ts';
import type { LoadReport, LoadSample } from '../../strategies/strategy.ts';
import { place } from '../cli.test-support.ts';

/** Service of 4 ms and of 16 ms; the one that crashes and comes back is one of the fast ones. */
const scenario = `
about: what strategies are told, for tests
fleet:
  - { id: fast, count: 2, workers: 4, service: { constant: { mean: 4ms } } }
  - { id: slow, count: 1, workers: 4, service: { constant: { mean: 16ms } } }
load: { open: { rate: 300/s }, warmup: 200ms, duration: 2500ms, deadline: 1s }
balancer: { health: { interval: 200ms, timeout: 150ms, unhealthy: 2, healthy: 1 } }
contenders: [./reads.mts, ./asks.mts]
faults: [{ at: 500ms, until: 1s, on: fast-2, crash: {} }]
`;

/** Both take backends in turn, and write a line for each thing they are told; the balancer is a process of its own. */
const strategy = (needs: string, name: string) => `
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
const tell = (line) => appendFileSync(join(import.meta.dirname, '${name}.ndjson'), JSON.stringify(line) + '\\n');
export default {
  about: 'in turn, and writes down what it is told',
  needs: '${needs}',
  options: {},
  create: (env) => {
    let turn = 0;
    return {
      pick: ({ available }, { tried }) => {
        const fresh = available.filter((it) => !tried.includes(it));
        const picked = fresh[turn++ % fresh.length] ?? available[0];
        if (env.probe !== undefined && picked !== undefined)
          env.probe(picked, (sample) => tell({ id: picked.id, sample, draws: [env.random(), env.random()] }));
        return picked;
      },
      ended: ({ id, reported }, { kind }) => {
        if (kind === 'ok' && reported !== undefined) tell({ id, reported, now: env.now() });
      },
    };
  },
};
`;

async function linesOf<T>(file: string): Promise<T[]> {
  const text = await readFile(file, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

test('reports and probes reach the strategies that need them, and no other', async (t) => {
  const { dir, steelyard } = await place(t, scenario);
  await writeFile(join(dir, 'reads.mts'), strategy('reported', 'reads'));
  await writeFile(join(dir, 'asks.mts'), strategy('probe', 'asks'));
  const { exitCode, stdout, stderr } = await steelyard(
    'run',
    '--no-twins',
    'scenario.yaml',
    '--driver',
    'process',
    '--json',
  );
  t.is(exitCode, 0, stderr);
  const summary = JSON.parse(stdout) as Summary;
  t.deepEqual(
    summary.audit.findings.filter(({ ok }) => !ok),
    [],
    'a probe is no request: every count agrees',
  );

  const told = await linesOf<{ id: string; reported: LoadReport; now: number; sample?: never }>(
    join(dir, 'reads.ndjson'),
  );
  t.true(told.length > 300, `${told.length} reports`);
  t.true(told.every(({ sample }) => sample === undefined));
  for (const { reported, now } of told) {
    const { utilization, inFlight, serviceTime, rate, errors, at } = reported;
    t.true(utilization > 0 && utilization <= 1.001, `utilization ${utilization}`);
    t.true(Number.isInteger(inFlight) && inFlight >= 0 && inFlight < 200, `in flight ${inFlight}`);
    t.true(serviceTime > 3.5 && serviceTime < 40, `service ${serviceTime}`);
    t.true(rate > 0 && rate < 1_000 && errors === 0, `rate ${rate}, errors ${errors}`);
    t.true(at <= now && now - at < 500, `told ${now - at} ms after it came`);
  }
  const late = (id: string) => told.filter((it) => it.id === id).slice(-50);
  for (const [id, service] of [
    ['fast-1', 4],
    ['slow-1', 16],
  ] as const) {
    const reports = late(id).map(({ reported }) => reported);
    t.true(Math.abs(median(reports.map(({ serviceTime }) => serviceTime)) - service) < 0.1, id);
    const rate = median(reports.map((it) => it.rate));
    t.true(rate > 50 && rate < 150, `${id} takes a third of 300/s, says ${rate}`);
    // Little's law: busy workers are rate × service.
    const busy = median(reports.map((it) => (it.utilization * 4) / ((it.rate * it.serviceTime) / 1000)));
    t.true(busy > 0.8 && busy < 1.25, `${id}: utilization is ${busy} of rate × service ÷ workers`);
  }

  const answers = await linesOf<{ id: string; sample: LoadSample; draws: number[]; reported?: never }>(
    join(dir, 'asks.ndjson'),
  );
  t.true(answers.length > 300, `${answers.length} answers`);
  t.true(answers.every(({ reported }) => reported === undefined));
  const latency = (id: string) => {
    const latencies = answers.filter((it) => it.id === id).map(({ sample }) => sample.latency);
    return median(latencies.slice(-50));
  };
  t.true(latency('fast-1') >= 3.9 && latency('fast-1') < 16, `fast-1 says ${latency('fast-1')} ms`);
  t.true(latency('slow-1') >= 15.9 && latency('slow-1') < 160, `slow-1 says ${latency('slow-1')} ms`);
  t.true(answers.every(({ sample }) => Number.isInteger(sample.inFlight) && sample.inFlight >= 0));
  t.true(answers.some(({ sample }) => sample.inFlight > 0));
  t.is(
    new Set(answers.flatMap(({ draws }) => draws)).size,
    2 * answers.length,
    'each answer has draws of its own',
  );
});
