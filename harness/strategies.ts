import type { Options, StrategyDefinition, Values } from '../strategies/strategy.ts';
/** A strategy with where it came from and its validated options. */
export interface ChosenStrategy {
  readonly name: string;
  /** Absolute path, for errors. */
  readonly file: string;
  readonly definition: StrategyDefinition;
  readonly values: Values<Options>;
}
