/**
 * One running balancer: data path, health checks, probes and side door around one dispatcher. The harness runs it in a
 * process of its own (main.ts), `steelyard proxy` in its own (commands/proxy.ts); both build it here.
 *
 * Nothing here catches what it does not understand: an uncaught error is the process's end.
 */
import { now } from '../clock.ts';
import type { AttemptObserver } from '../dispatch.ts';
import { Dispatcher } from '../dispatcher.ts';
import type { BalancerEvent } from '../pool.ts';
import { findStrategy } from '../strategies.ts';
import { type Admin, startAdmin } from './admin.ts';
import { HealthChecker } from './health-checker.ts';
import { createHttpProxy } from './http.ts';
import { Prober } from './prober.ts';
import type { ProxySettings } from './settings.ts';

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
  const prober = strategy.definition.needs === 'probe' ? new Prober({ now }) : undefined;
  const dispatcher = new Dispatcher({
    strategy,
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
  const { pool } = dispatcher;
  const { health } = balancer;
  const checker = health === false ? undefined : new HealthChecker({ pool, health, now });
  for (const backend of pool.members) checker?.watch(backend);

  const proxy = createHttpProxy({ dispatcher, settings, now });
  const admin = await startAdmin(settings.admin, {
    stats: () => dispatcher.stats(),
    add: (from) => {
      const backend = pool.add(from);
      checker?.watch(backend);
      return backend;
    },
    remove: (id) => pool.remove(id),
  });
  await checker?.firstVerdicts();
  const port = await proxy.listen(settings.listen.host, settings.listen.port);
  return {
    port,
    admin,
    async stop(drainMs) {
      await proxy.close(drainMs);
      checker?.stop();
      prober?.stop();
      await admin.close();
    },
  };
}
