/** How much of a load goes to which pool, by its mix and the routes, and how full that makes pools and backends. Pure. */
import { asked } from './asked.ts';
import { isIn, poolsOf } from './pools.ts';
import { matcherOf, matches } from './route-match.ts';
import type { BackendSpec, Scenario } from './scenario.ts';
import { tellsRequests } from './trace.ts';

export interface PoolPlan {
  readonly name: string;
  /** Of the requests, from 0 to 1. */
  readonly share: number;
  /** Requests per second its backends can serve; what they serve of other pools comes out of the same. */
  readonly capacity: number;
  /** What is offered to it ÷ capacity; Infinity where nothing is left. Absent for closed load. */
  readonly utilization?: number;
}

/** A pool that some of the load goes to. */
export interface LoadedPool {
  readonly name: string;
  readonly share: number;
  readonly has: (backend: BackendSpec) => boolean;
}

/** A backend, and the requests per second it can serve. */
export interface Served {
  readonly spec: BackendSpec;
  readonly capacity: number;
}

/**
 * The pools that the load goes to, in the order of the settings, that of all backends first. One of everything where
 * there are no routes, or where a trace says what is asked for.
 */
export function loadedPools({ balancer, load }: Pick<Scenario, 'balancer' | 'load'>): LoadedPool[] {
  const all = { name: 'all', has: () => true };
  if (balancer.routes.length === 0 || tellsRequests(load.open?.trace)) return [{ ...all, share: 1 }];
  const routes = balancer.routes.map((it) => ({ pool: it.pool, matcher: matcherOf(it, () => 0) }));
  const shares = new Map<string, number>();
  const whole = load.mix.reduce((sum, { share }) => sum + share, 0);
  for (const it of load.mix) {
    const request = asked(it);
    const pool = routes.find(({ matcher }) => matches(matcher, request))?.pool ?? 'all';
    shares.set(pool, (shares.get(pool) ?? 0) + it.share / whole);
  }
  const named = poolsOf(balancer).map((spec) => ({
    name: spec.name,
    has: (backend: BackendSpec) => isIn(spec, backend),
  }));
  return [all, ...named].flatMap((it) => {
    const share = shares.get(it.name);
    return share === undefined ? [] : [{ ...it, share }];
  });
}

/** `rate` is of the whole load, requests per second; undefined for closed load. */
export function poolPlans(
  pools: readonly LoadedPool[],
  served: readonly Served[],
  rate: number | undefined,
): PoolPlan[] {
  return pools.map(({ name, share, has }) => {
    const capacity = served.reduce((sum, it) => sum + (has(it.spec) ? it.capacity : 0), 0);
    const utilization = capacity > 0 ? ((rate ?? 0) * share) / capacity : Number.POSITIVE_INFINITY;
    return { name, share, capacity, ...(rate !== undefined && { utilization }) };
  });
}

/** The fullest backend, were each pool's load shared by weight among those of it that answer. */
export function busiestOf(
  pools: readonly LoadedPool[],
  served: readonly Served[],
  rate: number,
): { id: string; utilization: number } | undefined {
  const answering = served.filter(({ capacity }) => capacity > 0);
  const offered = new Map(answering.map(({ spec }) => [spec, 0]));
  for (const { share, has } of pools) {
    const members = answering.filter(({ spec }) => has(spec));
    const weights = members.reduce((sum, { spec }) => sum + spec.weight, 0);
    for (const { spec } of members)
      offered.set(spec, offered.get(spec)! + (rate * share * spec.weight) / weights);
  }
  return answering
    .map(({ spec, capacity }) => ({ id: spec.id, utilization: offered.get(spec)! / capacity }))
    .sort((a, b) => b.utilization - a.utilization)[0];
}
