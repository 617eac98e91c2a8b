/**
 * The balancer process: data path, health checks, probes and side door around one dispatcher. Started by the harness
 * (role.ts), one per contender and trial. It says `ready` once its listener is open and its backends have been judged.
 *
 * Nothing here catches what it does not understand: an uncaught error ends the process with its stack on stderr, and
 * the harness marks the contender failed with it.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { AttemptLog } from '../attempt-log.ts';
import { now } from '../clock.ts';
import { Dispatcher } from '../dispatcher.ts';
import type { BalancerEvent } from '../pool.ts';
import { serve } from '../role.ts';
import { findStrategy } from '../strategies.ts';
import { startAdmin } from './admin.ts';
import { HealthChecker } from './health-checker.ts';
import { createHttpProxy } from './http.ts';
import { Prober } from './prober.ts';
import type { ProxyReady, ProxySettings } from './settings.ts';

/** How long requests in flight may take to finish once told to stop, ms: below the harness's own patience. */
const drainMs = 2_000;

type In = { type: 'cpu' };
type Out = { type: 'cpu'; micros: number };

serve<ProxySettings, In, Out>(async (settings, say) => {
  const { balancer, balancers, backends, seed, record } = settings;
  const events = record === undefined ? undefined : openSync(record.events, 'a');
  // Synchronous: events are few, and the last ones before a crash are those that explain it.
  const onEvent = (event: BalancerEvent) => {
    if (events !== undefined) writeSync(events, `${JSON.stringify(event)}\n`);
  };
  const log = record === undefined ? undefined : new AttemptLog(record.attempts);
  const strategy = { ...(await findStrategy(settings.strategy.name)), values: settings.strategy.values };
  const prober = strategy.definition.needs === 'probe' ? new Prober({ now }) : undefined;
  const dispatcher = new Dispatcher({
    strategy,
    seed,
    settings: balancer,
    backends,
    now,
    onEvent,
    ...(log === undefined ? {} : { observer: log }),
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
  const ready: ProxyReady = { port, adminPort: admin.port, adminToken: admin.token };

  return {
    ready,
    receive(message) {
      if (message.type !== 'cpu') return;
      const { user, system } = process.cpuUsage();
      say({ type: 'cpu', micros: user + system });
    },
    async stop() {
      await proxy.close(drainMs);
      checker?.stop();
      prober?.stop();
      await admin.close();
      await log?.close();
      if (events !== undefined) closeSync(events);
    },
  };
});
