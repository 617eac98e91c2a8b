/** `steelyard run SCENARIO`: the main job, on real backends. */
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { refuseUnable } from '../../scenarios/loader.ts';
import { chooseDriver } from '../choose-driver.ts';
import { combine, Exit, exitCode } from '../exit.ts';
import { Experiment } from '../experiment.ts';
import { onInterrupt } from '../interrupt.ts';
import { findLeavings, reap } from '../leavings.ts';
import { labelThisRun } from '../ownership.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { runLive } from './live.ts';
import { prepare, type ScenarioOptions, scenarioOptions } from './scenario-options.ts';

interface Options extends ScenarioOptions {
  driver: 'auto' | 'docker' | 'process';
  out?: string;
  json?: boolean;
  quiet?: boolean;
  strict?: boolean;
}

export function run(): Command {
  return scenarioOptions(new Command('run'))
    .description('run a scenario on real backends and report which strategy does best')
    .addOption(
      new Option('--driver <name>', 'where backends run')
        .choices(['auto', 'docker', 'process'])
        .default('auto'),
    )
    .option('--out <dir>', 'the run directory itself; new or empty (default: results/<scenario>/<time>-<id>)')
    .option('--json', 'print the summary as JSON, alone on standard output')
    .option('--quiet', 'print nothing but errors and the result')
    .option('--strict', 'exit 98 when an expectation cannot be judged')
    .action(action);
}

async function action(file: string, options: Options): Promise<void> {
  const { loaded, contenders, source } = await prepare(file, options);
  const { driver, notes } = await chooseDriver(options.driver);
  refuseUnable(loaded, driver.name, driver.can);
  notes.push(...loaded.notes);
  for (const note of notes) if (!options.quiet) console.error(note);
  await reap(await findLeavings());
  const { dir, id } = await makeRunDirectory(loaded.scenario.name, { out: options.out });
  const interrupt = onInterrupt();
  const experiment = await Experiment.open({
    dir,
    id,
    scenario: loaded.scenario,
    contenders,
    source,
    driver,
    label: labelThisRun(id),
    notes,
    signal: interrupt.signal,
  });
  interrupt.onForce(() => experiment.close());
  const codes: number[] = [];
  try {
    await runLive(experiment, interrupt.signal, Boolean(options.quiet || options.json));
  } catch (error) {
    if (!interrupt.signal.aborted) console.error(`The run could not go on: ${(error as Error).message}`);
    codes.push(exitCode.failed);
  } finally {
    await experiment.close();
  }
  codes.push(...(await conclude(experiment, dir, interrupt.signal.aborted, options)));
  throw new Exit(interrupt.code ?? combine(codes));
}

/** Ends the recording, judges it and prints the result. Returns the exit codes of what was found. */
async function conclude(
  experiment: Experiment,
  dir: string,
  interrupted: boolean,
  options: Options,
): Promise<number[]> {
  const { trials } = await experiment.finish(
    interrupted || experiment.unfinished ? 'interrupted' : 'complete',
  );
  if (trials.length === 0) {
    console.error(`Nothing was measured. What there is stands in ${dir}`);
    return [];
  }
  const { buildReport } = await import('../../reports/report.ts');
  const { conclusion } = await import('../../reports/table.ts');
  let summary = await buildReport(dir);
  if (!summary.audit.passed && summary.status === 'complete') {
    await experiment.finish('invalid');
    summary = await buildReport(dir);
  }
  if (options.json) console.log(JSON.stringify(summary, undefined, 2));
  else console.log(`\n${conclusion(summary)}\n\nReport: ${resolve(dir, 'report.html')}`);
  return [
    trials.some(({ status }) => status === 'failed') ? exitCode.failed : exitCode.good,
    summary.status === 'invalid' ? exitCode.invalid : exitCode.good,
    ...summary.verdict.expectations.map(({ status }) =>
      status === 'fail'
        ? exitCode.expectation
        : status === 'unknown' && options.strict
          ? exitCode.unknown
          : exitCode.good,
    ),
  ];
}
