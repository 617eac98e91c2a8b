/**
 * `steelyard simulate --all` and `steelyard run --all`: every scenario of the library, each by the very command that runs it
 * alone, in a process and a directory of its own. What one of them does, an interruption too, leaves the others as they were.
 */
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Summary } from '../../reports/summary.ts';
import { listScenarios } from '../../scenarios/library.ts';
import { isAble, loadScenario, type RealDriver } from '../../scenarios/loader.ts';
import { type Tier, tiers } from '../../scenarios/tiers.ts';
import { now } from '../clock.ts';
import { combine, Exit, exitCode } from '../exit.ts';
import { onInterrupt } from '../interrupt.ts';
import { writeWhole } from '../recording.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { listStrategies } from '../strategies.ts';
import { type AllResult, allText, resultOf, type ScenarioResult, scenarioLine } from './all-results.ts';
import { OwnCommands } from './own-command.ts';
import { whole } from './scenario-options.ts';

export interface AllOptions {
  all?: boolean;
  tier?: Tier;
}

/** Adds `--all` and `--tier`. */
export function allOptions(command: Command): Command {
  return command
    .option('--all', 'every scenario of the library instead of one, each in a directory of its own')
    .addOption(
      new Option('--tier <name>', 'with --all: the few that a CI run has time for, or every one')
        .choices(tiers)
        .default('whole'),
    );
}

/** Adds `--jobs`. */
export function jobsOption(command: Command): Command {
  return command.option('--jobs <n>', 'how many simulations at once (default: one a core)', whole(1));
}

/** The one scenario that is meant, or undefined for all. Throws `Exit` with code 2 for neither and for both. */
export function oneOrAll(file: string | undefined, options: AllOptions): string | undefined {
  if (options.all && file !== undefined)
    throw new Exit(
      exitCode.input,
      `--all: expected no scenario beside it, got ${file}; leave one of them out`,
    );
  if (options.all) return undefined;
  if (file === undefined)
    throw new Exit(
      exitCode.input,
      'expected a scenario file, the name of one that ships with Steelyard, or --all, got none of them; see `steelyard list scenarios`',
    );
  if (options.tier !== undefined && options.tier !== 'whole')
    throw new Exit(
      exitCode.input,
      `--tier ${options.tier}: expected --all beside it; one scenario is no tier`,
    );
  return file;
}

export interface AllSettings {
  readonly command: 'run' | 'simulate';
  readonly tier: Tier;
  /** Options of the command, as they stand before each scenario's name. */
  readonly args: readonly string[];
  /** Which scenarios it cannot run are left out, with a word. Absent: the simulator, which can run any. */
  readonly driver?: RealDriver;
  /** How many scenarios at once; as many as there are cores unless given. */
  readonly jobs?: number | undefined;
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Runs them, prints a line for each as it ends and a table at the end, and throws the `Exit` that says how it went. */
export async function runAll(settings: AllSettings): Promise<never> {
  const { command, tier, json = false, quiet = false } = settings;
  const { able, unable } = await choose(settings);
  const { dir } = await makeRunDirectory(command === 'run' ? 'all' : 'all-simulated', {
    out: settings.out,
    kind: tier,
  });
  const interrupt = onInterrupt();
  const say = (line: string) => (json ? console.error(line) : console.log(line));
  const done = new Map<string, ScenarioResult>();
  const result = (): AllResult => ({
    schemaVersion: 1,
    ...{ command, tier, driver: settings.driver?.name ?? 'simulation' },
    status: interrupt.signal.aborted || done.size < able.length ? 'interrupted' : 'complete',
    scenarios: able.flatMap((name) => done.get(name) ?? []),
    leftOut: unable,
  });
  const waiting = [...able];
  const commands = new OwnCommands(interrupt);
  let written: Promise<void> = Promise.resolve();
  // Lanes end when they like, and all of them write the one file: in turn, so that what is written last knows the most.
  const write = () => {
    written = written.then(() => writeResult(dir, result()));
    return written;
  };
  const lane = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      if (interrupt.signal.aborted) return;
      const ended = await runOne(name, settings, dir, commands);
      done.set(name, ended);
      if (!quiet) say(scenarioLine(ended, Math.max(...able.map(({ length }) => length))));
      await write();
    }
  };
  const lanes = command === 'run' ? 1 : (settings.jobs ?? availableParallelism());
  await Promise.all(Array.from({ length: lanes }, lane));
  await write();
  const all = result();
  if (json) console.log(JSON.stringify(all, undefined, 2));
  else
    console.log(
      `\n${allText(all)}\n\nReports: ${join(relative('.', dir) || '.', '<scenario>', 'report.html')}`,
    );
  throw new Exit(interrupt.code ?? combine(all.scenarios.map(({ code }) => code)));
}

/** The names of the tier, sorted: those that can run where they are to run, and the others with what they need. */
async function choose({ tier, driver }: AllSettings) {
  const known = { strategies: await listStrategies() };
  const wanted = listScenarios().filter((it) => tier === 'whole' || it.tier === tier);
  const runs = ({ file }: { file: string }) =>
    driver === undefined || isAble(loadScenario({ file, known }), driver);
  return {
    able: wanted.filter(runs).map(({ name }) => name),
    unable: wanted.filter((it) => !runs(it)).map(({ name }) => name),
  };
}

/** One scenario by its own command. Never rejects: what kept it from an answer stands in the result. */
async function runOne(
  name: string,
  { command, args }: AllSettings,
  parent: string,
  commands: OwnCommands,
): Promise<ScenarioResult> {
  const began = now();
  const dir = join(parent, name);
  const { code, stdout, stderr } = await commands.run([
    command,
    name,
    ...args,
    '--json',
    '--quiet',
    '--out',
    dir,
  ]);
  return resultOf({
    ...{ name, dir, code, wallMs: now() - began },
    summary: stdout.trim() === '' ? undefined : (JSON.parse(stdout) as Summary),
    stderr: stderr.trim(),
  });
}

/** Whole or not at all, after every scenario, so that what is done is known however the rest ends. */
function writeResult(dir: string, result: AllResult): Promise<void> {
  return writeWhole(join(dir, 'all.json'), `${JSON.stringify(result, undefined, 2)}\n`);
}
