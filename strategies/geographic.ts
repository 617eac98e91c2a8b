/**
 * Geographic: to the zone nearest to the client's region, and on to the next while that one is down or too weak.
 *
 * Formula     zones in order of latency(region, zone), equal ones in one tier; the nearest tier of which `healthShare`
 *             of the members are available serves, one of its zones drawn by available weight, in there the inner strategy
 * Cost        O(zones of the tier) and the inner strategy's pick; O(n) when the pool changes
 * Source      the article, "Geographic distribution"; Envoy's priority levels and overprovisioning; Google Cloud's
 *             WATERFALL_BY_REGION
 * Use it      where distance costs more than a little imbalance between zones, and zones can carry a neighbour's load
 * It fails    by trusting the map: a zone that is near, up and overloaded keeps its clients (only availability spills), a
 *             popular region is not helped by idle ones, and the zone next to one that fails gets all of its load
 *             (`spill: gradual` softens the edge; healthShare .714 is then Envoy's default)
 * Spread      none promised: shares follow the clients' regions; within a zone it is the inner strategy's
 *
 * Without a region a request has no preference: all zones are one tier. A zone that the operator's table does not have
 * is farthest, unless it has the region's own name: then it is the nearest. Members without a zone are together in one
 * that no table has. When a zone recovers, its clients return with the next request. A retry prefers another backend
 * of the tier, then the nearest tier that has one untried.
 */

import { innerNames, innerOf } from './geographic-inner.ts';
import { type Plan, planFor } from './geographic-plan.ts';
import { Zones } from './geographic-zones.ts';
import { define } from './strategy.ts';
import { allTried } from './tried.ts';

/** Regions come with requests, so there may be any number; plans for so many are kept. */
const mostPlans = 1000;
const nowhere = '';

export default define({
  about: "to the zone nearest to the client's region while that is healthy, else to the next; inner strategy",
  options: {
    inner: {
      type: 'choice',
      default: 'p2c',
      of: innerNames,
      about: 'how a backend is chosen within a zone, with its default options',
    },
    healthShare: {
      type: 'number',
      default: 0.5,
      min: 0,
      max: 1,
      about: 'the share of its members that must be available for a zone to serve; 0: any one',
    },
    spill: {
      type: 'choice',
      default: 'whole',
      of: ['whole', 'gradual'],
      about:
        'whether a zone below its share gives away all of its requests, or the part it has no members for',
    },
  },
  create(env, { inner, healthShare, spill }) {
    const zones = new Zones(() => innerOf(inner, env));
    const plans = new Map<string, Plan>(); // by region

    function planOf(region: string): Plan {
      const known = plans.get(region);
      if (known !== undefined) return known;
      if (plans.size >= mostPlans) plans.clear();
      const latencies = zones.list.map(({ name }) => {
        if (region === nowhere) return 0;
        return env.latency?.(region, name) ?? (name === region ? 0 : Infinity);
      });
      const plan = planFor(zones.list, latencies, healthShare, spill);
      plans.set(region, plan);
      return plan;
    }

    function tierOf({ until, only }: Plan): number {
      if (only >= 0) return only;
      const u = env.random();
      let tier = 0;
      while (u >= until[tier]!) tier++;
      return tier;
    }

    return {
      poolChanged(pool) {
        zones.poolChanged(pool);
        plans.clear();
      },
      pick({ available }, request) {
        if (available.length === 0) return undefined;
        const { tried } = request;
        const plan = planOf(request.region ?? nowhere);
        const retry = tried.length > 0 && !allTried(available, tried);
        if (retry) zones.leave(tried);
        let zone = zones.draw(plan.tiers[tierOf(plan)]!, retry, env);
        for (let tier = 0; zone === undefined; tier++) zone = zones.draw(plan.tiers[tier]!, retry, env);
        return zone.inner.pick(zone, request);
      },
      started: (backend, request) => zones.of(backend)?.inner.started?.(backend, request),
      ended: (backend, outcome) => zones.of(backend)?.inner.ended?.(backend, outcome),
    };
  },
});
