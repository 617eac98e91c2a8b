/** A process that has simulated one trial simulates the next as a fresh one would, and a user's own file gets a fresh one. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ResolvedContender } from '../../scenarios/contenders.ts';
import { labelThisRun } from '../ownership.ts';
import { SimulationProcesses } from './processes.ts';
import { simulateTrial } from './trial.ts';
import { scenarioOf, strategies } from './world.test-support.ts';

const scenario = scenarioOf({
  fleet: [{ id: 'app', count: 3, workers: 2, queue: 20 }],
  load: { open: { rate: '500/s' }, warmup: '100ms', duration: '1s', timeout: '400ms' },
  faults: [{ at: '300ms', until: '600ms', on: 'random:1', crash: {} }],
});

test('the second trial of a process is byte for byte that of a process of its own', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-processes-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const context = { scenario, label: labelThisRun('test'), signal: new AbortController().signal };
  const processes = new SimulationProcesses(context);
  const contenderOf = (strategy: string): ResolvedContender => ({
    ...{ name: strategy, strategy, options: {}, balancer: scenario.balancer },
    ...(strategies.get(strategy)!.needs && { needs: strategies.get(strategy)!.needs }),
  });
  const trial = async (id: string, strategy: string, shared?: SimulationProcesses) => {
    const plan = { id, contender: contenderOf(strategy), round: 0, order: 0, seed: 7 };
    const folder = join(dir, id);
    const done = await simulateTrial(plan, { ...context, folder, ...(shared && { processes: shared }) });
    t.is(done.status, 'complete', done.error);
    const names = (await readdir(folder)).sort();
    return Promise.all(
      names.map(async (name) => [name, (await readFile(join(folder, name))).toString('hex')]),
    );
  };
  const alone = await trial('alone', 'p2c');
  await trial('before', 'least-connections', processes);
  const { child } = await processes.take({} as never); // the one that is idle, or `take` would start another and be refused
  processes.giveBack(child);
  t.deepEqual(await trial('after', 'p2c', processes), alone);
  t.true(alone.length > 1);
  await processes.close();
  t.is((await child.ended).exitCode, 0);
});
