/** Faults that flap and roll, with one seed on real processes and in virtual time: the same backends in the same order, when the scenario says. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { balancerSchema } from '../scenarios/scenario.ts';
import { runOnProcesses } from './on-processes.test-support.ts';
import { readEvents } from './recording.ts';
import { play, scenarioOf, type WorldInput } from './simulation/world.test-support.ts';

const balancer = { health: false, passive: false, retries: { max: 0 } } as const;
const world: WorldInput = {
  fleet: [{ id: 'app', count: 4, workers: 8, service: { constant: { mean: '2ms' } } }],
  load: { open: { rate: '100/s' }, warmup: '300ms', duration: '5s' },
  balancer,
  steady: false, // a frozen backend and a busy machine are alike
  faults: [
    { at: '500ms', until: '1s', every: '1500ms', again: 'anew', on: 'random:2', freeze: {} },
    { at: '1s', until: '1200ms', stagger: '1s', on: 'all', slow: { added: '1ms' } },
  ],
};

test('the same occurrences, each when it is due', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-shapes-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const contender = {
    name: 'rr',
    strategy: 'round-robin',
    options: {},
    balancer: balancerSchema.parse(balancer),
  };
  const { experiment } = await runOnProcesses({
    ...{ dir, scenario: scenarioOf(world), contenders: [contender], atMost: 90_000 },
  });
  const [trial] = experiment.run.trials;
  const simulated = play(world, { seed: trial!.seed });
  /** By fault, as each keeps its own order: what is due at once may be asked in any. */
  const told = (events: readonly { type: string }[], fault: number) =>
    (events as typeof simulated.events).filter((it) => it.type === 'fault' && it.fault === fault) as {
      t: number;
      phase: string;
      backends: readonly string[];
    }[];
  const real = await readEvents(dir);
  for (const fault of [0, 1])
    for (const phase of ['asked', 'heal-asked']) {
      const measured = told(real, fault).filter((it) => it.phase === phase);
      const expected = told(simulated.events, fault).filter((it) => it.phase === phase);
      t.is(expected.length, fault === 0 ? 3 : 4);
      t.deepEqual(
        measured.map(({ backends }) => backends),
        expected.map(({ backends }) => backends),
      );
      for (const [i, { t: at }] of measured.entries()) {
        const late = at - expected[i]!.t;
        t.true(late > -20 && late < 1_500, `${phase} of occurrence ${i} of faults.${fault}: ${late} ms late`);
      }
    }
  t.true(new Set(told(real, 0).map(({ backends }) => backends.join())).size > 1, 'drawn anew');
});
