/**
 * A strategy may be a user's own file: what it throws, returns wrongly or never returns is an error that names the file and,
 * wherever it can be known, the line. It is never papered over by picking something else: that would be another strategy.
 */
import { callIn, lineOfFunction, lineOfThrow, placeOf } from './source-place.ts';
import type { Frame } from './whereabouts.ts';

/** A strategy as errors name it. */
export interface NamedStrategy {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
}

export class StrategyError extends Error {
  override name = 'StrategyError';
  /** The strategy's file. */
  readonly file: string;

  /** Names the line on which `cause` was thrown, or else `line`, or else the one that called into what throws this. */
  constructor(strategy: NamedStrategy, what: string, cause?: unknown, line?: number) {
    const { file } = strategy;
    const at = lineOfThrow(file, cause) ?? line ?? lineOfThrow(file, new Error());
    super(
      `strategy ${strategy.name} (${placeOf(file, at)}): ${what}`,
      cause === undefined ? undefined : { cause },
    );
    this.file = file;
  }

  /** From what a call into the strategy threw. */
  static thrown(strategy: NamedStrategy, call: string, error: unknown): StrategyError {
    if (error instanceof StrategyError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new StrategyError(strategy, `${call} threw: ${message}`, error);
  }

  /** A function of the strategy gave what it must not; the line is where that function is written. */
  static returned(strategy: NamedStrategy, what: string, by: unknown): StrategyError {
    return new StrategyError(strategy, what, undefined, lineOfFunction(strategy.file, by));
  }

  /** `silent` says how it was noticed; `frames` are the calls it is in, undefined where they cannot be known (whereabouts.ts). */
  static endless(
    strategy: NamedStrategy,
    silent: string,
    frames: readonly Frame[] | undefined,
  ): StrategyError {
    const line = frames && callIn(strategy.file, frames)?.line;
    return new StrategyError(strategy, `${silent}: ${whatHangs(strategy.file, frames)}`, undefined, line);
  }
}

/** Which of a strategy's functions never returns, in words, from the calls its process is in. */
export function whatHangs(file: string, frames: readonly Frame[] | undefined): string {
  const call = frames && callIn(file, frames);
  if (call !== undefined) {
    const caller = frames?.[frames.indexOf(call) + 1];
    const itself = caller === undefined || caller.file.startsWith('node:') ? 'the file itself' : 'a function';
    return `${call.function || itself} never returns; line ${call.line} is where it was found`;
  }
  if (frames === undefined)
    return 'something in it never returns; it runs native code that cannot be asked for its line';
  const [innermost] = frames;
  if (innermost === undefined) return 'it waits, as an `await` does, for what never comes';
  return `something in it never returns; it was found in ${placeOf(innermost.file, innermost.line)}, outside of the strategy’s file`;
}
