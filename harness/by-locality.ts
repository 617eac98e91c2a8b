/**
 * Any strategy, kept to the zone of its balancer while that can carry the load, and spilling to the next by share. Each zone
 * has a pool and an instance of the strategy of its own, so what one holds (a ring, a heap) is of one zone.
 * How much goes where is `resilience/locality.ts`; which zone is next is the operator's word, or the table of latencies, or
 * all others alike, by how many of their backends are available.
 */
import type { Backend, Env, Pool, Request, Strategy } from '../strategies/strategy.ts';
import { wasTried } from '../strategies/tried.ts';
import { levelShares } from './resilience/locality.ts';

export interface LocalityLimits {
  /** The zones after the own one, nearest first; those left out come last, alike. */
  readonly order?: readonly string[] | undefined;
  /** At least 1. */
  readonly overprovisioning: number;
}

interface Zone {
  readonly name: string;
  readonly strategy: Strategy;
  pool: Pool;
}

/** Where to draw from: zones that get anything, with the upper ends of their shares. */
interface Plan {
  readonly zones: readonly Zone[];
  readonly ends: readonly number[];
}

/** Backends without a zone are of this one. */
const nowhere = '';

/** `home` is the balancer's zone; where it has none, each request's region is. `create` makes one more instance of the strategy. */
export function byLocality(
  create: () => Strategy,
  { order, overprovisioning }: LocalityLimits,
  env: Pick<Env, 'random' | 'latency'>,
  home: string | undefined,
): Strategy {
  const zones = new Map<string, Zone>();
  const plans = new Map<string, Plan>();

  const zoneOf = ({ zone = nowhere }: Backend): Zone | undefined => zones.get(zone);
  const distance = (from: string, to: string): number => {
    if (from === to) return -1;
    if (order !== undefined) return order.includes(to) ? order.indexOf(to) : order.length;
    return env.latency?.(from, to) ?? Number.POSITIVE_INFINITY;
  };
  const planFrom = (from: string): Plan => {
    const levels = new Map<number, Zone[]>();
    for (const zone of zones.values()) {
      const at = distance(from, zone.name);
      levels.set(at, [...(levels.get(at) ?? []), zone]);
    }
    const inOrder = [...levels].sort(([a], [b]) => a - b).map(([, level]) => level);
    const counts = inOrder.map((level) => ({
      available: level.reduce((sum, { pool }) => sum + pool.available.length, 0),
      members: level.reduce((sum, { pool }) => sum + pool.members.length, 0),
    }));
    const shares = levelShares(counts, overprovisioning);
    const picked: Zone[] = [];
    const ends: number[] = [];
    let end = 0;
    for (const [i, level] of inOrder.entries())
      for (const zone of level) {
        const { length } = zone.pool.available;
        if (length === 0) continue;
        end += (shares[i]! * length) / counts[i]!.available;
        picked.push(zone);
        ends.push(end);
      }
    return { zones: picked, ends };
  };

  const strategy: Strategy = {
    poolChanged: ({ members, available }) => {
      plans.clear();
      const byZone = (backends: readonly Backend[]) => Map.groupBy(backends, ({ zone = nowhere }) => zone);
      const [all, usable] = [byZone(members), byZone(available)];
      for (const name of zones.keys()) if (!all.has(name)) zones.delete(name);
      for (const [name, own] of all) {
        const zone = zones.get(name) ?? { name, strategy: create(), pool: { members: [], available: [] } };
        zones.set(name, zone);
        zone.pool = { members: own, available: usable.get(name) ?? [] };
        zone.strategy.poolChanged?.(zone.pool);
      }
    },
    pick: (_pool: Pool, request: Request) => {
      const from = home ?? request.region ?? nowhere;
      let plan = plans.get(from);
      if (plan === undefined) {
        plan = planFrom(from);
        plans.set(from, plan);
      }
      const drawn = draw(plan, env);
      if (drawn === undefined) return undefined;
      const zone =
        request.tried.length === 0 || serves(drawn, request) ? drawn : another(plan, request, drawn);
      return zone.strategy.pick(zone.pool, request);
    },
    started: (backend, request) => zoneOf(backend)?.strategy.started?.(backend, request),
    ended: (backend, outcome) => zoneOf(backend)?.strategy.ended?.(backend, outcome),
  };
  if (create().distribution !== undefined)
    strategy.distribution = () =>
      Object.assign({}, ...[...zones.values()].map((zone) => zone.strategy.distribution!()));
  return strategy;
}

function draw({ zones, ends }: Plan, env: Pick<Env, 'random'>): Zone | undefined {
  // Where one has it all, no draw is spent.
  if (zones.length === 0 || ends[0]! >= 1 - 1e-9) return zones[0];
  const u = env.random();
  return zones[ends.findIndex((end) => u < end)] ?? zones.at(-1);
}

/** Nearest first, one that has a backend the request has not tried; `drawn` where there is none. */
function another({ zones }: Plan, request: Request, drawn: Zone): Zone {
  return zones.find((zone) => serves(zone, request)) ?? drawn;
}

function serves({ pool }: Zone, { tried }: Request): boolean {
  return pool.available.some((it) => !wasTried(it, tried));
}
