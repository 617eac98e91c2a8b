/** A running balancer as its side door sees it: what is done to a backend is done in every pool that has it. */
import type { PooledBackend } from '../pooled-backend.ts';
import type { Pools } from '../pools.ts';
import type { AdminSubject } from './admin-routes.ts';
import { type MetricSources, metricFamilies } from './metrics.ts';
import { metricsText } from './open-metrics.ts';

export interface Administered extends Omit<MetricSources, 'droppedLines'> {
  readonly pools: Pools;
  /** Has a backend that was added checked. */
  readonly watch: (backend: PooledBackend) => void;
  readonly isClosing: () => boolean;
  readonly droppedLines: (() => number) | undefined;
}

export function subjectOf(balancer: Administered): AdminSubject {
  const { pools, watch, isClosing, telemetry, droppedLines } = balancer;
  return {
    stats: () => pools.stats(),
    get closing() {
      return isClosing();
    },
    add: (from) => {
      const added = pools.add(from);
      for (const backend of added) watch(backend);
      return added[0]!;
    },
    get: (id) => pools.all.pool.get(id),
    reweigh: (id, weight) => pools.each((pool) => pool.reweigh(id, weight)),
    drain: (id, deadline) => pools.each((pool) => pool.drain(id, deadline)),
    undrain: (id) => pools.each((pool) => pool.undrain(id)),
    remove: (id, deadline) => pools.each((pool) => pool.remove(id, deadline)),
    metrics: (openMetrics) =>
      metricsText(
        metricFamilies({
          pools,
          telemetry,
          connections: balancer.connections,
          droppedLines: droppedLines?.(),
        }),
        openMetrics,
      ),
    ...(telemetry === undefined ? {} : { events: telemetry.events }),
  };
}
