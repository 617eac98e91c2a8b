/**
 * A fleet of plain backends that a test may change: for a million picks, where the guarded ones of `stage.ts` would
 * take a minute, and for limits on requests in flight, which they do not have. Indices are shuffled against places.
 */
import { avalanche } from './hash.ts';
import type { Backend, Env, OutcomeKind, Pool, Request, Strategy } from './strategy.ts';

export interface Plain extends Backend {
  weight: number;
  inFlight: number;
  maxInFlight: number;
}

/** A seeded source of numbers in [0, 1), never twice the same state. */
export function luck(seed: number): () => number {
  let draws = 0;
  return () => avalanche(avalanche(seed) ^ Math.imul(++draws, 0x9e3779b1)) / 2 ** 32;
}

export class Fleet {
  readonly backends: Plain[];
  readonly down = new Set<string>();
  readonly env: Env;
  readonly request = { key: '', client: '', tried: [] as Backend[] } satisfies Request;
  pool: Pool = { members: [], available: [] };
  time = 0;

  constructor(weights: readonly number[], seed = 1, maxInFlight = Number.POSITIVE_INFINITY) {
    const random = luck(seed);
    this.env = { now: () => this.time, random };
    const shuffle = luck(seed + 1);
    const order = weights.map((_, i) => ({ i, key: shuffle() })).sort((a, b) => a.key - b.key);
    this.backends = weights.map((weight, i) => ({
      id: `b${i}`,
      index: order[i]!.i,
      weight,
      inFlight: 0,
      maxInFlight,
    }));
  }

  /** Tells the strategy of the pool as it is now. */
  changed(strategy: Strategy): void {
    const members = [...this.backends];
    this.pool = { members, available: members.filter(({ id }) => !this.down.has(id)) };
    strategy.poolChanged?.(this.pool);
  }

  pick(strategy: Strategy, tried: readonly Backend[] = []): Plain | undefined {
    this.request.tried = tried as Backend[];
    return strategy.pick(this.pool, this.request) as Plain | undefined;
  }

  start(strategy: Strategy, backend: Plain): void {
    backend.inFlight++;
    strategy.started?.(backend, this.request);
  }

  end(strategy: Strategy, backend: Plain, latency = 1, kind: OutcomeKind = 'ok'): void {
    backend.inFlight--;
    strategy.ended?.(backend, { kind, latency, firstByte: latency });
  }

  /** The share of each backend in n picks, each ended before the next. */
  shares(strategy: Strategy, n: number, latency = 1): number[] {
    const counts = new Float64Array(this.backends.length);
    const place = new Map(this.backends.map(({ index }, i) => [index, i]));
    for (let i = 0; i < n; i++) {
      const backend = this.pick(strategy)!;
      this.start(strategy, backend);
      this.end(strategy, backend, latency);
      const at = place.get(backend.index)!;
      counts[at] = counts[at]! + 1;
    }
    return Array.from(counts, (count) => count / n);
  }
}
