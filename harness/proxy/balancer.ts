/**
 * One running balancer: data path, health checks, probes and side door around the dispatchers of its pools. The harness
 * runs it in a process of its own (main.ts), `steelyard proxy` in its own (commands/proxy.ts); both build it here.
 *
 * Nothing here catches what it does not understand: an uncaught error is the process's end.
 */
import type { Env } from '../../strategies/strategy.ts';
import type { BalancerStats } from '../balancer-stats.ts';
import { now } from '../clock.ts';
import type { AttemptObserver } from '../dispatch.ts';
import { ownSeed } from '../dispatcher.ts';
import type { BalancerEvent } from '../pool.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import { Pools } from '../pools.ts';
import { findStrategy, poolStrategies } from '../strategies.ts';
import type { AccessLog } from './access-log.ts';
import { type Admin, startAdmin } from './admin.ts';
import { subjectOf } from './admin-subject.ts';
import { HealthChecker } from './health-checker.ts';
import { createHttpProxy } from './http.ts';
import { Prober } from './prober.ts';
import type { ProxySettings } from './settings.ts';
import { createTcpProxy } from './tcp.ts';
import type { Telemetry } from './telemetry.ts';
import { TlsTermination } from './tls.ts';
import { together } from './watcher.ts';

export interface BalancerHooks {
  readonly onEvent: (event: BalancerEvent) => void;
  /** Of attempts; `telemetry` has one of its own. */
  readonly observer?: AttemptObserver;
  readonly accessLog?: AccessLog;
  /** What the side door can tell beyond the pool's own counts. */
  readonly telemetry?: Telemetry;
}

export interface RunningBalancer {
  /** Where it serves. */
  readonly port: number;
  readonly admin: Admin | undefined;
  /** The pool's, as `/stats` says it. */
  stats(): BalancerStats;
  /**
   * Reads its certificates again, for connections to come. Returns how many of them are files; throws where one is bad, and
   * then all stay as they were.
   */
  reloadCertificates(): number;
  /**
   * Takes no more connections, lets what is in flight finish for at most `drainMs`, and resolves when all of it is closed,
   * with how many connections had to be reset.
   */
  stop(drainMs: number): Promise<number>;
}

/** Resolves once the listener is open and the backends have been judged. Rejects where an address is taken. */
export async function startBalancer(
  settings: ProxySettings,
  { onEvent, telemetry, accessLog, observer = telemetry?.observer }: BalancerHooks,
): Promise<RunningBalancer> {
  const { balancer, balancers, backends, seed } = settings;
  const strategy = { ...(await findStrategy(settings.strategy.name)), values: settings.strategy.values };
  const strategies = await poolStrategies(balancer);
  const tls = balancer.tls === false ? undefined : await TlsTermination.create(balancer.tls, now);
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
      ...latencyOf(settings),
    },
    zone: balancer.zones?.[0],
  });
  const { health, identity } = balancer;
  const field = identity === false ? undefined : identity;
  const checkers =
    health === false
      ? []
      : pools.dispatchers.map(
          ({ pool }) => new HealthChecker({ pool, health, now, field, seed: ownSeed(seed, balancers) }),
        );
  const watch = (backend: PooledBackend) =>
    checkers.find(({ pool }) => pool.get(backend.id) === backend)?.watch(backend);
  for (const { pool } of pools.dispatchers) for (const backend of pool.members) watch(backend);

  const createProxy = balancer.layer === 4 ? createTcpProxy : createHttpProxy;
  const watcher = together([telemetry?.watcher, accessLog]);
  const proxy = createProxy({ pools, settings, now, tls, ...(watcher === undefined ? {} : { watcher }) });
  let closing = false;
  const subject = subjectOf({
    pools,
    watch,
    isClosing: () => closing,
    get connections() {
      return proxy.connections;
    },
    telemetry,
    droppedLines: accessLog && (() => accessLog.file.dropped),
  });
  const admin = settings.admin && (await startAdmin(settings.admin, subject));
  await Promise.all(checkers.map((it) => it.firstVerdicts()));
  const port = await proxy.listen(settings.listen.host, settings.listen.port);
  return {
    port,
    admin,
    stats: () => pools.stats(),
    reloadCertificates: () => tls?.reload() ?? 0,
    async stop(drainMs) {
      closing = true;
      const cut = await proxy.close(drainMs);
      for (const checker of checkers) checker.stop();
      prober?.stop();
      await admin?.close();
      return cut;
    },
  };
}

/** As the simulator's network reads its table. */
function latencyOf({ latencies, latencyWithin = 0 }: ProxySettings): Pick<Env, 'latency'> {
  if (latencies === undefined) return {};
  return {
    latency: (from, to) => (from === to ? latencyWithin : (latencies[from]?.[to] ?? latencies[to]?.[from])),
  };
}
