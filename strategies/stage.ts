/**
 * A strategy on a small pool, driven by hand: for tables of what it picks. Used by the tests beside the strategies, and
 * fit for yours. Index and place in the pool differ (the pool is not sorted), and nothing may be written to.
 */
import { World } from './conformance-world.ts';
import type {
  Backend,
  LoadReport,
  Options,
  OutcomeKind,
  Strategy,
  StrategyDefinition,
  Values,
} from './strategy.ts';

export class Stage<O extends Options> {
  readonly world: World;
  readonly strategy: Strategy;

  /** `weights`: one member per entry, in pool order; by default joined in an order that shuffles their indices. */
  constructor(
    definition: StrategyDefinition<O>,
    options: Partial<Values<O>>,
    weights: Readonly<Record<string, number>>,
    seed = 1,
  ) {
    const defaults = Object.entries(definition.options).map(([name, option]) => [name, option.default]);
    const values = { ...Object.fromEntries(defaults), ...options } as Values<O>;
    this.world = new World(seed);
    this.strategy = definition.create(this.world.env, values);
    const ids = Object.keys(weights);
    // The second half joins first, each at its place: indices are dense, stable and out of order.
    const half = ids.length >> 1;
    for (const id of [...ids.slice(half), ...ids.slice(0, half)]) {
      const place = ids
        .slice(0, ids.indexOf(id))
        .filter((other) => this.world.members.some(({ backend }) => backend.id === other)).length;
      this.world.join(id, place, weights[id]!);
    }
    this.changed();
  }

  get available(): readonly Backend[] {
    return this.world.pool.available;
  }

  backend(id: string): Backend {
    const member = this.world.members.find(({ backend }) => backend.id === id);
    if (member === undefined) throw new Error(`${id} is not a member`);
    return member.backend;
  }

  /** The id picked; the request is not started. */
  pick(key = '', tried: readonly string[] = []): string | undefined {
    const request = this.world.request(
      key,
      tried.map((id) => this.backend(id)),
    );
    return this.strategy.pick(this.world.pool, request)?.id;
  }

  start(id: string, times = 1): void {
    for (let i = 0; i < times; i++) {
      const backend = this.backend(id);
      this.world.count(backend, 1);
      this.strategy.started?.(backend, this.world.request('', []));
    }
  }

  /** With a report, the response carries it; what it leaves out is an idle backend's, of this latency. */
  end(id: string, latency = 1, kind: OutcomeKind = 'ok', report?: Partial<LoadReport>): void {
    const backend = this.backend(id);
    this.world.count(backend, -1);
    if (report !== undefined) {
      const idle = { utilization: 0, inFlight: 0, serviceTime: latency, rate: 0, errors: 0 };
      this.world.report(backend, { ...idle, at: this.world.time, ...report });
    }
    this.strategy.ended?.(backend, { kind, latency, firstByte: latency });
  }

  /** A request from start to end. */
  serve(id: string, latency: number, kind: OutcomeKind = 'ok', report?: Partial<LoadReport>): void {
    this.start(id);
    this.world.time += latency;
    this.end(id, latency, kind, report);
  }

  /** n picks, as a string of ids; none is started. */
  picks(n: number): string {
    return Array.from({ length: n }, () => this.pick()).join('');
  }

  /** How often each is picked in n requests that are not started, with keys key-0, key-1, … */
  counts(n: number): Record<string, number> {
    const counts = Object.fromEntries(this.available.map(({ id }) => [id, 0]));
    for (let i = 0; i < n; i++) {
      const id = this.pick(`key-${i}`) ?? 'none';
      counts[id] = (counts[id] ?? 0) + 1;
    }
    return counts;
  }

  down(id: string): this {
    this.#set(id, false);
    return this;
  }

  up(id: string): this {
    this.#set(id, true);
    return this;
  }

  leave(id: string): this {
    this.world.members = this.world.members.filter(({ backend }) => backend.id !== id);
    this.changed();
    return this;
  }

  /** Members change as a chain: each returns the stage. Joins at a place in the pool; the end by default. */
  join(id: string, weight = 1, place = this.world.members.length): this {
    this.world.join(id, place, weight);
    this.changed();
    return this;
  }

  weigh(id: string, weight: number): this {
    for (const { backend, state } of this.world.members) if (backend.id === id) state.weight = weight;
    this.changed();
    return this;
  }

  changed(): void {
    const pool = this.world.changed();
    this.strategy.poolChanged?.(pool);
  }

  #set(id: string, up: boolean): void {
    for (const member of this.world.members) if (member.backend.id === id) member.up = up;
    this.changed();
  }
}
