/**
 * The shortest sequence on which a strategy never returns. A play that hangs is cut off by V8 (`timeout` of node:vm), which
 * leaves no place where it was, and leaves its `finally` blocks out: for finding a sequence that is enough.
 */
import { Script } from 'node:vm';
import { type Playing, shrink, usualLength } from '../strategies/conformance.ts';
import { play, withoutAmbient } from '../strategies/conformance-play.ts';
import { inWords, type Step, sequence } from '../strategies/conformance-world.ts';
import type { StrategyDefinition } from '../strategies/strategy.ts';

export interface Patience {
  /** A play that takes longer hangs, ms. A play takes about one. */
  readonly eachMs?: number;
  /** The same for the result, which is looked at once more, ms. */
  readonly surelyMs?: number;
  /** Most milliseconds in all; then what was found so far has to do. */
  readonly withinMs?: number;
}

/**
 * Plays what hung again and removes steps for as long as it still hangs; in words. Undefined where there is no sequence to
 * shrink: the spread was measured, or the sequence alone does not hang, so that what was played before it matters.
 */
export function shortestHang(
  definition: StrategyDefinition,
  { seed, options, law }: Playing,
  { eachMs = 250, surelyMs = 2_000, withinMs = 15_000 }: Patience = {},
): readonly string[] | undefined {
  if (law === 'spread') return undefined;
  const until = performance.now() + withinMs;
  const hangs = (steps: readonly Step[], ms: number) =>
    isCutOff(() => play(definition, options, steps, seed), ms);
  const whole = sequence(seed, usualLength);
  if (!hangs(whole, surelyMs)) return undefined;
  const shortest = shrink(whole, (steps) => performance.now() < until && hangs(steps, eachMs));
  return (hangs(shortest, surelyMs) ? shortest : whole).map(inWords);
}

/** Whether `body` takes longer than `ms`; it is cut off then. */
function isCutOff(body: () => unknown, ms: number): boolean {
  const key = Symbol.for('steelyard.play');
  const holder = globalThis as { [key]?: () => unknown };
  const script = new Script(`globalThis[Symbol.for('${Symbol.keyFor(key)}')]()`);
  holder[key] = body;
  try {
    // A play that is cut off does not put clocks and randomness back; this one around it does.
    return withoutAmbient(
      () => undefined,
      () => {
        script.runInThisContext({ timeout: ms });
        return false;
      },
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return true;
    throw error;
  } finally {
    delete holder[key];
  }
}
