/**
 * A strategy's file in a process of its own, watched from outside: it may hang as it is loaded or played, or end its process.
 * Silence is what a hang sounds like.
 */
import { randomUUID } from 'node:crypto';
import { extname } from 'node:path';
import type { ConformanceSettings, FromConformance, ToConformance } from './conformance-process.ts';
import { environmentOf, labelThisRun } from './ownership.ts';
import { type Child, launch } from './role.ts';
import { callIn, placeOf } from './source-place.ts';
import { whatHangs } from './strategy-guard.ts';
import { StrategyInputError } from './strategy-options.ts';
import { lastWords } from './trial-processes.ts';

export type Player = Child<ToConformance, FromConformance>;
/** What it came to. */
export type End = Finished | Unusable | Silent | Ended;
type Finished = Extract<FromConformance, { type: 'done' | 'shortest' }>;
type Unusable = Extract<FromConformance, { type: 'unusable' }>;
type Silent = { type: 'silent' };
type Ended = { type: 'ended'; words: string };

/** Longest silence before it counts as hung, ms. A sequence takes about one, the spread over one pool some tens. */
export const usualSilence = 8_000;

/**
 * Loads a user's own file where it can do no harm, so that it may be loaded here. Rejects with `StrategyInputError` where it
 * cannot be used: it is no strategy, never finishes loading, or ends the process that loads it.
 */
export function assertLoads(file: string, silentMs = usualSilence): Promise<void> {
  return withPlayer(file, undefined, async (player) => {
    player.send({ type: 'load' });
    const end = await endOf(player, silentMs, () => undefined, undefined);
    if (end.type !== 'done') throw await unloadable(file, player, end, silentMs);
  });
}

/** Why a file could not be loaded, from what loading it came to. */
export async function unloadable(
  file: string,
  player: Player,
  end: End,
  silentMs: number,
): Promise<StrategyInputError> {
  if (end.type === 'unusable') return new StrategyInputError(['strategy'], end.message);
  const [what, line] = end.type === 'ended' ? [end.words] : await hang(file, player, silentMs);
  return new StrategyInputError(
    ['strategy'],
    `strategy file ${placeOf(file, line)} cannot be loaded: ${what}`,
  );
}

/** What hangs, in words, and the line of the file where it does. The process is ended. */
export async function hang(
  file: string,
  player: Player,
  silentMs: number,
): Promise<[what: string, line?: number]> {
  const frames = await player.endStuck();
  const what = `${whatHangs(file, frames)}; nothing was heard of it for ${silentMs / 1000} s`;
  const line = frames && callIn(file, frames)?.line;
  return line === undefined ? [what] : [what, line];
}

/** Gives `body` the process of a strategy, by public name or absolute path, and ends it whatever comes. */
export async function withPlayer<T>(
  strategy: string,
  signal: AbortSignal | undefined,
  body: (player: Player) => Promise<T>,
): Promise<T> {
  const player = await launch<ConformanceSettings, ToConformance, FromConformance>(
    new URL(`./conformance-process${extname(import.meta.url)}`, import.meta.url),
    { strategy },
    // So that `steelyard clean` finds one that hangs, should this process be killed.
    { env: environmentOf(labelThisRun(`check-${randomUUID().slice(0, 8)}`)), ...(signal && { signal }) },
  ).catch((error: Error) => {
    signal?.throwIfAborted();
    throw error;
  });
  try {
    return await body(player);
  } finally {
    await player.stop(0);
    signal?.throwIfAborted();
  }
}

/** What it comes to: its last message, its end, or silence. Every message puts silence off; an abort rejects. */
export function endOf(
  player: Player,
  silentMs: number,
  note: (message: FromConformance) => void,
  signal: AbortSignal | undefined,
): Promise<End> {
  return new Promise((resolve, reject) => {
    const silence = () => resolve({ type: 'silent' });
    let timer = setTimeout(silence, silentMs);
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
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
