/** `steelyard run SCENARIO`: the main job, on real backends. */
import { Command, Option } from 'commander';
import { distanceNotes } from '../../scenarios/distances.ts';
import { refuseUnable } from '../../scenarios/loader.ts';
import { unmodelled } from '../../scenarios/own-findings.ts';
import { chooseDriver } from '../choose-driver.ts';
import { Experiment } from '../experiment.ts';
import { onInterrupt } from '../interrupt.ts';
import { findLeavings, reap } from '../leavings.ts';
import { labelThisRun } from '../ownership.ts';
import { RealTrials } from '../real-trials.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { simulateTwins } from '../twins.ts';
import { type AllOptions, allOptions, oneOrAll, runAll } from './all.ts';
import { carryOut, type ResultOptions, resultOptions } from './carry-out.ts';
import { asArguments, prepare, type ScenarioOptions, scenarioOptions } from './scenario-options.ts';

interface Options extends ScenarioOptions, ResultOptions, AllOptions {
  driver: 'auto' | 'docker' | 'process';
  twins: boolean;
}

export function run(): Command {
  const command = scenarioOptions(new Command('run'), { orAll: true })
    .description('run a scenario on real backends and report which strategy does best')
    .addOption(
      new Option('--driver <name>', 'where backends run')
        .choices(['auto', 'docker', 'process'])
        .default('auto'),
    )
    .option('--no-twins', 'do not simulate each trial beside its real run, to compare them');
  return resultOptions(allOptions(command)).action(action);
}

async function action(given: string | undefined, options: Options): Promise<void> {
  const file = oneOrAll(given, options);
  if (file === undefined) return runTheLibrary(options);
  const { loaded, contenders, source } = await prepare(file, options);
  const { driver, notes } = await chooseDriver(options.driver);
  refuseUnable(loaded, driver.name, driver.can, contenders);
  notes.push(...loaded.notes, ...distanceNotes(loaded.scenario.network));
  for (const note of notes) if (!options.quiet) console.error(note);
  await reap(await findLeavings());
  const { dir, id } = await makeRunDirectory(loaded.scenario.name, { out: options.out });
  const interrupt = onInterrupt();
  const { scenario } = loaded;
  const { signal } = interrupt;
  const label = labelThisRun(id);
  const runner = new RealTrials({ driver, dir, scenario, label, signal });
  const experiment = await Experiment.open({ dir, id, scenario, contenders, source, runner, notes });
  await carryOut(experiment, dir, interrupt, options, async () => {
    if (!options.twins || unmodelled(scenario.fleet).length > 0) return;
    const { run, trials } = experiment;
    run.notes.push(...(await simulateTwins(run, trials, { dir, scenario, label, signal })));
  });
}

async function runTheLibrary(options: Options): Promise<never> {
  const { driver, notes } = await chooseDriver(options.driver);
  for (const note of notes) if (!options.quiet) console.error(note);
  return runAll({
    command: 'run',
    ...{ tier: options.tier ?? 'whole', driver },
    args: [
      ...asArguments(options),
      ...['--driver', driver.name],
      ...(options.twins ? [] : ['--no-twins']),
      ...(options.strict ? ['--strict'] : []),
    ],
    ...{ out: options.out, json: options.json, quiet: options.quiet },
  });
}
