/**
 * The balancer process of a trial: started by the harness (role.ts), one per contender and trial. It says `ready` once
 * its listener is open and its backends have been judged, and records attempts and events for the report.
 *
 * Nothing here catches what it does not understand: an uncaught error ends the process with its stack on stderr, and
 * the harness marks the contender failed with it.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { AttemptLog } from '../attempt-log.ts';
import { serve } from '../role.ts';
import { startBalancer } from './balancer.ts';
import type { ProxyReady, ProxySettings } from './settings.ts';

/** How long requests in flight may take to finish once told to stop, ms: below the harness's own patience. */
const drainMs = 2_000;

type In = { type: 'cpu' };
type Out = { type: 'cpu'; micros: number };

serve<ProxySettings, In, Out>(async (settings, say) => {
  const { record } = settings;
  const events = record === undefined ? undefined : openSync(record.events, 'a');
  const log = record === undefined ? undefined : new AttemptLog(record.attempts);
  const balancer = await startBalancer(settings, {
    // Synchronous: events are few, and the last ones before a crash are those that explain it.
    onEvent: (event) => {
      if (events !== undefined) writeSync(events, `${JSON.stringify(event)}\n`);
    },
    ...(log === undefined ? {} : { observer: log }),
  });
  const { port, admin } = balancer;
  const ready: ProxyReady = { port, adminPort: admin?.port ?? 0, adminToken: admin?.token ?? '' };

  return {
    ready,
    receive(message) {
      if (message.type !== 'cpu') return;
      const { user, system } = process.cpuUsage();
      say({ type: 'cpu', micros: user + system });
    },
    async stop() {
      await balancer.stop(drainMs);
      await log?.close();
      if (events !== undefined) closeSync(events);
    },
  };
});
