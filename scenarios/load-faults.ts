/**
 * The faults of a scenario that hit its load, each time that they come, and what they make of one request. Pure: a request's
 * fate hangs on its number, on the time it is due, and on the seed.
 */
import { loadFaultOf } from './catalogue.ts';
import type { LoadChange } from './faults/fault.ts';
import { LoadClock, type RateChange } from './load-clock.ts';
import { Source, stream } from './random.ts';

/** A load fault, once. Plain JSON. */
export interface LoadOccurrence {
  /** Position in the scenario's list. */
  readonly fault: number;
  readonly kind: string;
  readonly options: Record<string, unknown>;
  /** ms from t = 0. */
  readonly at: number;
  /** Absent: to the end. */
  readonly until?: number;
}

interface Holding {
  readonly fault: number;
  readonly at: number;
  readonly until: number;
  readonly share: number;
}

interface HotKeys extends Holding {
  /** The number of the first; those after it are hot too. */
  readonly first: number;
  readonly keys: number;
}

interface Leaving extends Holding {
  readonly after: number;
}

export class LoadFaults {
  /** Undefined: the rate is always the same. */
  readonly clock: LoadClock | undefined;
  readonly #hot: readonly HotKeys[];
  readonly #leaving: readonly Leaving[];
  readonly #draws: Source;

  /** `freeKey`: the number after the last of all keys that the load has. */
  constructor(occurrences: readonly LoadOccurrence[], seed: number, freeKey: number) {
    this.#draws = new Source(seed, stream.load);
    const hot: HotKeys[] = [];
    const leaving: Leaving[] = [];
    const firstOf = new Map<number, number>();
    let free = freeKey;
    for (const it of occurrences) {
      const { fault, at, until = Number.POSITIVE_INFINITY } = it;
      const change = changeOf(it);
      if (change.kind === 'leave') leaving.push({ ...change, fault, at, until });
      else if (change.kind === 'keys') {
        const first = firstOf.get(fault) ?? free;
        if (first === free) free += change.keys;
        firstOf.set(fault, first);
        hot.push({ ...change, fault, at, until, first });
      }
    }
    this.clock = clockOf(occurrences);
    this.#hot = hot;
    this.#leaving = leaving;
  }

  get hasHotKeys(): boolean {
    return this.#hot.length > 0;
  }

  /** Whether any client may go away by itself. */
  get hasLeavers(): boolean {
    return this.#leaving.length > 0;
  }

  /** The number of the hot key that request i has, due at `t`, ms from t = 0; undefined where it has its own. */
  hotKey(i: number, t: number): number | undefined {
    for (const it of this.#hot)
      if (this.#hits(it, i, t)) return it.first + Math.floor(this.#draws.draw(i, 2 * it.fault + 1) * it.keys);
    return undefined;
  }

  /** How long the client of request i, due at `t`, waits before it goes away, ms; Infinity where it stays. */
  patience(i: number, t: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const it of this.#leaving) if (this.#hits(it, i, t)) least = Math.min(least, it.after);
    return least;
  }

  #hits({ at, until, share, fault }: Holding, i: number, t: number): boolean {
    return t >= at && t < until && this.#draws.draw(i, 2 * fault) < share;
  }
}

/** The clock that a load runs by under such faults; undefined where its rate is always the same. */
export function clockOf(occurrences: readonly LoadOccurrence[]): LoadClock | undefined {
  const rates = occurrences.flatMap((it): RateChange[] => {
    const { at, until = Number.POSITIVE_INFINITY } = it;
    const change = changeOf(it);
    return change.kind === 'rate' ? [{ ...change, at, until }] : [];
  });
  return rates.length === 0 ? undefined : new LoadClock(rates);
}

/** What it makes of the load while it holds. */
export function changeOf({
  kind,
  options,
  at,
  until = Number.POSITIVE_INFINITY,
}: LoadOccurrence): LoadChange {
  return loadFaultOf(kind).create(options as never)(until - at);
}
