/**
 * `steelyard compare`: is one worse than the other? Two recorded runs (`BASE HEAD`), or two commits of the user's repository measured here
 * and now, interleaved (`SCENARIO --base REF --head REF`). `--gate` fails where the second has regressed.
 */
import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import type { Side, Tolerance } from '../../reports/regression.ts';
import { combine, Exit, exitCode } from '../exit.ts';
import { readRun } from '../recording.ts';
import { type Measured, measureRefs } from './compare-refs.ts';
import { collected, share, whole } from './scenario-options.ts';

interface Options {
  base?: string;
  head?: string;
  contenders?: string;
  rounds?: number;
  seed?: number;
  set: string[];
  driver: 'auto' | 'docker' | 'process' | 'simulation';
  prepare?: string;
  runs?: string;
  gate?: boolean;
  tolerate: number;
  tolerateErrors: number;
  otherMachine?: boolean;
  different: string[];
  out?: string;
  json?: boolean;
  quiet?: boolean;
  strict?: boolean;
}

const tolerated = share((it) => it >= 0, 'a share such as 5%');

export function compare(): Command {
  return new Command('compare')
    .description('compare two recorded runs, or two commits measured here and now, round by round')
    .argument('<what...>', 'two run directories; or one scenario, with --base and --head')
    .option('--base <ref>', 'the commit to compare with: measured from a checkout of its own')
    .option('--head <ref>', 'the commit that is judged (default with --base: HEAD)')
    .addOption(
      new Option('--driver <name>', 'with --base: where backends run, or virtual time')
        .choices(['auto', 'docker', 'process', 'simulation'])
        .default('auto'),
    )
    .option(
      '--prepare <command>',
      'with --base: run in each checkout before it is measured, such as "npm ci"',
    )
    .option('--runs <dir>', 'with --base: where the two recordings go; new or empty')
    .option('--contenders <names>', 'with --base: instead of the scenario’s own')
    .option('--rounds <n>', 'with --base: how often each side runs (default: 15)', whole(1))
    .option('--seed <n>', 'with --base: seed of all randomness', whole(0))
    .option('--set <path=value>', 'with --base: override any value (repeatable)', collected, [] as string[])
    .option('--gate', 'exit 99 when the candidate has regressed')
    .option('--tolerate <share>', 'by so much latencies and goodput may be worse', tolerated, 0.05)
    .option(
      '--tolerate-errors <share>',
      'by so much the share of failed or late requests may be larger',
      tolerated,
      0.001,
    )
    .option('--other-machine', 'gate also where the two were measured on different machines')
    .option(
      '--different <path>',
      'what of the scenario is meant to differ, for example fleet.0.image (repeatable)',
      collected,
      [] as string[],
    )
    .option('--out <file>', 'write the comparison as Markdown, too')
    .option('--json', 'print the comparison as JSON, alone on standard output')
    .option('--quiet', 'print nothing but errors and the result')
    .option('--strict', 'exit 98 when it is inconclusive')
    .action(action);
}

async function action(what: string[], options: Options): Promise<never> {
  const { base, head, codes } = await sides(what, options);
  const tolerance = { ratio: options.tolerate, errors: options.tolerateErrors };
  const comparison = await compared(what, base, head, tolerance, options);
  const { comparisonMarkdown, comparisonText } = await import('../../reports/regression-text.ts');
  if (options.out !== undefined) await writeFile(options.out, comparisonMarkdown(comparison));
  console.log(options.json ? JSON.stringify(comparison, undefined, 2) : `\n${comparisonText(comparison)}`);
  const { failuresIn } = await import('../../reports/regression.ts');
  const found = [
    failuresIn(base, head).length > 0 ? exitCode.failed : exitCode.good,
    comparison.invalid ? exitCode.invalid : exitCode.good,
    options.gate && comparison.verdict === 'regressed' ? exitCode.expectation : exitCode.good,
    options.strict && comparison.verdict === 'inconclusive' ? exitCode.unknown : exitCode.good,
  ];
  throw new Exit(combine([...codes, ...found]));
}

/** What is compared: as it was recorded, or once it has been; `codes` are of what went wrong as it was. */
async function sides(what: string[], options: Options): Promise<Measured> {
  const { base, head = 'HEAD', ...rest } = options;
  if (base !== undefined) {
    const [scenario] = what;
    if (what.length !== 1 || scenario === undefined)
      throw new Exit(exitCode.input, `expected one scenario beside --base, got ${what.join(' ')}`);
    return measureRefs(scenario, { ...rest, base, head });
  }
  if (options.head !== undefined)
    throw new Exit(
      exitCode.input,
      '--head: expected --base beside it, got none; name the commit to compare with',
    );
  const [before, after] = what;
  if (what.length !== 2 || before === undefined || after === undefined)
    throw new Exit(
      exitCode.input,
      `expected two run directories, or one scenario with --base REF, got ${what.join(' ')}`,
    );
  return { base: await sideOf(before), head: await sideOf(after), codes: [] };
}

async function compared(what: string[], base: Side, head: Side, tolerance: Tolerance, options: Options) {
  const { compareRuns, Incomparable, sameMachine } = await import('../../reports/regression.ts');
  if (options.gate && !options.otherMachine && !sameMachine(base.run, head.run))
    throw new Exit(
      exitCode.input,
      `--gate: expected two runs of one machine, got ${base.run.environment.cpuModel} and ${head.run.environment.cpuModel}; ` +
        'measure both in one job, or add --other-machine',
    );
  // What a commit changes in its services and its balancer is what is compared; what clients and faults do must be the same.
  const meant = options.base === undefined ? options.different : [...options.different, 'fleet', 'balancer'];
  try {
    const invalid = [base, head].some(({ summary }) => summary.status === 'invalid');
    return { ...compareRuns(base, head, tolerance, meant), ...(invalid ? { invalid } : {}) };
  } catch (cause) {
    if (!(cause instanceof Incomparable)) throw cause;
    throw new Exit(exitCode.input, `${what.join(' and ')}: ${cause.message}`, { cause });
  }
}

async function sideOf(dir: string): Promise<Side> {
  await readRun(dir).catch((cause: Error) => {
    throw new Exit(exitCode.input, cause.message, { cause });
  });
  const { readReport } = await import('../../reports/report.ts');
  return readReport(dir);
}
