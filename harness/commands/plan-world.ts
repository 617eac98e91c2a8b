/** The lines of a plan about what only simulations have: several balancers, a shared board, trips that take time. */
import type { Plan } from '../../scenarios/plan.ts';

/** None where there is one balancer with live counts and no latency. */
export function worldLines({ balancers, network }: Pick<Plan, 'balancers' | 'network'>): string[] {
  return [...balancerLine(balancers), ...(network ? networkLine(network) : [])];
}

function balancerLine({ count, zones, boardMs }: Plan['balancers']): string[] {
  if (count === 1 && zones === undefined && boardMs === undefined) return [];
  const facts = [
    count === 1 ? '1' : `${count} side by side, each with counts of its own`,
    ...(zones ? [`in ${zones.join(', ')}`] : []),
    ...(boardMs === undefined ? [] : [`all read one board refreshed every ${boardMs} ms`]),
  ];
  return [`  balancers   ${facts.join('; ')}`];
}

function networkLine({
  client,
  backend,
  connect,
  jitter,
  latencies,
}: NonNullable<Plan['network']>): string[] {
  const pairs = Object.values(latencies).reduce((sum, row) => sum + Object.keys(row).length, 0);
  const facts = [
    `one way ${client} ms from clients, ${backend} ms to backends`,
    ...(connect > 0 ? [`connecting ${connect} ms more than its round trip`] : []),
    ...(pairs > 0 ? [`a table of ${pairs} ${pairs === 1 ? 'latency' : 'latencies'} between places`] : []),
    ...(jitter > 0 ? [`jitter ${+(100 * jitter).toFixed(1)}%`] : []),
  ];
  return [`  network     ${facts.join('; ')}`];
}
