/** The strategies that geographic may run within a zone, each with its default options. */
import consistentHash from './consistent-hash.ts';
import leastConnections from './least-connections.ts';
import leastResponseTime from './least-response-time.ts';
import p2c from './p2c.ts';
import p2cPeakEwma from './p2c-peak-ewma.ts';
import random from './random.ts';
import roundRobin from './round-robin.ts';
import type { Env, Strategy, StrategyDefinition, Values } from './strategy.ts';
import weightedRandom from './weighted-random.ts';
import weightedRoundRobin from './weighted-round-robin.ts';

const definitions = {
  'consistent-hash': consistentHash,
  'least-connections': leastConnections,
  'least-response-time': leastResponseTime,
  p2c,
  'p2c-peak-ewma': p2cPeakEwma,
  random,
  'round-robin': roundRobin,
  'weighted-random': weightedRandom,
  'weighted-round-robin': weightedRoundRobin,
} as const satisfies Record<string, StrategyDefinition>;

export type InnerName = keyof typeof definitions;

export const innerNames = Object.keys(definitions) as InnerName[];

/** A new instance. */
export function innerOf(name: InnerName, env: Env): Strategy {
  const { options, create } = definitions[name] as StrategyDefinition;
  const defaults = Object.entries(options).map(([option, { default: value }]) => [option, value]);
  return create(env, Object.fromEntries(defaults) as Values<typeof options>);
}
