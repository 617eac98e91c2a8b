/** From an experiment that is ready to its exit code: what `run` and `simulate` have in common. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Summary } from '../../reports/summary.ts';
import { diskFull, isDiskFull } from '../disk-full.ts';
import { combine, Exit, exitCode } from '../exit.ts';
import type { Experiment } from '../experiment.ts';
import type { onInterrupt } from '../interrupt.ts';
import { runLive } from './live.ts';

export interface ResultOptions {
  out?: string;
  json?: boolean;
  quiet?: boolean;
  strict?: boolean;
}

/** Adds `--out`, `--json`, `--quiet` and `--strict`. */
export function resultOptions(command: Command): Command {
  return command
    .option('--out <dir>', 'the run directory itself; new or empty (default: results/<scenario>/<time>-<id>)')
    .option('--json', 'print the summary as JSON, alone on standard output')
    .option('--quiet', 'print nothing but errors and the result')
    .option('--strict', 'exit 98 when an expectation cannot be judged');
}

/** Runs every trial, judges the recording, prints the result, and throws the `Exit` that says how it went. */
export async function carryOut(
  experiment: Experiment,
  dir: string,
  interrupt: ReturnType<typeof onInterrupt>,
  options: ResultOptions,
  /** What is left to do once the trials are over and their backends gone. */
  afterwards: () => Promise<void> = () => Promise.resolve(),
): Promise<never> {
  interrupt.onForce(() => experiment.close());
  const codes: number[] = [];
  try {
    await runLive(experiment, interrupt.signal, Boolean(options.quiet || options.json));
  } catch (error) {
    if (!interrupt.signal.aborted) console.error(`The run could not go on: ${(error as Error).message}`);
    codes.push(exitCode.failed);
  }
  // What was measured is worth its report, whatever could not be removed.
  await experiment.close().catch((error: Error) => {
    console.error(`\n${error.message}`);
    codes.push(exitCode.failed);
  });
  const { over } = experiment;
  if (over !== undefined) {
    console.error(`\n${over.why}`);
    codes.push(over.code);
  }
  try {
    if (over === undefined) await afterwards();
    codes.push(...(await conclude(experiment, dir, interrupt.signal.aborted, options)));
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    if (over === undefined) console.error(`\n${diskFull(dir)}`);
    codes.push(exitCode.failed);
  }
  throw new Exit(interrupt.code ?? combine(codes));
}

/** Ends the recording as what it is and writes its reports; one that fails its own audit is invalid. Undefined where nothing was measured. */
export async function endAndJudge(
  experiment: Experiment,
  dir: string,
  interrupted: boolean,
): Promise<Summary | undefined> {
  const early = interrupted || experiment.unfinished ? 'interrupted' : 'complete';
  const { trials } = await experiment.finish(experiment.run.broken === undefined ? early : 'invalid');
  if (trials.length === 0) return undefined;
  const { buildReport } = await import('../../reports/report.ts');
  const summary = await buildReport(dir);
  if (summary.audit.passed || summary.status !== 'complete') return summary;
  await experiment.finish('invalid');
  return buildReport(dir);
}

/** Ends the recording, judges it and prints the result. Returns the exit codes of what was found. */
async function conclude(
  experiment: Experiment,
  dir: string,
  interrupted: boolean,
  options: ResultOptions,
): Promise<number[]> {
  const { trials } = experiment.run;
  const summary = await endAndJudge(experiment, dir, interrupted);
  if (summary === undefined) {
    console.error(`Nothing was measured. What there is stands in ${dir}`);
    return [];
  }
  const { conclusion } = await import('../../reports/table.ts');
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
