/** `steelyard report DIR`: rebuilds every fold of a recording, also of a run that was cut short; and of a sweep. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
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
      if (existsSync(join(dir, 'sweep.json'))) return reportSweep(dir, options);
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

async function reportSweep(dir: string, options: { json?: boolean; quiet?: boolean }): Promise<void> {
  const { readSweep } = await import('../../reports/sweep.ts');
  const { buildSweepReport, sweepText } = await import('../../reports/sweep-report.ts');
  const sweep = await readSweep(dir).catch((cause: Error) => {
    throw new Exit(exitCode.input, cause.message, { cause });
  });
  await buildSweepReport(dir, sweep);
  if (options.json) console.log(JSON.stringify(sweep, undefined, 2));
  else if (!options.quiet) console.log(`${sweepText(sweep)}\n\nReport: ${resolve(dir, 'report.html')}`);
  if (sweep.status === 'invalid') throw new Exit(exitCode.invalid);
}
