/** The metrics of one balancer, as families: what each means stands in its help. */

import { type BackendStats, backendStats } from '../balancer-stats.ts';
import { version } from '../environment.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import type { Pools } from '../pools.ts';
import type { Family, Sample } from './open-metrics.ts';
import type { Telemetry } from './telemetry.ts';

export interface MetricSources {
  readonly pools: Pools;
  readonly connections: { readonly clients: number; readonly upstreams: number };
  readonly telemetry: Telemetry | undefined;
  /** Lines of the access log that could not be written. */
  readonly droppedLines: number | undefined;
}

const states: readonly BackendStats['state'][] = ['unknown', 'healthy', 'unhealthy', 'draining', 'drained'];
const breakerStates = ['closed', 'open', 'half-open'] as const;
const started = Date.now() / 1000 - process.uptime();

export function metricFamilies(sources: MetricSources): Family[] {
  return [...ofBalancer(sources), ...ofBackends(sources), ...ofProcess()];
}

function ofBalancer({ connections, telemetry, droppedLines }: MetricSources): Family[] {
  const counter = (value: number | undefined): Sample[] =>
    value === undefined ? [] : [{ suffix: '_total', value }];
  const by = (label: string, counts: Iterable<[string | number, number]> = []): Sample[] =>
    [...counts].map(([key, value]) => ({ suffix: '_total', labels: { [label]: String(key) }, value }));
  return [
    {
      name: 'steelyard_build',
      type: 'info',
      help: 'Versions.',
      samples: [{ suffix: '_info', labels: { version, node: process.version }, value: 1 }],
    },
    {
      name: 'steelyard_requests',
      type: 'counter',
      help: 'Requests by the status they were answered with; code 0 where they got no complete response.',
      samples: by('code', telemetry?.responses),
    },
    {
      name: 'steelyard_request_duration_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'From the end of a request’s head to the end of its response, retries included.',
      samples: telemetry === undefined ? [] : telemetry.duration.samples(),
    },
    {
      name: 'steelyard_received_bytes',
      type: 'counter',
      unit: 'bytes',
      help: 'From clients, heads and framing included.',
      samples: counter(telemetry?.receivedBytes),
    },
    {
      name: 'steelyard_sent_bytes',
      type: 'counter',
      unit: 'bytes',
      help: 'To clients, heads and framing included.',
      samples: counter(telemetry?.sentBytes),
    },
    {
      name: 'steelyard_client_connections',
      type: 'gauge',
      help: 'Connections of clients that are open.',
      samples: [{ value: connections.clients }],
    },
    {
      name: 'steelyard_backend_connections',
      type: 'gauge',
      help: 'Connections to backends that are open or being opened, used or not.',
      samples: [{ value: connections.upstreams }],
    },
    {
      name: 'steelyard_events',
      type: 'counter',
      help: 'Events by type: health, pool and so on.',
      samples: by('type', telemetry?.events.counts),
    },
    {
      name: 'steelyard_access_log_dropped',
      type: 'counter',
      help: 'Lines of the access log that could not be written.',
      samples: counter(droppedLines),
    },
  ];
}

function ofBackends({ pools, telemetry }: MetricSources): Family[] {
  const all = pools.named.flatMap(([pool, dispatcher]) =>
    [...dispatcher.pool.members, ...dispatcher.pool.draining].map((backend) => ({
      backend,
      labels: { pool, backend: backend.id },
      stats: backendStats(backend),
    })),
  );
  type One = (typeof all)[number];
  const each = (name: string, help: string, value: (it: One) => number): Family => ({
    name,
    type: 'gauge',
    help,
    samples: all.map((it) => ({ labels: it.labels, value: value(it) })),
  });
  const stateset = <S extends string>(
    name: string,
    help: string,
    of: readonly S[],
    state: (stats: BackendStats) => S | undefined,
  ): Family => ({
    name,
    type: 'stateset',
    help,
    samples: all.flatMap(({ labels, stats }) => {
      const now = state(stats);
      if (now === undefined) return [];
      return of.map((it) => ({ labels: { ...labels, [name]: it }, value: it === now ? 1 : 0 }));
    }),
  });
  const histogram = (backend: PooledBackend) => telemetry?.attemptsAt(backend);
  return [
    {
      name: 'steelyard_attempts',
      type: 'counter',
      help: 'Attempts that ended, by outcome. A request that is retried makes several.',
      samples: all.flatMap(({ labels, stats }) =>
        (['ok', 'error', 'cancelled'] as const).map((outcome) => ({
          suffix: '_total',
          labels: { ...labels, outcome },
          value: outcome === 'error' ? stats.errors : stats[outcome],
        })),
      ),
    },
    {
      name: 'steelyard_attempt_duration_seconds',
      type: 'histogram',
      unit: 'seconds',
      help: 'From picking a backend to the end of its response, or of the attempt.',
      samples: all.flatMap(({ backend, labels }) => histogram(backend)?.samples(labels) ?? []),
    },
    each('steelyard_backend_in_flight', 'Attempts in flight.', ({ stats }) => stats.inFlight),
    each('steelyard_backend_available', 'Whether it may be picked.', ({ stats }) => (stats.alive ? 1 : 0)),
    each('steelyard_backend_weight', 'Its weight, as it was given.', ({ stats }) => stats.weight),
    each(
      'steelyard_backend_effective_weight',
      'What of its weight counts now: less while it starts slowly.',
      ({ stats }) => stats.effectiveWeight,
    ),
    each(
      'steelyard_backend_ejected',
      'Whether it is ejected, as an outlier or for its failures.',
      ({ stats }) => (stats.ejectedUntil === undefined ? 0 : 1),
    ),
    stateset('steelyard_backend_state', 'What the balancer makes of it.', states, ({ state }) => state),
    stateset(
      'steelyard_backend_breaker',
      'Its circuit breaker, where there is one.',
      breakerStates,
      (it) => it.breaker,
    ),
  ];
}

function ofProcess(): Family[] {
  const { user, system } = process.cpuUsage();
  const one = (name: string, unit: 'seconds' | 'bytes', help: string, value: number): Family => ({
    name,
    type: 'gauge',
    unit,
    help,
    samples: [{ value }],
  });
  return [
    {
      name: 'process_cpu_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'CPU time, user and system.',
      samples: [{ suffix: '_total', value: (user + system) / 1e6 }],
    },
    one('process_resident_memory_bytes', 'bytes', 'Resident memory.', process.memoryUsage.rss()),
    one('process_start_time_seconds', 'seconds', 'When it started, in seconds since 1970.', started),
  ];
}
