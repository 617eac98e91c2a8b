/** `steelyard compare BASE HEAD`: two recorded runs of one scenario, round against round; `--gate` fails where the second is worse. */
import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { parseShare } from '../../scenarios/units.ts';
import { Exit, exitCode } from '../exit.ts';
import { readRun } from '../recording.ts';

interface Options {
  gate?: boolean;
  tolerate: number;
  tolerateErrors: number;
  otherMachine?: boolean;
  different: string[];
  out?: string;
  json?: boolean;
  strict?: boolean;
}

function share(text: string): number {
  const value = parseShare(text);
  if (value === undefined || !(value >= 0))
    throw new InvalidArgumentError(`expected a share such as 5%, got ${text}`);
  return value;
}

export function compare(): Command {
  return new Command('compare')
    .description('compare two recorded runs of the same scenario, round by round')
    .argument('<base>', 'run directory of the baseline')
    .argument('<head>', 'run directory of the candidate')
    .option('--gate', 'exit 99 when the candidate has regressed')
    .option('--tolerate <share>', 'by so much latencies and goodput may be worse', share, 0.05)
    .option(
      '--tolerate-errors <share>',
      'by so much the share of failed or late requests may be larger',
      share,
      0.001,
    )
    .option('--other-machine', 'gate also where the two were measured on different machines')
    .option(
      '--different <path>',
      'what of the scenario is meant to differ, for example fleet.0.image (repeatable)',
      (text, before: string[]) => [...before, text],
      [] as string[],
    )
    .option('--out <file>', 'write the comparison as Markdown, too')
    .option('--json', 'print the comparison as JSON, alone on standard output')
    .option('--strict', 'exit 98 when it is inconclusive')
    .action(action);
}

async function action(baseDir: string, headDir: string, options: Options): Promise<void> {
  const { compareRuns, Incomparable, sameMachine } = await import('../../reports/regression.ts');
  const { comparisonMarkdown, comparisonText } = await import('../../reports/regression-text.ts');
  const [base, head] = [await sideOf(baseDir), await sideOf(headDir)];
  if (options.gate && !options.otherMachine && !sameMachine(base.run, head.run))
    throw new Exit(
      exitCode.input,
      `--gate: expected two runs of one machine, got ${base.run.environment.cpuModel} and ${head.run.environment.cpuModel}; ` +
        'measure both in one job, or add --other-machine',
    );
  const tolerance = { ratio: options.tolerate, errors: options.tolerateErrors };
  const comparison = (() => {
    try {
      return compareRuns(base, head, tolerance, options.different);
    } catch (cause) {
      if (!(cause instanceof Incomparable)) throw cause;
      throw new Exit(exitCode.input, `${baseDir} and ${headDir}: ${cause.message}`, { cause });
    }
  })();
  if (options.out !== undefined) await writeFile(options.out, comparisonMarkdown(comparison));
  console.log(options.json ? JSON.stringify(comparison, undefined, 2) : comparisonText(comparison));
  const invalid = [base, head].some(({ summary }) => summary.status === 'invalid');
  if (invalid) throw new Exit(exitCode.invalid);
  if (options.gate && comparison.verdict === 'regressed') throw new Exit(exitCode.expectation);
  if (options.strict && comparison.verdict === 'inconclusive') throw new Exit(exitCode.unknown);
}

async function sideOf(dir: string) {
  await readRun(dir).catch((cause: Error) => {
    throw new Exit(exitCode.input, cause.message, { cause });
  });
  const { readReport } = await import('../../reports/report.ts');
  return readReport(dir);
}
