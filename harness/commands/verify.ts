/** `steelyard verify RUN`: makes a recorded run again, here and now, and says whether its verdict reproduces. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import type { Finding, Summary } from '../../reports/summary.ts';
import { Exit, exitCode } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { type Run, readRun } from '../recording.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { OwnCommands } from './own-command.ts';
import { whole } from './scenario-options.ts';

interface Options {
  seed?: number;
  out?: string;
  json?: boolean;
  quiet?: boolean;
}

export function verify(): Command {
  return new Command('verify')
    .description('make a recorded run again and say whether its verdict reproduces')
    .argument('<run>', 'run directory, such as results/latest')
    .option('--seed <n>', 'other luck than it had (default: the same requests and faults)', whole(0))
    .option('--out <dir>', 'the run directory of the second run; new or empty')
    .option('--json', 'print the findings as JSON, alone on standard output')
    .option('--quiet', 'print nothing but errors and the result')
    .action(action);
}

async function action(dir: string, options: Options): Promise<never> {
  const run = await readRun(dir).catch((cause: Error) => {
    throw new Exit(exitCode.input, cause.message, { cause });
  });
  if (run.status !== 'complete')
    throw new Exit(
      exitCode.input,
      `${dir}: expected a complete run, got one that is ${run.status}; there is no verdict to verify`,
    );
  const { readReport } = await import('../../reports/report.ts');
  const { summary: first } = await readReport(dir);
  const interrupt = onInterrupt();
  const commands = new OwnCommands(interrupt);
  const scratch = await mkdtemp(join(tmpdir(), 'steelyard-verify-'));
  try {
    const { dir: out } = await makeRunDirectory(run.scenario.name, { out: options.out, kind: 'verify' });
    const args = argumentsOf(await scenarioOf(run, scratch), run, out, options);
    if (interrupt.code !== undefined) throw new Exit(interrupt.code);
    const { code } = await commands.run(args, { aloud: true });
    if (interrupt.code !== undefined)
      throw new Exit(interrupt.code, `Interrupted; what was recorded of the second run stands in ${out}`);
    const summary = JSON.parse(
      await readFile(join(out, 'summary.json'), 'utf8').catch((cause: unknown) => {
        throw new Exit(code === 0 ? exitCode.failed : code, 'The second run came to no verdict', { cause });
      }),
    ) as Summary;
    if (summary.status !== 'complete')
      throw new Exit(code === 0 ? exitCode.invalid : code, `The second run is ${summary.status}; see ${out}`);
    await conclude(first, summary, out, options);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  throw new Exit(exitCode.good);
}

/** The file it was made from where that still says the same, as strategies beside it are named from there; else what it said. */
async function scenarioOf({ source, scenario }: Run, scratch: string): Promise<string> {
  if (existsSync(source.file) && readFileSync(source.file, 'utf8') === source.text) return source.file;
  const own = (scenario.contenders === 'all' ? [] : scenario.contenders).filter((it) =>
    /[./]/.test(typeof it === 'string' ? it : it.strategy),
  );
  if (own.length > 0)
    throw new Exit(
      exitCode.input,
      `expected ${source.file} as it was when the run was made, since strategies beside it take part, got ${existsSync(source.file) ? 'another text' : 'no such file'}; put it back`,
    );
  const file = join(scratch, `${scenario.name}.yaml`);
  await writeFile(file, source.text);
  return file;
}

/** The words of the very command that made it. */
function argumentsOf(file: string, run: Run, out: string, options: Options): string[] {
  const simulated = run.driver === 'simulation';
  return [
    ...[simulated ? 'simulate' : 'run', file, '--out', resolve(out)],
    ...['--contenders', run.contenders.map((it) => asked(run, it)).join(',')],
    ...['--rounds', String(run.scenario.rounds), '--seed', String(options.seed ?? run.seed)],
    ...(simulated ? ['--no-regret'] : ['--driver', run.driver, '--no-twins']),
    // Percentiles of folds are not those of rows, to the bit.
    ...(simulated && run.trials.every(({ rows }) => rows === 'folded') ? ['--fold'] : []),
    ...run.source.sets.flatMap((it) => ['--set', it]),
    ...(options.quiet || options.json ? ['--quiet'] : []),
  ];
}

/** How a contender is named on a command line: by the name the scenario gives it, else by its strategy or its file. */
function asked({ scenario }: Run, { name, strategy }: Run['contenders'][number]): string {
  const entries = scenario.contenders === 'all' ? [] : scenario.contenders;
  return entries.some((it) => typeof it === 'object' && it.name === name) ? name : strategy;
}

const marks = { true: 'yes', false: 'NO', null: ' – ' } as const;

async function conclude(first: Summary, again: Summary, out: string, options: Options): Promise<void> {
  const { reproduction } = await import('../../reports/reproduction.ts');
  const findings = reproduction(first, again);
  const reproduced = findings.every(({ ok }) => ok !== false);
  if (options.json) console.log(JSON.stringify({ reproduced, run: out, findings }, undefined, 2));
  else
    console.log(
      [
        '',
        ...findings.map(line),
        '',
        `The verdict ${reproduced ? 'reproduces' : 'does not reproduce'}. Second run: ${resolve(out, 'report.html')}`,
      ].join('\n'),
    );
  if (!reproduced) throw new Exit(exitCode.expectation);
}

const line = ({ check, ok, detail }: Finding) =>
  `${marks[String(ok) as 'true' | 'false' | 'null'].padEnd(4)} ${check}: ${detail}`;
