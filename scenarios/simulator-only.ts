/**
 * What of a scenario only the simulator can do. Real drivers have one balancer, live counts, and the network of the
 * machine they run on, to which backends and load generators add distances request by request; what they cannot do is
 * refused before a run and not left out of it.
 */
import type { BalancerSettings } from './balancer-settings.ts';
import type { ResolvedContender } from './contenders.ts';
import { hasDistances, Network } from './distances.ts';
import { placesOf } from './network.ts';
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

function* ofBalancer({ count, board }: BalancerSettings): Generator<Reason & { key: string }> {
  if (count > 1) yield { key: 'count', expected: 'one balancer', got: `${count}`, only: 'several run' };
  if (board)
    yield {
      key: 'board',
      expected: 'live counts',
      got: `a board refreshed every ${board.every}ms`,
      only: 'shared boards exist',
    };
}

/** Of distances: they are made for requests, not for bytes of connections, and not for handshakes. */
function* ofDistances(
  { layer, connectTimeout, zones }: BalancerSettings,
  { network, fleet }: Pick<Scenario, 'network' | 'fleet'>,
): Generator<Reason & { key: string }> {
  if (!hasDistances(network)) return;
  if (layer === 4)
    yield {
      key: 'layer',
      expected: 'layer 7 where network makes distances',
      got: '4',
      only: 'distances at layer 4 exist',
    };
  const handshake = handshakeOf(network, zones?.[0], fleet);
  if (handshake >= connectTimeout)
    yield {
      key: 'connectTimeout',
      expected: `more than the longest handshake that network makes (${handshake}ms)`,
      got: `${connectTimeout}ms`,
      only: 'connections take their time',
    };
}

/** The longest between a balancer and a host, jitter apart, ms. */
function handshakeOf(
  settings: Scenario['network'],
  zone: string | undefined,
  fleet: Scenario['fleet'],
): number {
  const network = new Network(settings, 0);
  const from = zone === undefined ? [undefined, ...placesOf(settings)] : [zone];
  const trips = from.flatMap((place) => fleet.map((it) => network.toHost(place, it.zone)));
  return 2 * Math.max(...trips) + settings.connect;
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
    for (const it of [...ofBalancer(balancer), ...ofDistances(balancer, scenario)]) {
      const path = Object.hasOwn(own, it.key) ? ['contenders', i, 'balancer', it.key] : ['balancer', it.key];
      if (told.has(path.join())) continue;
      told.add(path.join());
      yield finding(path, it);
    }
  }
}
