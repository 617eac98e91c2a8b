/**
 * A strategy may be a user's own file: what it throws or returns wrongly is an error that names the file and, where
 * the stack shows it, the line. It is never papered over by picking something else: that would be another strategy.
 */
export class StrategyError extends Error {
  override name = 'StrategyError';
  /** The strategy's file. */
  readonly file: string;

  constructor(strategy: { name: string; file: string }, what: string, cause?: unknown) {
    super(`strategy ${strategy.name} (${place(strategy.file, cause)}): ${what}`, { cause });
    this.file = strategy.file;
  }

  /** From what a call into the strategy threw. */
  static thrown(strategy: { name: string; file: string }, call: string, error: unknown): StrategyError {
    if (error instanceof StrategyError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new StrategyError(strategy, `${call} threw: ${message}`, error);
  }
}

/** The file, with the line on which it threw where the stack names it. */
function place(file: string, cause: unknown): string {
  const stack = cause instanceof Error ? (cause.stack ?? '') : '';
  const at = stack.indexOf(`${file}:`);
  const line = at < 0 ? undefined : /^\d+/.exec(stack.slice(at + file.length + 1));
  return line ? `${file}:${line[0]}` : file;
}
