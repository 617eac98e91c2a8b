/** Which pool a connection at layer 4 goes to, by the name that its TLS client asks for: the first route that has it, or all backends. */
import { isAmong } from '../../scenarios/route-match.ts';
import type { BalancerSettings } from '../../scenarios/scenario.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { Pools } from '../pools.ts';

export interface Destination {
  readonly pool: string;
  readonly dispatcher: Dispatcher;
}

/** Undefined where there are no such routes, and nobody needs to know the name. */
export type ByName = ((name: string) => Destination) | undefined;

export function byName({ routes }: Pick<BalancerSettings, 'routes'>, pools: Pools): ByName {
  if (routes.length === 0) return undefined;
  const all = { pool: 'all', dispatcher: pools.all };
  const named = routes.map(({ sni = [], pool }) => ({
    names: [sni].flat().map((it) => it.toLowerCase()),
    to: { pool, dispatcher: pools.dispatcher(pool) },
  }));
  return (name) => named.find(({ names }) => isAmong(name, names))?.to ?? all;
}
