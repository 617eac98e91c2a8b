/** What ends a search, and what only says that a rate was too high. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { place } from '../cli.test-support.ts';
import { Exit } from '../exit.ts';
import { labelThisRun } from '../ownership.ts';
import { SimulatedTrials } from '../simulation/trials.ts';
import { lookAt } from './capacity-look.ts';
import { prepare } from './scenario-options.ts';

/** Trials as they are, on a fleet that is gone once the first is over. */
class Lost extends SimulatedTrials {
  readonly broken = 'the fleet is lost';
}

test('a fleet that is lost ends the search with its own code, and is not taken for a rate that was too high', async (t) => {
  const { dir, scenario } = await place(
    t,
    `
fleet: [{ id: app, count: 2, workers: 1, service: { constant: { mean: 10ms } } }]
load: { open: { rate: 50/s }, warmup: 0s, duration: 1s, deadline: 1s }
contenders: [p2c]
`,
  );
  const out = join(dir, 'out');
  await mkdir(out);
  const { signal } = new AbortController();
  const ready = await prepare(scenario, { set: [] }, true);
  const look = lookAt(ready, [], {
    ...{ dir: out, id: 'lost', signal, onProgress: () => undefined },
    runner: ({ loaded }, at) =>
      new Lost({ dir: at, scenario: loaded.scenario, label: labelThisRun('lost'), signal, fold: true }),
  });
  const error = await t.throwsAsync(look, { instanceOf: Exit, message: 'the fleet is lost' });
  t.is(error?.code, 3);
});
