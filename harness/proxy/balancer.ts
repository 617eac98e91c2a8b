/**
 * One running balancer: data path, health checks, probes and side door around the dispatchers of its pools. The harness
 * runs it in a process of its own (main.ts), `steelyard proxy` in its own (commands/proxy.ts); both build it here.
 *
 * Nothing here catches what it does not understand: an uncaught error is the process's end.
 */

import { poolsOf } from '../../scenarios/pools.ts';
import type { Options, Values } from '../../strategies/strategy.ts';
import { now } from '../clock.ts';
import type { AttemptObserver } from '../dispatch.ts';
import type { BalancerEvent } from '../pool.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import { Pools } from '../pools.ts';
import { type ChosenStrategy, findStrategy } from '../strategies.ts';
import { type Admin, startAdmin } from './admin.ts';
import { HealthChecker } from './health-checker.ts';
import { createHttpProxy } from './http.ts';
import { Prober } from './prober.ts';
import type { ProxySettings } from './settings.ts';
import { createTcpProxy } from './tcp.ts';

export interface BalancerHooks {
  readonly onEvent: (event: BalancerEvent) => void;
  readonly observer?: AttemptObserver;
}

export interface RunningBalancer {
  /** Where it serves. */
  readonly port: number;
  readonly admin: Admin;
  /** Takes no more connections, lets what is in flight finish for at most `drainMs`, and resolves when all of it is closed. */
  stop(drainMs: number): Promise<void>;
}

/** Resolves once the listener is open and the backends have been judged. Rejects where an address is taken. */
export async function startBalancer(
  settings: ProxySettings,
  { onEvent, observer }: BalancerHooks,
): Promise<RunningBalancer> {
  const { balancer, balancers, backends, seed } = settings;
  const strategy = { ...(await findStrategy(settings.strategy.name)), values: settings.strategy.values };
  const strategies = await ownStrategies(settings);
  const probes = [strategy, ...strategies.values()].some(({ definition }) => definition.needs === 'probe');
  const prober = probes ? new Prober({ now }) : undefined;
  const pools = new Pools({
    strategy,
    strategies,
    seed,
    settings: balancer,
    backends,
    now,
    onEvent,
    ...(observer === undefined ? {} : { observer }),
    env: {
      ...(balancers === undefined ? {} : { balancers }),
      ...(prober === undefined ? {} : { probe: prober.probe }),
    },
  });
  const { health } = balancer;
  const checkers =
    health === false ? [] : pools.dispatchers.map(({ pool }) => new HealthChecker({ pool, health, now }));
  const watch = (backend: PooledBackend) =>
    checkers.find(({ pool }) => pool.get(backend.id) === backend)?.watch(backend);
  for (const { pool } of pools.dispatchers) for (const backend of pool.members) watch(backend);

  const createProxy = balancer.layer === 4 ? createTcpProxy : createHttpProxy;
  const proxy = createProxy({ pools, settings, now });
  const admin = await startAdmin(settings.admin, {
    stats: () => pools.stats(),
    add: (from) => {
      const added = pools.add(from);
      for (const backend of added) watch(backend);
      return added[0]!;
    },
    remove: (id) => pools.each((pool) => pool.remove(id)),
  });
  await Promise.all(checkers.map((it) => it.firstVerdicts()));
  const port = await proxy.listen(settings.listen.host, settings.listen.port);
  return {
    port,
    admin,
    async stop(drainMs) {
      await proxy.close(drainMs);
      for (const checker of checkers) checker.stop();
      prober?.stop();
      await admin.close();
    },
  };
}

/** The strategies of pools that have one of their own, by the pool's name. */
async function ownStrategies({ balancer }: ProxySettings): Promise<ReadonlyMap<string, ChosenStrategy>> {
  const strategies = new Map<string, ChosenStrategy>();
  for (const { name, strategy } of poolsOf(balancer))
    if (strategy !== undefined)
      strategies.set(name, {
        ...(await findStrategy(strategy.name)),
        values: strategy.options as Values<Options>,
      });
  return strategies;
}
