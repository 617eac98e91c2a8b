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
import { type AllOptions, allOptions, jobsOption, oneOrAll, runAll } from './all.ts';
import { carryOut, type ResultOptions, resultOptions } from './carry-out.ts';
import {
  asArguments,
  prepare,
  type Ready,
  type ScenarioOptions,
  scenarioOptions,
} from './scenario-options.ts';
import { type SweepOptions, sweep } from './sweep.ts';

type Options = ScenarioOptions &
  ResultOptions &
  SweepOptions &
  AllOptions & { regret: boolean; fold?: boolean; jobs?: number };

export function simulate(): Command {
  const command = scenarioOptions(new Command('simulate'), { orAll: true }).description(
    'run a scenario in virtual time, at any scale, and report which strategy does best',
  );
  return resultOptions(jobsOption(allOptions(command)))
    .option(
      '--sweep <path=values>',
      'run every contender at several values, for example load.open.utilization=0.5..0.95:10, balancer.count=1..1000:log4 or fleet.0.count=10,20,50, and draw p99 against them',
    )
    .option('--no-regret', 'do not simulate the oracle that each contender is held against')
    .option(
      '--keep',
      'with --sweep or --all: keep every request in the recording of each point or scenario, and not only its numbers',
    )
    .option(
      '--fold',
      'fold requests as they come instead of keeping each: a recording of kilobytes, whose percentiles are within 0.05%',
    )
    .action(action);
}

async function action(given: string | undefined, options: Options): Promise<void> {
  const file = oneOrAll(given, options);
  if (file === undefined) return simulateTheLibrary(options);
  if (options.sweep !== undefined) return sweep(file, { ...options, sweep: options.sweep });
  if (options.keep)
    throw new Exit(
      exitCode.input,
      '--keep: expected --sweep or --all beside it; without them everything is kept',
    );
  const ready = await prepare(file, options, true);
  const { scenario, notes } = ready.loaded;
  for (const note of notes) if (!options.quiet) console.error(note);
  const { dir, id } = await makeRunDirectory(scenario.name, { out: options.out });
  const interrupt = onInterrupt();
  const where = { dir, scenario, label: labelThisRun(id), signal: interrupt.signal };
  const { fold = false, jobs } = options;
  const runner = new SimulatedTrials({ ...where, fold, ...(jobs === undefined ? {} : { jobs }) });
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
    if (!options.regret || fold) return; // it compares request by request
    const { run } = experiment;
    run.notes.push(...(await simulateOracles(run, where)));
  });
}

function simulateTheLibrary(options: Options): Promise<never> {
  if (options.sweep !== undefined)
    throw new Exit(exitCode.input, '--sweep: expected one scenario to sweep, got --all; name it instead');
  return runAll({
    command: 'simulate',
    tier: options.tier ?? 'whole',
    args: [
      ...asArguments(options),
      ...['--jobs', '1'], // scenarios are what runs side by side
      ...(options.keep ? [] : ['--fold']),
      ...(options.regret ? [] : ['--no-regret']),
      ...(options.strict ? ['--strict'] : []),
    ],
    ...{ jobs: options.jobs, out: options.out, json: options.json, quiet: options.quiet },
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
