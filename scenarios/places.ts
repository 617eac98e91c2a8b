/**
 * Regions of clients, zones of balancers and zones of backends are places, told apart by their names alone; the table of
 * latencies lies between them. Whether all of these speak of the same places, and of all pairs that requests travel.
 */
import type { Sections } from './consistency.ts';
import { placesOf } from './network.ts';
import type { Finding } from './problem.ts';
import type { Scenario } from './scenario.ts';
import { show } from './show.ts';
import { didYouMean } from './suggest.ts';

/** Where requests come from, where they are balanced, where they are served. */
function stationsOf({ load, balancer, fleet, contenders }: Sections) {
  const zones = (it: unknown): string[] =>
    Array.isArray(it) ? it.filter((one) => typeof one === 'string') : [];
  const own = Array.isArray(contenders)
    ? contenders.flatMap((it) => (typeof it === 'string' ? [] : zones(it.balancer.zones)))
    : [];
  const told = load?.open?.trace?.region?.filter((it) => it !== '') ?? [];
  return {
    regions: new Set([...Object.keys(load?.regions ?? {}), ...told]),
    balancers: new Set([...(balancer?.zones ?? []), ...own]),
    backends: new Set((fleet ?? []).flatMap(({ zone }) => zone ?? [])),
  };
}

/** Every place in the table is one that something is in. */
export function* placeFindings(sections: Sections): Generator<Finding> {
  const { network, load, balancer, fleet, contenders } = sections;
  // Where a section is wrong, its places are not known.
  if (!network || !load || !balancer || !fleet || !contenders) return;
  const { regions, balancers, backends } = stationsOf(sections);
  const places = new Set([...regions, ...balancers, ...backends]);
  const unknown = (place: string) => {
    const there = places.size === 0 ? 'there is none' : [...places].slice(0, 20).join(', ');
    return `expected a zone of the fleet, a region of load.regions or a zone of balancer.zones (${there}), got ${show(place)}${didYouMean(place, places)}`;
  };
  for (const [from, row] of Object.entries(network.latencies)) {
    const path = ['network', 'latencies', from];
    if (!places.has(from)) yield { path, message: unknown(from), key: true };
    for (const to of Object.keys(row))
      if (from === to)
        yield {
          path: [...path, to],
          message: `expected another place than ${from}, got the same; what is in one place is network.backend or network.client apart`,
          key: true,
        };
      else if (!places.has(to)) yield { path: [...path, to], message: unknown(to), key: true };
  }
}

/** Sentences for the report: what is asked of the table that it does not say. */
export function placeNotes(
  scenario: Pick<Scenario, 'network' | 'load' | 'balancer' | 'fleet' | 'contenders'>,
): string[] {
  const { regions, balancers, backends } = stationsOf(scenario);
  const { latencies } = scenario.network;
  if (placesOf(scenario.network).length === 0)
    return regions.size > 1
      ? [
          'Clients are in several regions and network.latencies has no table: every backend is as near to each of them as any other.',
        ]
      : [];
  const missing = new Set<string>();
  for (const [a, b] of travelled(regions, balancers, backends)) {
    if (a !== b && latencies[a]?.[b] === undefined && latencies[b]?.[a] === undefined)
      missing.add([a, b].sort().join(' and '));
    if (missing.size > mostShown) break;
  }
  if (missing.size === 0) return [];
  const some = [...missing].slice(0, mostShown).join('; ');
  const more = missing.size > mostShown ? '; and others' : '';
  return [
    `network.latencies says nothing of the way between ${some}${more}: network.client and network.backend hold there.`,
  ];
}

const mostShown = 5;

/** From clients to balancers and on to backends; a balancer without a zone stands where its client does. */
function* travelled(
  regions: ReadonlySet<string>,
  balancers: ReadonlySet<string>,
  backends: ReadonlySet<string>,
): Generator<[string, string]> {
  for (const region of regions) for (const zone of balancers) yield [region, zone];
  for (const from of balancers.size > 0 ? balancers : regions)
    for (const zone of backends) yield [from, zone];
}
