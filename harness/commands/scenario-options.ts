/** The options that every command which runs a scenario shares, and the scenario they lead to. */
import { type Command, InvalidArgumentError } from 'commander';
import type { ResolvedContender } from '../../scenarios/contenders.ts';
import { type LoadedScenario, loadScenario, resolveContenders } from '../../scenarios/loader.ts';
import { parseShare } from '../../scenarios/units.ts';
import { Exit, exitCode } from '../exit.ts';
import type { Run } from '../recording.ts';
import { chooseStrategy, listStrategies } from '../strategies.ts';
import { StrategyInputError } from '../strategy-options.ts';
import { assertLoads } from '../strategy-player.ts';

export interface ScenarioOptions {
  contenders?: string;
  rounds?: number;
  seed?: number;
  set: string[];
}

/** A reader of whole numbers from the command line. */
export function whole(least: number) {
  return (text: string) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`expected a whole number of at least ${least}, got ${text}`);
    return value;
  };
}

/** A reader of shares from the command line; `expected` says which are allowed. */
export function share(allowed: (share: number) => boolean, expected: string) {
  return (text: string) => {
    const value = parseShare(text);
    if (value === undefined || !allowed(value))
      throw new InvalidArgumentError(`expected ${expected}, got ${text}`);
    return value;
  };
}

/** Of an option that may be repeated. */
export const collected = (text: string, before: string[]) => [...before, text];

/** Adds `SCENARIO`, optional where there is `--all`, and `--contenders`, `--rounds`, `--seed` and `--set`. */
export function scenarioOptions(command: Command, { orAll = false } = {}): Command {
  return command
    .argument(
      orAll ? '[scenario]' : '<scenario>',
      'a scenario file, or the name of one that ships with Steelyard',
    )
    .option(
      '--contenders <names>',
      'comma-separated strategies or files, or `all`, instead of the scenario’s own',
    )
    .option('--rounds <n>', 'how often each contender runs', whole(1))
    .option('--seed <n>', 'seed of all randomness', whole(0))
    .option(
      '--set <path=value>',
      'override any value, for example fleet.0.count=20 (repeatable)',
      collected,
      [] as string[],
    );
}

/** The same options as words of a command line. */
export function asArguments({ contenders, rounds, seed, set }: ScenarioOptions): string[] {
  return [
    ...(contenders === undefined ? [] : ['--contenders', contenders]),
    ...(rounds === undefined ? [] : ['--rounds', String(rounds)]),
    ...(seed === undefined ? [] : ['--seed', String(seed)]),
    ...set.flatMap((it) => ['--set', it]),
  ];
}

/** A scenario that can run, its contenders resolved, users' own strategy files loaded. */
export interface Ready {
  readonly loaded: LoadedScenario;
  readonly contenders: readonly ResolvedContender[];
  readonly source: Run['source'];
}

/** Loads what the command line names. Throws `ScenarioError`, or `Exit` with code 2 for a strategy file that cannot be used. */
export async function prepare(file: string, options: ScenarioOptions, simulated = false): Promise<Ready> {
  const strategies = new Map(await listStrategies());
  const loaded = loadScenario({
    file,
    sets: options.set,
    known: { strategies, simulated },
    ...(options.contenders === undefined
      ? {}
      : { contenders: options.contenders.split(',').map((it) => it.trim()) }),
    ...(options.rounds === undefined ? {} : { rounds: options.rounds }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
  const own = new Set(loaded.contenders.flatMap((it) => (it.file === undefined ? [] : [it.file])));
  for (const path of own) strategies.set(path, await ownStrategy(path));
  return {
    loaded,
    contenders: own.size === 0 ? loaded.contenders : resolveContenders(loaded, { strategies, simulated }),
    source: { file: loaded.file, text: loaded.text, sets: [...loaded.sets] },
  };
}

/** The definition in a user’s own file, by absolute path; its options are checked later. Throws `Exit` with code 2 where it cannot be used. */
export async function ownStrategy(path: string) {
  try {
    await assertLoads(path); // one that never finishes loading would hang this process
    return (await chooseStrategy(path)).definition;
  } catch (cause) {
    if (cause instanceof StrategyInputError) throw new Exit(exitCode.input, cause.message, { cause });
    throw cause;
  }
}
