/**
 * Content routing: which pool a request goes to, by its method, host, path and fields, and what is changed of it on the
 * way. The first route that matches has it; where none does, it goes to the pool of all backends.
 *
 * Proxy and simulator ask the same router. It allocates nothing per request; a balancer without routes has none.
 */

import type { RouteSettings } from '../../scenarios/routes.ts';
import type { BalancerSettings } from '../../scenarios/scenario.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { type FieldEdits, fieldEdits } from './field-edits.ts';
import { hashOf } from './fields.ts';

/** What a route may ask of a request. */
export interface Routable {
  readonly method: string;
  /** Without port, in lower case; empty where it names none. */
  readonly host: string;
  /** Without query; `*` of the whole server. */
  readonly path: string;
  /** Value of the first field of that lower-case name. */
  field(name: string, hash: number): string | undefined;
}

export interface Route {
  /** Name of the pool. */
  readonly pool: string;
  readonly dispatcher: Dispatcher;
  readonly request: FieldEdits | undefined;
  readonly response: FieldEdits | undefined;
  /** The target to send on in place of `target`, which is in origin form. */
  rewrite(target: string): string;
}

interface Matcher extends Route {
  readonly methods: readonly string[] | undefined;
  readonly hosts: readonly string[] | undefined;
  readonly prefix: string | undefined;
  readonly exact: string | undefined;
  readonly fields: readonly { readonly name: string; readonly hash: number; readonly value: string | true }[];
}

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
      methods: listOf(it.method),
      hosts: listOf(it.host)?.map((host) => host.toLowerCase()),
      prefix: it.path?.replace(/\/+$/, ''),
      exact: it.exact,
      fields: Object.entries(it.header ?? {}).map(([given, value]) => {
        const name = given.toLowerCase();
        return { name, hash: hashOf(name), value };
      }),
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

function matches(route: Matcher, request: Routable): boolean {
  const { methods, hosts, prefix, exact, fields } = route;
  if (exact !== undefined && request.path !== exact) return false;
  if (prefix !== undefined && !isUnder(request.path, prefix)) return false;
  if (methods !== undefined && !methods.includes(request.method)) return false;
  if (hosts !== undefined && !isAmong(request.host, hosts)) return false;
  for (const { name, hash, value } of fields) {
    const got = request.field(name, hash);
    if (got === undefined || (value !== true && got !== value)) return false;
  }
  return true;
}

/** Whole segments: /api is over /api and /api/users, not over /apis. The empty prefix is over every path. */
function isUnder(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || path[prefix.length] === '/';
}

function isAmong(host: string, hosts: readonly string[]): boolean {
  for (const it of hosts)
    if (it.startsWith('*.') ? host.length > it.length - 1 && host.endsWith(it.slice(1)) : host === it)
      return true;
  return false;
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

function listOf<T>(it: T | readonly T[] | undefined): readonly T[] | undefined {
  if (it === undefined) return undefined;
  return Array.isArray(it) ? it : [it as T];
}
