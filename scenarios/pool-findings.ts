/** Whether pools and routes speak of backends that the fleet has, in the scenario's own section and in each contender's. */
import { countable, type Sections } from './consistency.ts';
import { nameOf, type ResolvedContender } from './contenders.ts';
import { poolProblems } from './pools.ts';
import type { Finding } from './problem.ts';
import { backendsOf } from './scenario.ts';

/** At layer 4 a scenario's clients speak TLS only to a balancer that ends it, and all ask for one name. */
const noNames =
  'expected no routes by `sni` in a scenario, whose clients have no names to tell apart; they are for `steelyard proxy`';

export function* poolFindings(
  { fleet, balancer, contenders }: Sections,
  resolved: readonly ResolvedContender[],
): Generator<Finding> {
  if (!fleet || !balancer || !countable(fleet)) return;
  const backends = backendsOf({ fleet });
  for (const { path, message } of poolProblems(balancer, backends))
    yield { path: ['balancer', ...path], message };
  if (balancer.routes.some(({ sni }) => sni !== undefined))
    yield { path: ['balancer', 'routes'], message: noNames };
  if (balancer.board !== undefined && balancer.routes.length > 0)
    yield {
      path: ['balancer', 'board'],
      message: 'expected no board beside routes, whose pools count apart, got one; remove one of them',
    };
  if (!Array.isArray(contenders)) return;
  for (const [i, entry] of contenders.entries()) {
    if (typeof entry === 'string') continue;
    const one = resolved.find(({ name }) => name === nameOf(entry));
    if (one === undefined) continue;
    if (Object.hasOwn(entry.balancer, 'routes') && one.balancer.routes.some(({ sni }) => sni !== undefined))
      yield { path: ['contenders', i, 'balancer', 'routes'], message: noNames };
    if (!['pools', 'routes', 'fallback', 'locality'].some((key) => Object.hasOwn(entry.balancer, key)))
      continue;
    for (const { path, message } of poolProblems(one.balancer, backends))
      yield { path: ['contenders', i, 'balancer', ...path], message };
  }
}
