/** What backends executed, from a simulation and from real processes to the recording. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ResolvedContender } from '../scenarios/contenders.ts';
import type { Fleet } from './drivers/driver.ts';
import { readExecutionLog, writeExecutionLog } from './execution-log.ts';
import { keepExecutions } from './executions.ts';
import { runOnProcesses } from './on-processes.test-support.ts';
import { attemptKinds, readAttempts, readExecutions, type Trial } from './recording.ts';
import { play, scenarioOf, type WorldInput } from './simulation/world.test-support.ts';

function folder(t: { teardown(fn: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'steelyard-executions-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('a log is read as it was written, also an empty one', async (t) => {
  const file = join(folder(t), 'log');
  writeExecutionLog(file, [7, 1, 2 ** 33, 0]);
  const { length, request, backend } = await readExecutionLog(file);
  t.deepEqual(
    { length, request: [...request], backend: [...backend] },
    {
      ...{ length: 2, request: [7, 2 ** 33], backend: [1, 0] },
    },
  );
  writeExecutionLog(file, []);
  t.is((await readExecutionLog(file)).length, 0);
  await t.throwsAsync(readExecutionLog(new URL(import.meta.url).pathname), {
    message: /expected a log of executions/,
  });
});

test('of a process that took another’s place, and of one that does not answer, the log says what is not known', async (t) => {
  const told: Record<string, { startedAt: number; requests: number[] }> = {
    'app-1': { startedAt: 100, requests: [3, 4] },
    'app-2': { startedAt: 5_000, requests: [9] },
  };
  const fleet = {
    backends: ['app-1', 'app-2', 'app-3'].map((id) => ({ id })),
    executed: async (id: string) => told[id] ?? Promise.reject(new Error('refused')),
  } as unknown as Fleet;
  const file = join(folder(t), 'log');
  const kept = await keepExecutions(fleet, file, { began: 1_000, t0: 1_500 });
  t.deepEqual(kept, {
    rows: 'all',
    unknown: [
      { backend: 'app-2', before: 3_500 },
      { backend: 'app-3', before: null },
    ],
  });
  const { request, backend } = await readExecutionLog(file);
  t.deepEqual([...request], [3, 4, 9]);
  t.deepEqual([...backend], [0, 0, 1]);
});

/** One backend of two is so slow for a while that tries on it time out, and their work is done all the same. */
const slowed: WorldInput = {
  fleet: [{ id: 'app', count: 2, workers: 16, service: { constant: { mean: '5ms' } } }],
  load: { open: { rate: '100/s', arrivals: 'constant' }, warmup: '200ms', duration: '2s' },
  balancer: {
    health: false,
    passive: false,
    tryTimeout: '100ms',
    retries: { max: 2, on: ['unreachable', 'reset', 'timeout'] },
  },
  faults: [{ at: '500ms', until: '1s', on: 'app-2', slow: { added: '300ms' } }],
};

test('simulated: a try that timed out is executed all the same, and the recording says so', (t) => {
  const { attempts, executed } = play(slowed);
  const named = ({ request, backend }: { request: number; backend: number }) => `${request} on ${backend}`;
  const timedOut = attempts.filter(({ kind }) => kind === 'timeout').map(named);
  t.true(timedOut.length > 10);
  t.deepEqual(executed.map(named).toSorted(), timedOut.toSorted());
});

test('simulated: work that was done though its answer was lost on the way, and nothing by a process that is gone', (t) => {
  const lost = play({ ...slowed, faults: [{ at: '500ms', until: '1s', on: 'app-2', truncate: {} }] });
  const resets = lost.attempts.filter(({ kind }) => kind === 'reset').length;
  t.true(resets > 10);
  t.is(lost.executed.length, resets);
  const gone = play({
    ...slowed,
    load: { ...slowed.load, timeout: '150ms' },
    faults: [{ at: '500ms', on: 'app-2', crash: {} }],
  });
  t.deepEqual(gone.executed, [], 'a crash executes nothing');
});

test('real: the same, told by the backends themselves; and every answer is explained by an execution', async (t) => {
  const dir = folder(t);
  const scenario = { ...scenarioOf(slowed), name: 'executions' };
  const contender: ResolvedContender = {
    ...{ name: 'round-robin', strategy: 'round-robin', options: {}, balancer: scenario.balancer },
  };
  const { experiment } = await runOnProcesses({ dir, scenario, contenders: [contender], atMost: 60_000 });
  const { run } = experiment;
  const [trial] = run.trials as [Trial];
  t.deepEqual(trial.executions, { rows: 'all', unknown: [] });
  const attempts = await readAttempts(dir, run, trial.id);
  const executed = await readExecutions(dir, run, trial.id);
  const of = (columns: { request: Float64Array; backend: Int32Array }, row: number) =>
    `${columns.request[row]} on ${columns.backend[row]}`;
  const told = new Set(Array.from({ length: executed.length }, (_, row) => of(executed, row)));
  const [ok, timeout] = [attemptKinds.indexOf('ok'), attemptKinds.indexOf('timeout')];
  let late = 0;
  for (let row = 0; row < attempts.length; row++) {
    if (attempts.kind[row] === ok) t.true(told.has(of(attempts, row)), `${of(attempts, row)} was answered`);
    if (attempts.kind[row] === timeout && told.has(of(attempts, row))) late++;
  }
  t.true(late > 10, 'tries that timed out were executed all the same');
});
