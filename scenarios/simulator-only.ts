/**
 * What of a scenario only the simulator can do. Real drivers have one balancer, live counts, and the network of the
 * machine they run on; what they cannot do is refused before a run and not left out of it.
 */
import type { BalancerSettings } from './balancer-settings.ts';
import type { ResolvedContender } from './contenders.ts';
import type { Finding } from './problem.ts';
import { backendsOf, type Scenario } from './scenario.ts';
import type { Path } from './show.ts';

/** As many processes or containers as one machine starts and serves without becoming the bottleneck itself. */
export const mostRealBackends = 200;

interface Reason {
  readonly expected: string;
  readonly got: string;
  /** Subject and verb of `… in the simulator only`. */
  readonly only: string;
}

function* ofBalancer({ count, zones, board }: BalancerSettings): Generator<Reason & { key: string }> {
  if (count > 1) yield { key: 'count', expected: 'one balancer', got: `${count}`, only: 'several run' };
  if (zones)
    yield { key: 'zones', expected: 'none', got: zones.join(', '), only: 'distances to balancers exist' };
  if (board)
    yield {
      key: 'board',
      expected: 'live counts',
      got: `a board refreshed every ${board.every}ms`,
      only: 'shared boards exist',
    };
}

function* ofNetwork(network: Scenario['network']): Generator<Reason & { key: string }> {
  const only = 'made latencies exist';
  for (const key of ['client', 'backend', 'connect'] as const)
    if (network[key] > 0) yield { key, expected: '0ms', got: `${network[key]}ms`, only };
  if (network.jitter > 0) yield { key: 'jitter', expected: '0', got: `${network.jitter}`, only };
  if (Object.keys(network.latencies).length > 0)
    yield { key: 'latencies', expected: 'no table', got: 'one', only };
}

/** One finding for each setting that real drivers would have to ignore. `name` is what the user calls the scenario. */
export function* simulatorOnly(
  scenario: Pick<Scenario, 'balancer' | 'network' | 'fleet' | 'contenders'>,
  contenders: readonly ResolvedContender[],
  name: string,
): Generator<Finding> {
  const finding = (path: Path, { expected, got, only }: Reason): Finding => ({
    path,
    message: `expected ${expected} on real backends, got ${got}; ${only} in the simulator only: steelyard simulate ${name}`,
  });
  const size = backendsOf(scenario).length;
  if (size > mostRealBackends)
    yield finding(['fleet'], {
      expected: `a fleet of at most ${mostRealBackends}`,
      got: `${size}`,
      only: 'larger ones run',
    });
  for (const it of ofNetwork(scenario.network)) yield finding(['network', it.key], it);
  const told = new Set<string>();
  for (const [i, { strategy, needs, balancer }] of contenders.entries()) {
    const entry = scenario.contenders === 'all' ? undefined : scenario.contenders[i];
    const own = typeof entry === 'object' ? entry.balancer : {};
    if (needs === 'simulator')
      yield finding(['contenders', i], {
        expected: 'a strategy that asks for no more than a balancer can know',
        got: strategy,
        only: 'it runs',
      });
    for (const it of ofBalancer(balancer)) {
      const path = Object.hasOwn(own, it.key) ? ['contenders', i, 'balancer', it.key] : ['balancer', it.key];
      if (told.has(path.join())) continue;
      told.add(path.join());
      yield finding(path, it);
    }
  }
}
