/** Conformance of one strategy, watched from outside: what never returns, or ends its process, is a violation like others. */
import type { Playing } from '../strategies/conformance.ts';
import { laws } from '../strategies/conformance-play.ts';
import type { FoundViolation, FromConformance } from './conformance-process.ts';
import { endOf, hang, unloadable, usualSilence, withPlayer } from './strategy-player.ts';

/** A broken law. `returns` is judged here, from outside: a play that hangs cannot judge itself. */
export type BrokenLaw = Omit<FoundViolation, 'law'> & { readonly law: FoundViolation['law'] | 'returns' };

/** What it says in words, beside `laws`. */
export const returns = 'every call returns: a pick that waits would hold up every request';

export interface CheckOptions {
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Longest silence before a play counts as hung, ms. */
  readonly silentMs?: number;
}

/** Most milliseconds for a sequence to be shrunk, loading included. */
const shrinkWithin = 40_000;

/**
 * Every law the strategy breaks; empty when it conforms. `strategy` is its public name, or the absolute path that `file` is
 * too. Rejects with `StrategyInputError` where the file cannot be used or never finishes loading, and with its reason when
 * `signal` aborts. Nothing is left running.
 */
export async function checkStrategy(
  strategy: string,
  file: string,
  { seed, signal, silentMs = usualSilence }: CheckOptions,
): Promise<BrokenLaw[]> {
  let played: Playing = { seed, options: {} };
  let loaded = false;
  const note = (message: FromConformance) => {
    loaded ||= message.type === 'loaded';
    if (message.type === 'playing') played = message.played;
  };
  return withPlayer(strategy, signal, async (player) => {
    player.send({ type: 'conform', seed });
    const end = await endOf(player, silentMs, note, signal);
    if (end.type === 'done') return end.violations;
    if (!loaded) throw await unloadable(file, player, end, silentMs);
    if (end.type === 'ended') return [broken('survives', end.words, played)];
    const [what, line] = await hang(file, player, silentMs);
    const sequence = await shortest(strategy, played, signal);
    const when =
      played.law === 'spread'
        ? 'while the spread over pools of 2 to 9 backends was measured'
        : sequence === undefined
          ? 'not so when that seed’s sequence is played alone: it remembers what was played before'
          : sequence.length === 0
            ? 'before the first step'
            : 'in this sequence';
    return [broken('returns', `${what}; ${when}`, played, sequence, line)];
  });
}

function broken(
  law: BrokenLaw['law'],
  detail: string,
  { seed, options }: Playing,
  sequence: readonly string[] = [],
  line?: number,
): BrokenLaw {
  const says = law === 'returns' ? returns : laws[law];
  return { law, says, detail, seed, options, sequence, ...(line !== undefined && { line }) };
}

/** The shortest sequence that hangs, in words; undefined where the one that did does not when played alone. */
function shortest(strategy: string, played: Playing, signal: AbortSignal | undefined) {
  return withPlayer(strategy, signal, async (player) => {
    player.send({ type: 'shrink', played });
    const end = await endOf(player, shrinkWithin, () => undefined, signal);
    return end.type === 'shortest' ? end.sequence : undefined;
  });
}
