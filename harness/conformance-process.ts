/**
 * Conformance as a process of its own: the strategy is a user's file, which may never return, leave, or eat all memory.
 * Every message goes out before the play that it announces, so that the parent knows what hangs.
 */
import { conform, type Playing, type Violation } from '../strategies/conformance.ts';
import { shortestHang } from './conformance-hang.ts';
import { serve } from './role.ts';
import { lineOfFunction, lineOfThrow } from './source-place.ts';
import { findStrategy } from './strategies.ts';
import { StrategyInputError } from './strategy-options.ts';

/** Public name, or the absolute path of a user's own file. */
export interface ConformanceSettings {
  strategy: string;
}

export type ToConformance =
  /** Loads the file and plays nothing. */
  { type: 'load' } | { type: 'conform'; seed: number } | { type: 'shrink'; played: Playing };

/** A violation with the line of the strategy's file that shows it, where there is one. */
export interface FoundViolation extends Omit<Violation, 'thrown'> {
  readonly line?: number;
}

export type FromConformance =
  /** The file cannot be used at all; why. */
  | { type: 'unusable'; message: string }
  /** The file has been loaded. */
  | { type: 'loaded' }
  | { type: 'playing'; played: Playing }
  | { type: 'done'; violations: FoundViolation[] }
  /** The shortest sequence that still hangs, in words; undefined where the sequence alone does not. */
  | { type: 'shortest'; sequence: readonly string[] | undefined };

/** Plays are told of as they change, and else this often, ms: a shrinking takes thousands, all alike. */
const tellEvery = 500;

serve<ConformanceSettings, ToConformance, FromConformance>(async ({ strategy }, say) => {
  const tell = teller(say);
  const receive = async (message: ToConformance) => {
    const chosen = await findStrategy(strategy).catch((error: unknown) => {
      if (!(error instanceof StrategyInputError)) throw error;
      say({ type: 'unusable', message: error.message });
    });
    if (chosen === undefined) return;
    say({ type: 'loaded' });
    if (message.type === 'load') return say({ type: 'done', violations: [] });
    const { definition, file } = chosen;
    if (message.type === 'shrink')
      return say({ type: 'shortest', sequence: shortestHang(definition, message.played) });
    const violations = conform(definition, message.seed, { playing: tell });
    say({
      type: 'done',
      violations: violations.map(({ thrown, ...found }) => {
        const line = lineOfThrow(file, thrown) ?? lineOfPick(file, found.options);
        return { ...found, ...(line !== undefined && { line }) };
      }),
    });

    /** Where there was no throw, what is wrong is what pick returned. */
    function lineOfPick(file: string, options: Violation['options']): number | undefined {
      try {
        const env = { now: () => 0, random: () => 0 };
        return lineOfFunction(file, definition.create(env, options as Playing['options']).pick);
      } catch {
        return undefined; // it cannot be made in this poorer world; the violation stands without a line
      }
    }
  };
  return { receive };
});

function teller(say: (message: FromConformance) => void): (played: Playing) => void {
  let last: Playing | undefined;
  let at = 0;
  return (played) => {
    const same = last?.seed === played.seed && last.options === played.options && last.law === played.law;
    if (same && performance.now() - at < tellEvery) return;
    last = played;
    at = performance.now();
    say({ type: 'playing', played });
  };
}
