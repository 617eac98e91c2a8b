/**
 * One balancer with its pools: each pool is served by a part of its own, and the router that the proxy asks says which
 * part a request goes to. Requests of the same shape go the same way, so each shape is routed once.
 */
import { asked } from '../../scenarios/asked.ts';
import type { RequestShape } from '../../scenarios/request-shape.ts';
import type { BalancerSettings } from '../../scenarios/scenario.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { Pools } from '../pools.ts';
import { type Router, routerOf } from '../proxy/router.ts';
import type { Balancer } from './balancer.ts';

export class RoutedBalancer {
  /** That of all backends. */
  readonly all: Balancer;
  readonly #parts = new Map<Dispatcher, Balancer>();
  readonly #router: Router | undefined;
  readonly #ways = new Map<RequestShape, Balancer>();

  constructor(
    pools: Pools,
    settings: BalancerSettings,
    partFor: (dispatcher: Dispatcher, pool: string) => Balancer,
  ) {
    for (const [name, dispatcher] of pools.byName) this.#parts.set(dispatcher, partFor(dispatcher, name));
    this.all = this.#parts.get(pools.all)!;
    const { fallback } = settings;
    if (fallback !== false && fallback.pool !== undefined) {
      const last = this.#parts.get(pools.dispatcher(fallback.pool))!;
      for (const part of this.#parts.values()) if (part !== last) part.fallback = last;
    }
    this.#router = routerOf(settings, (name) => pools.dispatcher(name));
  }

  /** Whether requests may go to other pools than that of all backends. */
  get routes(): boolean {
    return this.#parts.size > 1;
  }

  of(shape: RequestShape): Balancer {
    let part = this.#ways.get(shape);
    if (part === undefined) {
      const dispatcher = this.#router?.route(asked(shape)).dispatcher;
      part = dispatcher === undefined ? this.all : this.#parts.get(dispatcher)!;
      this.#ways.set(shape, part);
    }
    return part;
  }
}
