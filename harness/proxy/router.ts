/**
 * Content routing: which pool a request goes to, by its method, host, path and fields, and what is changed of it on the
 * way. The first route that matches has it; where none does, it goes to the pool of all backends.
 *
 * Proxy and simulator ask the same router. It allocates nothing per request; a balancer without routes has none.
 */

import { matcherOf, matches, type Routable, type RouteMatcher } from '../../scenarios/route-match.ts';
import type { RouteSettings } from '../../scenarios/routes.ts';
import type { BalancerSettings } from '../../scenarios/scenario.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { type FieldEdits, fieldEdits } from './field-edits.ts';
import { hashOf } from './fields.ts';

export interface Route {
  /** Name of the pool. */
  readonly pool: string;
  readonly dispatcher: Dispatcher;
  readonly request: FieldEdits | undefined;
  readonly response: FieldEdits | undefined;
  /** The target to send on in place of `target`, which is in origin form. */
  rewrite(target: string): string;
}

interface Matcher extends Route, RouteMatcher {}

export class Router {
  readonly #routes: readonly Matcher[];
  /** Where none matches. */
  readonly #rest: Route;

  /** `poolOf` gives the dispatcher of a pool by its name. */
  constructor(settings: BalancerSettings, poolOf: (name: string) => Dispatcher) {
    const { routes, request, response } = settings;
    this.#routes = routes.map((it) => ({
      pool: it.pool,
      dispatcher: poolOf(it.pool),
      ...matcherOf(it, hashOf),
      request: fieldEdits(request, it.request),
      response: fieldEdits(response, it.response),
      rewrite: rewriting(it),
    }));
    this.#rest = {
      pool: 'all',
      dispatcher: poolOf('all'),
      request: fieldEdits(request),
      response: fieldEdits(response),
      rewrite: (target) => target,
    };
  }

  route(request: Routable): Route {
    for (const route of this.#routes) if (matches(route, request)) return route;
    return this.#rest;
  }
}

/** A router, where there is anything for one to do. */
export function routerOf(
  settings: BalancerSettings,
  poolOf: (name: string) => Dispatcher,
): Router | undefined {
  const { routes, request, response } = settings;
  return routes.length === 0 && request === undefined && response === undefined
    ? undefined
    : new Router(settings, poolOf);
}

function rewriting({ path, exact, strip, rewrite }: RouteSettings): (target: string) => string {
  if (!strip && rewrite === undefined) return (target) => target;
  const before = exact ?? path!.replace(/\/+$/, '');
  const instead = strip ? '' : rewrite!.replace(/\/+$/, '');
  return (target) => {
    const rest = instead + target.slice(before.length);
    // A target that begins with two slashes names another host to whoever resolves it as a URL.
    if (rest.startsWith('/')) return rest.replace(/^\/{2,}/, '/');
    return `/${rest}`;
  };
}
