/**
 * The pools of one balancer: that of all backends, and one for each that its routes name. Each has a dispatcher of its
 * own: its own strategy, counts, availability and health. A backend that is in several pools is a backend of each, checked
 * once for each: what one pool learns of it says nothing in another, as its share of the load is another too.
 *
 * Strategies want dense indexes, so a backend is counted from 0 in each pool; its place in the fleet, which recordings name,
 * goes with it as `fleetIndex`.
 */
import { isIn, type PoolSpec, poolsOf } from '../scenarios/pools.ts';
import { type BalancerStats, statsOf } from './balancer-stats.ts';
import { Dispatcher, type DispatcherOptions } from './dispatcher.ts';
import type { BackendPool } from './pool.ts';
import type { PooledBackend } from './pooled-backend.ts';
import type { ProxyBackend } from './proxy/settings.ts';
import type { ChosenStrategy } from './strategies.ts';

/** Everything a dispatcher needs; `strategy` is that of every pool without one of its own. */
export interface PoolsOptions extends DispatcherOptions {
  /** Of each pool that has one of its own, by the pool's name. */
  readonly strategies?: ReadonlyMap<string, ChosenStrategy>;
}

export interface PoolsStats extends BalancerStats {
  /** By the pool's name; absent where there are no routes. */
  pools?: Record<string, BalancerStats>;
}

export class Pools {
  /** That of all backends: where no route matches. */
  readonly all: Dispatcher;
  readonly #named = new Map<string, { readonly spec: PoolSpec; readonly dispatcher: Dispatcher }>();

  /** Throws a `StrategyError` where a strategy does. */
  constructor(options: PoolsOptions) {
    this.all = new Dispatcher(options);
    for (const spec of poolsOf(options.settings)) {
      const { name } = spec;
      const members = options.backends.filter((it) => isIn(spec, it));
      const dispatcher = new Dispatcher({
        ...options,
        strategy: options.strategies?.get(name) ?? options.strategy,
        backends: members.map((it, index) => ({ ...it, index, fleetIndex: it.index })),
        onEvent: (event) => options.onEvent({ ...event, pool: name }),
      });
      this.#named.set(name, { spec, dispatcher });
    }
  }

  /** Every pool's name and dispatcher, that of all backends first. */
  get named(): [name: string, dispatcher: Dispatcher][] {
    return [
      ['all', this.all],
      ...[...this.#named].map(([name, { dispatcher }]) => [name, dispatcher] as [string, Dispatcher]),
    ];
  }

  /** Every dispatcher, that of all backends first. */
  get dispatchers(): Dispatcher[] {
    return this.named.map(([, dispatcher]) => dispatcher);
  }

  /** Every dispatcher by the name of its pool, that of all backends first. */
  get byName(): Map<string, Dispatcher> {
    return new Map([
      ['all', this.all],
      ...[...this.#named].map(([name, { dispatcher }]) => [name, dispatcher] as const),
    ]);
  }

  /** By a name that a route gives; `all` is one. Throws a RangeError where there is none. */
  dispatcher(name: string): Dispatcher {
    if (name === 'all') return this.all;
    const found = this.#named.get(name);
    if (found === undefined) throw new RangeError(`no pool ${name}`);
    return found.dispatcher;
  }

  /** Adds a backend to every pool that it belongs to. Throws a `PoolError` where it cannot be; the first is that of all. */
  add(from: Omit<ProxyBackend, 'index'> & { index?: number }): PooledBackend[] {
    const added = [this.all.pool.add(from)];
    const { index: _, ...rest } = from;
    const [{ index: fleetIndex }] = added as [PooledBackend];
    for (const { spec, dispatcher } of this.#named.values())
      if (isIn(spec, from)) added.push(dispatcher.pool.add({ ...rest, fleetIndex }));
    return added;
  }

  /** Does the same to every pool; returns what it came to in that of all backends, or else in the first that had anything to say. */
  each<T>(act: (pool: BackendPool) => T | undefined): T | undefined {
    return this.dispatchers.map(({ pool }) => act(pool)).find((it) => it !== undefined);
  }

  /** What the balancer counts, over all its pools together, and of each. */
  stats(): PoolsStats {
    const all = this.all.stats();
    if (this.#named.size === 0) return all;
    const pools: Record<string, BalancerStats> = { all };
    for (const [name, { dispatcher }] of this.#named) pools[name] = dispatcher.stats();
    return { ...all, ...statsOf(this.all.pool, ...this.dispatchers.slice(1).map(({ pool }) => pool)), pools };
  }
}
