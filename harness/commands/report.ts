/** `steelyard report DIR`: rebuilds every fold of a recording, also of a run that was cut short. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { collect } from '../collect.ts';
import { Exit, exitCode } from '../exit.ts';
import { readRun } from '../recording.ts';

export function report(): Command {
  return new Command('report')
    .description('rebuild the report of a recorded run')
    .argument('<dir>', 'run directory, such as results/latest')
    .option('--json', 'print the summary as JSON, alone on standard output')
    .option('--quiet', 'print nothing but errors')
    .action(async (dir: string, options: { json?: boolean; quiet?: boolean }) => {
      const run = await readRun(dir).catch((cause: Error) => {
        throw new Exit(exitCode.input, cause.message, { cause });
      });
      // A harness that was killed left its spools; they become the recording now.
      for (const trial of run.trials) await collect(dir, run, trial);
      const { buildReport } = await import('../../reports/report.ts');
      const { conclusion } = await import('../../reports/table.ts');
      const summary = await buildReport(dir);
      if (options.json) console.log(JSON.stringify(summary, undefined, 2));
      else if (!options.quiet)
        console.log(`${conclusion(summary)}\n\nReport: ${resolve(dir, 'report.html')}`);
      if (!summary.audit.passed && summary.status !== 'interrupted') throw new Exit(exitCode.invalid);
    });
}
