/**
 * The laws every strategy keeps, checked over sequences drawn from a seed; a breach comes back with the shortest
 * sequence found that still shows it.
 *
 * Pure and free of libraries, so that it runs over a user's own strategy anywhere (`steelyard check FILE`).
 * Shrinking is delta debugging (Zeller and Hildebrandt, 2002) by plain removal: halves, quarters, … single steps.
 */
import { type Breach, describe, type Law, laws, play, withoutAmbient } from './conformance-play.ts';
import { inWords, type Step, sequence, World } from './conformance-world.ts';
import { avalanche } from './hash.ts';
import type { Option, Options, StrategyDefinition, Values } from './strategy.ts';

export interface Violation {
  readonly law: Law;
  /** The law in words. */
  readonly says: string;
  readonly detail: string;
  /** Give it to `conform` with `sequences: 1` to see the same again. */
  readonly seed: number;
  /** The option values it was created with. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The shrunk sequence, in words, in order; empty for `spread`. */
  readonly sequence: readonly string[];
  /** What was thrown, where something was: its stack knows the line. */
  readonly thrown?: unknown;
}

/** What is about to be played. It may never return: whoever watches from outside must know what it was. */
export interface Playing {
  readonly seed: number;
  readonly options: Values<Options>;
  /** Requests sent and ended in turn, over pools of 2 to 9 backends; otherwise a sequence, for every other law. */
  readonly law?: 'spread';
}

export interface Effort {
  /** Sequences per set of options; 40 unless told. */
  readonly sequences?: number;
  /** Steps per sequence; 120 unless told. */
  readonly length?: number;
  /** Called before each play. */
  readonly playing?: (what: Playing) => void;
}

/** Steps of a sequence unless told. */
export const usualLength = 120;

/**
 * Plays seeded sequences against a definition, with its default options and with each option moved in turn.
 * Returns every law broken, once, with the first seed that breaks it; an empty array when it conforms.
 */
export function conform(
  definition: StrategyDefinition,
  seed: number,
  { sequences = 40, length = usualLength, playing }: Effort = {},
): Violation[] {
  const broken = new Map<Law, Violation>();
  const report = (
    { law, detail, thrown }: Breach,
    at: number,
    values: Values<Options>,
    steps: readonly Step[],
  ) =>
    broken.set(law, {
      law,
      says: laws[law],
      detail,
      seed: at,
      options: values,
      sequence: steps.map(inWords),
      ...(thrown === undefined ? {} : { thrown }),
    });
  const tell = playing ?? (() => undefined);

  for (const values of settings(definition.options)) {
    for (let i = 0; i < sequences; i++) {
      const at = seed + i;
      tell({ seed: at, options: values });
      const breach = judge(definition, values, sequence(at, length), at);
      if (breach === undefined || broken.has(breach.law)) continue;
      const same = (steps: readonly Step[]) => {
        tell({ seed: at, options: values });
        return judge(definition, values, steps, at)?.law === breach.law;
      };
      const shortest = shrink(sequence(at, length), same);
      report(judge(definition, values, shortest, at) ?? breach, at, values, shortest);
    }
  }
  const values = defaults(definition.options);
  const uneven = broken.size === 0 ? unevenness(definition, values, seed, tell) : undefined;
  if (uneven !== undefined) report(uneven, seed, values, []);
  return [...broken.values()];
}

/** Every option at its default. */
export function defaults(options: Options): Values<Options> {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.default]));
}

function settings(options: Options): Values<Options>[] {
  const usual = defaults(options);
  const moved = Object.entries(options).flatMap(([name, option]) =>
    others(option).map((value) => ({ ...usual, [name]: value })),
  );
  return [usual, ...moved];
}

function others(option: Option): (number | boolean | string)[] {
  if (option.type === 'boolean') return [!option.default];
  if (option.type === 'choice') return option.of.filter((value) => value !== option.default);
  return option.min === undefined || option.min === option.default ? [] : [option.min];
}

/** The first breach of a sequence, played twice: two instances of one definition must not know of each other. */
function judge(
  definition: StrategyDefinition,
  values: Values<Options>,
  steps: readonly Step[],
  seed: number,
): Breach | undefined {
  const once = play(definition, values, steps, seed);
  if (once.breach !== undefined) return once.breach;
  const again = play(definition, values, steps, seed);
  if (again.breach !== undefined) return again.breach;
  const at = once.picks.findIndex((pick, i) => pick !== again.picks[i]);
  if (at < 0) return undefined;
  return {
    law: 'repeatable',
    detail: `pick ${at + 1} was ${once.picks[at]} at first and ${again.picks[at]} when played again`,
  };
}

/** Removes steps, in ever smaller runs, for as long as `breaks` still holds. At most 3,000 attempts. */
export function shrink(steps: readonly Step[], breaks: (steps: readonly Step[]) => boolean): readonly Step[] {
  let shortest = steps;
  let attempts = 3000;
  for (let run = Math.ceil(steps.length / 2); run >= 1; run = run === 1 ? 0 : Math.ceil(run / 2)) {
    for (let removed = true; removed; ) {
      removed = false;
      for (let from = 0; from < shortest.length && attempts-- > 0; ) {
        const shorter = [...shortest.slice(0, from), ...shortest.slice(from + run)];
        if (breaks(shorter)) {
          shortest = shorter;
          removed = true;
        } else from += run;
      }
    }
  }
  return shortest;
}

const requests = 10_000;

/** Sends requests that each end before the next, over pools of 2 to 9 backends, and compares shares with the promise. */
function unevenness(
  definition: StrategyDefinition,
  values: Values<Options>,
  seed: number,
  tell: (what: Playing) => void,
): Breach | undefined {
  const promise = definition.spread;
  if (promise === undefined) return undefined;
  for (let size = 2; size <= 9; size++) {
    tell({ seed, options: values, law: 'spread' });
    const world = new World(avalanche(seed + size));
    for (let i = 0; i < size; i++) {
      world.join(`b${i}`, avalanche(seed + i), 1 + (avalanche(seed ^ (size * 16 + i)) % 5));
    }
    const counts = new Map<string, number>();
    const used: string[] = [];
    try {
      withoutAmbient(
        (what) => used.push(what),
        () => {
          const strategy = definition.create(world.env, values);
          const pool = world.changed(); // not inside the optional call, which would skip it
          strategy.poolChanged?.(pool);
          for (let i = 0; i < requests; i++) {
            const request = world.request(`key-${seed}-${i}`, []);
            const backend = strategy.pick(world.pool, request);
            if (backend === undefined) return;
            world.count(backend, 1);
            strategy.started?.(backend, request);
            world.time += 1;
            world.count(backend, -1);
            strategy.ended?.(backend, { kind: 'ok', latency: 1, firstByte: 1 });
            counts.set(backend.id, (counts.get(backend.id) ?? 0) + 1);
          }
        },
      );
    } catch (thrown) {
      const law = used.length > 0 ? 'own-clock-and-luck' : 'survives';
      return { law, detail: `it threw ${describe(thrown)} within ${requests} requests`, thrown };
    }
    const total = world.members.reduce((sum, { state }) => sum + state.weight, 0);
    for (const { backend, state } of world.members) {
      const share = (counts.get(backend.id) ?? 0) / requests;
      const fair = promise.by === 'weight' ? state.weight / total : 1 / size;
      if (Math.abs(share - fair) <= promise.within) continue;
      const detail = `${backend.id} of ${size} got ${share}, its fair share is ${fair.toFixed(4)} ± ${promise.within}`;
      return { law: 'spread', detail };
    }
  }
  return undefined;
}
