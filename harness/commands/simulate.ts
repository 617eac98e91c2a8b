/** `steelyard simulate SCENARIO`: the same scenario, strategies and report, in virtual time. */
import { createHash } from 'node:crypto';
import { Command } from 'commander';
import { Exit, exitCode } from '../exit.ts';
import { Experiment } from '../experiment.ts';
import { onInterrupt } from '../interrupt.ts';
import { labelThisRun } from '../ownership.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { simulateOracles } from '../simulation/oracle.ts';
import { SimulatedTrials } from '../simulation/trials.ts';
import { carryOut, type ResultOptions, resultOptions } from './carry-out.ts';
import { prepare, type Ready, type ScenarioOptions, scenarioOptions } from './scenario-options.ts';
import { type SweepOptions, sweep } from './sweep.ts';

type Options = ScenarioOptions & ResultOptions & SweepOptions & { regret: boolean };

export function simulate(): Command {
  const command = scenarioOptions(new Command('simulate')).description(
    'run a scenario in virtual time, at any scale, and report which strategy does best',
  );
  return resultOptions(command)
    .option(
      '--sweep <path=values>',
      'run every contender at several values, for example load.open.utilization=0.5..0.95:10, balancer.count=1..1000:log4 or fleet.0.count=10,20,50, and draw p99 against them',
    )
    .option('--no-regret', 'do not simulate the oracle that each contender is held against')
    .option('--keep', 'with --sweep: keep the whole recording of every point, and not only its numbers')
    .action(action);
}

async function action(file: string, options: Options): Promise<void> {
  if (options.sweep !== undefined) return sweep(file, { ...options, sweep: options.sweep });
  if (options.keep)
    throw new Exit(exitCode.input, '--keep: expected --sweep beside it; without one everything is kept');
  const ready = await prepare(file, options, true);
  const { scenario, notes } = ready.loaded;
  for (const note of notes) if (!options.quiet) console.error(note);
  const { dir, id } = await makeRunDirectory(scenario.name, { out: options.out });
  const interrupt = onInterrupt();
  const where = { dir, scenario, label: labelThisRun(id), signal: interrupt.signal };
  const runner = new SimulatedTrials(where);
  const experiment = await Experiment.open({
    dir,
    id: sameId(ready),
    scenario,
    contenders: ready.contenders,
    source: ready.source,
    runner,
    notes: [...notes],
  });
  await carryOut(experiment, dir, interrupt, options, async () => {
    if (!options.regret) return;
    const { run } = experiment;
    run.notes.push(...(await simulateOracles(run, where)));
  });
}

/** The same simulation has the same id, as it has the same recording. */
function sameId({ loaded, contenders }: Ready): string {
  const what = JSON.stringify([
    loaded.scenario,
    contenders.map(({ name, strategy, options }) => [name, strategy, options]),
  ]);
  return createHash('sha256').update(what).digest('hex').slice(0, 8);
}
