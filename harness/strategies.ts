/**
 * The strategies there are: every file of the folder `strategies/`, under its file name, and a user's own file under
 * its absolute path. Options are checked here against the descriptors the file exports, so that a strategy needs no
 * library and meets only values it declared.
 */
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest } from '../scenarios/nearest.ts';
import { poolsOf } from '../scenarios/pools.ts';
import { loadFolder } from '../scenarios/registry.ts';
import type { BalancerSettings } from '../scenarios/scenario.ts';
import type { Options, StrategyDefinition, Values } from '../strategies/strategy.ts';
import { loadStrategyFile } from './strategy-file.ts';
import { optionValues, StrategyInputError } from './strategy-options.ts';

/** A strategy with where it came from and its validated options. */
export interface ChosenStrategy {
  readonly name: string;
  /** Absolute path, for errors. */
  readonly file: string;
  readonly definition: StrategyDefinition;
  readonly values: Values<Options>;
}

const folder = new URL('../strategies/', import.meta.url);
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** Every strategy of the folder, by name, in sorted order. */
export function listStrategies(): Promise<ReadonlyMap<string, StrategyDefinition>> {
  return loadFolder<StrategyDefinition>(folder);
}

/** The absolute path of a strategy's file, by its public name or the absolute path of a user's own file. */
export function strategyFile(nameOrFile: string): string {
  return isAbsolute(nameOrFile) ? nameOrFile : fileURLToPath(new URL(`${nameOrFile}${extension}`, folder));
}

/** Finds a strategy by its public name or by the absolute path of a user's own file. Throws `StrategyInputError`. */
export function findStrategy(nameOrFile: string): Promise<Omit<ChosenStrategy, 'values'>> {
  return isAbsolute(nameOrFile) ? loadStrategyFile(nameOrFile) : namedStrategy(nameOrFile);
}

/**
 * Finds a strategy and checks its options as a user writes them: durations carry a unit, as in a scenario.
 * Throws `StrategyInputError`.
 */
export async function chooseStrategy(
  nameOrFile: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<ChosenStrategy> {
  const found = await findStrategy(nameOrFile);
  return { ...found, values: optionValues(found.name, found.definition.options, options) };
}

/** The strategies of those pools that have one of their own, by the pool's name; options are those of a checked section. */
export async function poolStrategies(
  balancer: BalancerSettings,
): Promise<ReadonlyMap<string, ChosenStrategy>> {
  const strategies = new Map<string, ChosenStrategy>();
  for (const { name, strategy } of poolsOf(balancer))
    if (strategy !== undefined)
      strategies.set(name, {
        ...(await findStrategy(strategy.name)),
        values: strategy.options as Values<Options>,
      });
  return strategies;
}

async function namedStrategy(name: string) {
  const all = await listStrategies();
  const definition = all.get(name);
  if (definition !== undefined) return { name, file: strategyFile(name), definition };
  const meant = nearest(name, all.keys());
  const known = meant === undefined ? `one of ${[...all.keys()].join(', ')}` : `${meant}?`;
  throw new StrategyInputError(
    ['strategy'],
    `expected the name of a strategy or a file, got ${JSON.stringify(name)}; did you mean ${known}`,
  );
}
