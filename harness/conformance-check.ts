/** Conformance of one strategy, watched from outside: what never returns, or ends its process, is a violation like others. */
import { randomUUID } from 'node:crypto';
import { extname } from 'node:path';
import type { Playing } from '../strategies/conformance.ts';
import { laws } from '../strategies/conformance-play.ts';
import type {
  ConformanceSettings,
  FoundViolation,
  FromConformance,
  ToConformance,
} from './conformance-process.ts';
import { environmentOf, labelThisRun } from './ownership.ts';
import { type Child, launch } from './role.ts';
import { callIn, placeOf } from './source-place.ts';
import { whatHangs } from './strategy-guard.ts';
import { StrategyInputError } from './strategy-options.ts';
import { lastWords } from './trial-processes.ts';

/** A broken law. `returns` is judged here, from outside: a play that hangs cannot judge itself. */
export type BrokenLaw = Omit<FoundViolation, 'law'> & { readonly law: FoundViolation['law'] | 'returns' };

/** What it says in words, beside `laws`. */
export const returns = 'every call returns: a pick that waits would hold up every request';

export interface CheckOptions {
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Longest silence before a play counts as hung, ms. A sequence takes about one, the spread of one pool some tens. */
  readonly silentMs?: number;
}

type Player = Child<ToConformance, FromConformance>;
type End = Extract<FromConformance, { type: 'done' | 'unusable' | 'shortest' }> | Silent | Ended;
type Silent = { type: 'silent' };
type Ended = { type: 'ended'; words: string };

/** Most milliseconds for a sequence to be shrunk, loading included. */
const shrinkWithin = 40_000;

/**
 * Every law the strategy breaks; empty when it conforms. `strategy` is its public name, or the absolute path that `file` is
 * too. Rejects with `StrategyInputError` where the file cannot be used, or
 * never finishes loading. When `signal` aborts it rejects with its reason. Nothing is left running.
 */
export async function checkStrategy(
  strategy: string,
  file: string,
  { seed, signal, silentMs = 8_000 }: CheckOptions,
): Promise<BrokenLaw[]> {
  const refuse = (what: string, line?: number) =>
    new StrategyInputError(['strategy'], `strategy file ${placeOf(file, line)} cannot be loaded: ${what}`);
  let played: Playing = { seed, options: {} };
  let loaded = false;
  const note = (message: FromConformance) => {
    loaded ||= message.type === 'loaded';
    if (message.type === 'playing') played = message.played;
  };
  const silent = `nothing was heard of it for ${silentMs / 1000} s`;
  return withPlayer(strategy, signal, async (player) => {
    player.send({ type: 'conform', seed });
    const end = await endOf(player, silentMs, note, signal);
    if (end.type === 'done') return end.violations;
    if (end.type === 'unusable') throw new StrategyInputError(['strategy'], end.message);
    if (end.type === 'ended') {
      if (!loaded) throw refuse(end.words);
      return [broken('survives', end.words, played)];
    }
    const frames = await player.endStuck();
    const line = frames && callIn(file, frames)?.line;
    const what = `${whatHangs(file, frames)}; ${silent}`;
    if (!loaded) throw refuse(what, line);
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

async function withPlayer<T>(
  strategy: string,
  signal: AbortSignal | undefined,
  body: (player: Player) => Promise<T>,
): Promise<T> {
  const player = await launch<ConformanceSettings, ToConformance, FromConformance>(
    new URL(`./conformance-process${extname(import.meta.url)}`, import.meta.url),
    { strategy },
    // So that `steelyard clean` finds one that hangs, should this process be killed.
    { env: environmentOf(labelThisRun(`check-${randomUUID().slice(0, 8)}`)), ...(signal && { signal }) },
  );
  try {
    return await body(player);
  } finally {
    await player.stop(0);
    signal?.throwIfAborted();
  }
}

/** What it comes to: its last message, its end, or silence. Every message puts silence off. */
function endOf(
  player: Player,
  silentMs: number,
  note: (message: FromConformance) => void,
  signal: AbortSignal | undefined,
): Promise<End> {
  return new Promise((resolve) => {
    const silence = () => resolve({ type: 'silent' });
    let timer = setTimeout(silence, silentMs);
    signal?.addEventListener('abort', silence, { once: true });
    player.onMessage((message) => {
      clearTimeout(timer);
      note(message);
      if (message.type === 'loaded' || message.type === 'playing') timer = setTimeout(silence, silentMs);
      else resolve(message);
    });
    void player.ended.then(({ exitCode, signal: by, stderr }) => {
      clearTimeout(timer);
      resolve({
        type: 'ended',
        words: `it ended its process (${by ?? `exit code ${exitCode}`}): ${lastWords(stderr)}`,
      });
    });
  });
}
