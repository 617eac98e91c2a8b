/** Which backends a pool has. Pure, so that proxy, simulator and the checks before a run mean the same ones. */
import type { BalancerSettings } from './balancer-settings.ts';
import { show } from './show.ts';
import { didYouMean } from './suggest.ts';

export interface PoolMember {
  readonly id: string;
  readonly zone?: string | undefined;
}

export interface PoolSpec {
  readonly name: string;
  readonly selectors: readonly string[];
  /** Where it has a strategy of its own. */
  readonly strategy?: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
}

/** Whether a backend is one of those that a selector names: an id, `zone:NAME`, `all`, or the entry that made `NAME-1`, `NAME-2` … */
export function selects(selector: string, { id, zone }: PoolMember): boolean {
  if (selector === 'all' || selector === id) return true;
  if (selector.startsWith('zone:')) return zone === selector.slice(5);
  return id.startsWith(`${selector}-`) && /^\d+$/.test(id.slice(selector.length + 1));
}

/** The pools beside that of all backends: those defined, then those that routes make by naming backends. */
export function poolsOf({ pools, routes }: Pick<BalancerSettings, 'pools' | 'routes'>): PoolSpec[] {
  const specs: PoolSpec[] = Object.entries(pools).map(([name, { backends, strategy, options }]) => ({
    name,
    selectors: backends,
    ...(strategy === undefined ? {} : { strategy: { name: strategy, options } }),
  }));
  for (const { pool } of routes)
    if (pool !== 'all' && !specs.some(({ name }) => name === pool))
      specs.push({ name: pool, selectors: [pool] });
  return specs;
}

export const isIn = ({ selectors }: PoolSpec, member: PoolMember): boolean =>
  selectors.some((it) => selects(it, member));

/** What is wrong with pools and routes in view of the backends there are: where, and a sentence. */
export function* poolProblems(
  { pools, routes, fallback, locality }: Pick<BalancerSettings, 'pools' | 'routes' | 'fallback' | 'locality'>,
  backends: readonly PoolMember[],
): Generator<{ path: (string | number)[]; message: string }> {
  const known = [
    ...new Set(
      backends.flatMap(({ id, zone }) => [id, id.replace(/-\d+$/, ''), ...(zone ? [`zone:${zone}`] : [])]),
    ),
  ];
  const some = known.slice(0, 12).join(', ');
  const nobody = (it: string) => !backends.some((backend) => selects(it, backend));
  for (const [name, pool] of Object.entries(pools))
    for (const [i, it] of pool.backends.entries())
      if (nobody(it))
        yield {
          path: ['pools', name, 'backends', i],
          message: `expected backends that exist (${some}), got ${show(it)}${didYouMean(it, known)}`,
        };
  const zones = new Set(backends.flatMap(({ zone }) => (zone === undefined ? [] : [zone])));
  const places = locality === false ? [] : [locality.zone, ...(locality.order ?? [])];
  for (const [i, zone] of places.entries())
    if (zone !== undefined && !zones.has(zone))
      yield {
        path: i === 0 ? ['locality', 'zone'] : ['locality', 'order', i - 1],
        message: `expected a zone of a backend (${[...zones].slice(0, 12).join(', ') || 'none has one'}), got ${show(zone)}${didYouMean(zone, zones)}`,
      };
  const names = Object.keys(pools);
  if (fallback !== false && fallback.pool !== undefined && !Object.hasOwn(pools, fallback.pool))
    yield {
      path: ['fallback', 'pool'],
      message: `expected one of balancer.pools (${names.join(', ') || 'there is none'}), got ${show(fallback.pool)}${didYouMean(fallback.pool, names)}`,
    };
  for (const [i, { pool }] of routes.entries())
    if (!Object.hasOwn(pools, pool) && nobody(pool))
      yield {
        path: ['routes', i, 'pool'],
        message: `expected one of balancer.pools (${names.join(', ') || 'there is none'}) or backends that exist (${some}), got ${show(pool)}${didYouMean(pool, [...names, ...known])}`,
      };
}
