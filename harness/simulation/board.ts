/**
 * A load board that all balancers of a trial share: the requests in flight at each backend, over all balancers, read off every
 * T and the same until then. A strategy on the board sees a pool of snapshots and never a live count, so that what it
 * does is what it would do with state that a control plane collects and hands out.
 *
 * Between two readings it is told of its own starts and ends as ever (latency it measures itself), but no count moves.
 */
import type {
  Backend,
  Env,
  LoadReport,
  Outcome,
  Pool,
  Request,
  Strategy,
} from '../../strategies/strategy.ts';
import type { BackendPool } from '../pool.ts';
import type { ChosenStrategy } from '../strategies.ts';
import type { Timeline } from './timeline.ts';

class Snapshot {
  readonly id: string;
  readonly index: number;
  readonly zone?: string;
  readonly maxInFlight: number;
  weight: number;
  inFlight = 0;
  readonly #of: Backend;

  constructor(of: Backend) {
    this.id = of.id;
    this.index = of.index;
    if (of.zone !== undefined) this.zone = of.zone;
    this.maxInFlight = of.maxInFlight;
    this.weight = of.weight;
    this.#of = of;
  }

  get reported(): LoadReport | undefined {
    return this.#of.reported;
  }
}

export class Board {
  readonly #every: number;
  readonly #timeline: Timeline;
  readonly #pools: BackendPool[] = [];
  readonly #readers: ((counts: Float64Array) => void)[] = [];
  #counts = new Float64Array(0);

  constructor(every: number, timeline: Timeline) {
    this.#every = every;
    this.#timeline = timeline;
  }

  /** Reads from the first moment on, once every balancer's pool has been added. */
  start(pools: readonly BackendPool[]): void {
    this.#pools.push(...pools);
    this.#refresh();
  }

  /** The same strategy, choosing by the board. */
  around(strategy: ChosenStrategy): ChosenStrategy {
    const { definition } = strategy;
    return {
      ...strategy,
      definition: {
        ...definition,
        create: (env, values) => this.#onBoard(env, (own) => definition.create(own, values)),
      },
    };
  }

  #refresh(): void {
    const length = Math.max(...this.#pools.map(({ members }) => (members.at(-1)?.index ?? -1) + 1));
    if (this.#counts.length < length) this.#counts = new Float64Array(length);
    this.#counts.fill(0);
    for (const { members } of this.#pools)
      for (const { index, inFlight } of members) this.#counts[index]! += inFlight;
    for (const read of this.#readers) read(this.#counts);
    this.#timeline.at(this.#timeline.now + this.#every, () => this.#refresh());
  }

  #onBoard(env: Env, create: (env: Env) => Strategy): Strategy {
    let real: readonly Backend[] = [];
    const { probe } = env;
    // A probe asks the backend itself, whose snapshot is what the strategy knows it by.
    const inner = create(
      probe === undefined
        ? env
        : { ...env, probe: (backend, done) => probe(real[backend.index] ?? backend, done) },
    );
    let snapshots: (Snapshot | undefined)[] = [];
    let pool: Pool = { members: [], available: [] };
    this.#readers.push((counts) => {
      for (const snapshot of snapshots)
        if (snapshot !== undefined) snapshot.inFlight = counts[snapshot.index]!;
      inner.poolChanged?.(pool);
    });
    const own = (backend: Backend): Backend => {
      let it = snapshots[backend.index];
      if (it?.id !== backend.id) {
        it = new Snapshot(backend);
        snapshots[backend.index] = it;
      }
      it.weight = backend.weight;
      return it as Backend;
    };
    const on: Strategy = {
      poolChanged: ({ members, available }) => {
        const before = snapshots;
        snapshots = [];
        for (const { index } of members) snapshots[index] = before[index];
        pool = { members: members.map(own), available: available.map(own) };
        const byIndex: Backend[] = [];
        for (const backend of members) byIndex[backend.index] = backend;
        real = byIndex;
        inner.poolChanged?.(pool);
      },
      pick: (_pool: Pool, request: Request) => {
        const picked = inner.pick(pool, request);
        return picked === undefined ? undefined : (real[picked.index] ?? picked);
      },
    };
    if (inner.started !== undefined)
      on.started = (backend: Backend, request: Request) => inner.started!(own(backend), request);
    if (inner.ended !== undefined)
      on.ended = (backend: Backend, outcome: Outcome) => inner.ended!(own(backend), outcome);
    if (inner.distribution !== undefined) on.distribution = () => inner.distribution!();
    return on;
  }
}
