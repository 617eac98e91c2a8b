/** The command line. Each command stands in its own file under commands/; this one only gathers them and sets the exit code. */
import { Command, CommanderError } from 'commander';
import { ScenarioError } from '../scenarios/loader.ts';
import { version } from './environment.ts';
import { Exit, exitCode } from './exit.ts';
import { DirectoryError } from './run-directory.ts';

// Through `npm run steelyard` the working directory is the repository; paths mean the folder the user stands in.
if (process.env.npm_lifecycle_event === 'steelyard' && process.env.INIT_CWD)
  process.chdir(process.env.INIT_CWD);

/** Loaded where asked for, or for the list of all: a proxy need not hold for months what runs experiments and draws charts. */
const commands = new Map<string, () => Promise<Command>>([
  ['run', async () => (await import('./commands/run.ts')).run()],
  ['simulate', async () => (await import('./commands/simulate.ts')).simulate()],
  ['report', async () => (await import('./commands/report.ts')).report()],
  ['capacity', async () => (await import('./commands/capacity.ts')).capacity()],
  ['compare', async () => (await import('./commands/compare.ts')).compare()],
  ['verify', async () => (await import('./commands/verify.ts')).verify()],
  ['list', async () => (await import('./commands/list.ts')).list()],
  ['import', async () => (await import('./commands/import.ts')).importLog()],
  ['check', async () => (await import('./commands/check.ts')).check()],
  ['micro', async () => (await import('./commands/micro.ts')).micro()],
  ['proxy', async () => (await import('./commands/proxy.ts')).proxy()],
  ['doctor', async () => (await import('./commands/doctor.ts')).doctor()],
  ['init', async () => (await import('./commands/init.ts')).init()],
  ['clean', async () => (await import('./commands/clean.ts')).clean()],
]);

const program = new Command('steelyard')
  .description('Weighs load-balancing strategies on real backends before production does.')
  .version(version)
  .exitOverride()
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
Examples:
  $ steelyard run scenarios/failover.yaml                    which strategy best survives a backend's death
  $ steelyard run scenarios/steady.yaml --contenders p2c,random --rounds 7
  $ steelyard check my-scenario.yaml                         what it would do, and every mistake in it
  $ steelyard check ./my-strategy.mts                        the laws it breaks, each with the shortest sequence that shows it
  $ steelyard import access.log                              a scenario out of what a balancer wrote down
  $ steelyard compare results/before results/after --gate    exit 99 where the second is worse
  $ steelyard compare my-scenario.yaml --base main            this commit against another, in turns
  $ steelyard verify results/latest                          the same run again: does its verdict reproduce?
  $ steelyard capacity steady --meet 'p99 < 100ms'            how much each contender can take
  $ steelyard list strategies
  $ steelyard proxy --listen :8080 --backend http://10.0.0.7:80 --backend http://10.0.0.8:80
  $ steelyard micro --contenders p2c,./mine.mts              what a pick costs, by number of backends

Exit codes: 0 good · 1 harness or contender failed · 2 bad input · 3 the run is invalid ·
            98 unknown (--strict) · 99 an expectation failed · 130/143 interrupted`,
  );

const asked = commands.get(process.argv[2] ?? '');
for (const load of asked === undefined ? commands.values() : [asked])
  program.addCommand((await load()).exitOverride());

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = codeOf(error);
}

function codeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.good : exitCode.input;
  if (error instanceof ScenarioError || error instanceof DirectoryError) {
    console.error(error.message);
    return exitCode.input;
  }
  if (error instanceof Exit) {
    if (error.message !== '') console.error(error.message);
    return error.code;
  }
  console.error(error);
  return exitCode.failed;
}
