/**
 * Whether a route has a request: by its method, host, path and fields. Pure, so that proxy, simulator and the plan of a run send the
 * same requests to the same pools.
 */
import type { RouteSettings } from './routes.ts';

/** What a route may ask of a request. */
export interface Routable {
  readonly method: string;
  /** Without port, in lower case; empty where it names none. */
  readonly host: string;
  /** Without query; `*` of the whole server. */
  readonly path: string;
  /** Value of the first field of that lower-case name; `hash` is what `matcherOf` was told to make of the name. */
  field(name: string, hash: number): string | undefined;
}

export interface RouteMatcher {
  readonly methods: readonly string[] | undefined;
  readonly hosts: readonly string[] | undefined;
  readonly prefix: string | undefined;
  readonly exact: string | undefined;
  readonly fields: readonly { readonly name: string; readonly hash: number; readonly value: string | true }[];
}

/** `hashOf` is of names of fields in lower case, for whoever looks them up by it. */
export function matcherOf(route: RouteSettings, hashOf: (name: string) => number): RouteMatcher {
  return {
    methods: listOf(route.method),
    hosts: listOf(route.host)?.map((host) => host.toLowerCase()),
    prefix: route.path?.replace(/\/+$/, ''),
    exact: route.exact,
    fields: Object.entries(route.header ?? {}).map(([given, value]) => {
      const name = given.toLowerCase();
      return { name, hash: hashOf(name), value };
    }),
  };
}

export function matches(route: RouteMatcher, request: Routable): boolean {
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

/** Whether a host, in lower case, is one of those named, or below one that begins with `*.`. */
export function isAmong(host: string, hosts: readonly string[]): boolean {
  for (const it of hosts)
    if (it.startsWith('*.') ? host.length > it.length - 1 && host.endsWith(it.slice(1)) : host === it)
      return true;
  return false;
}

function listOf<T>(it: T | readonly T[] | undefined): readonly T[] | undefined {
  if (it === undefined) return undefined;
  return Array.isArray(it) ? it : [it as T];
}
