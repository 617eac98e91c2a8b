/** What `/stats` says: the article's fields per backend, and their totals. Counted in attempts, as the balancer sees them. */
import type { BackendPool } from './pool.ts';
import type { PooledBackend } from './pooled-backend.ts';

export interface BackendStats {
  id: string;
  url: string;
  zone?: string;
  weight: number;
  /** What of its weight counts now: less while it starts slowly. */
  effectiveWeight: number;
  /** Whether it may be picked now. */
  alive: boolean;
  /** `draining` once removed, or by the operator's word with attempts still in flight; `drained` with none left. */
  state: 'unknown' | 'healthy' | 'unhealthy' | 'draining' | 'drained';
  /** Attempts picked for it: requests = ok + errors + cancelled + inFlight. */
  requests: number;
  ok: number;
  errors: number;
  cancelled: number;
  inFlight: number;
  /** errors ÷ requests, a share of one. */
  errorRate: number;
  /** Over complete responses, ms; null before the first. */
  meanResponseMs: number | null;
  /** The article's `ServerHealthInfo`; times in ms of the monotonic clock, null before the first check. */
  health: {
    consecutiveSuccesses: number;
    consecutiveFailures: number;
    lastCheck: number | null;
    lastResponseMs: number | null;
    errorMessage: string;
  };
}

export interface BalancerStats {
  backends: BackendStats[];
  totals: {
    requests: number;
    ok: number;
    errors: number;
    cancelled: number;
    inFlight: number;
    errorRate: number;
    meanResponseMs: number | null;
    available: number;
  };
  /** What the strategy holds for each backend (sessions bound, share of the ring), where it can tell. */
  distribution?: Readonly<Record<string, number>>;
}

export function statsOf(pool: BackendPool): Omit<BalancerStats, 'distribution'> {
  const all = [...pool.members, ...pool.draining];
  const sum = (of: (backend: PooledBackend) => number) => all.reduce((total, it) => total + of(it), 0);
  const requests = sum((it) => it.requests);
  const errors = sum((it) => it.errors);
  return {
    backends: all.map(backendStats),
    totals: {
      requests,
      ok: sum((it) => it.ok),
      errors,
      cancelled: sum((it) => it.cancelled),
      inFlight: sum((it) => it.inFlight),
      errorRate: requests === 0 ? 0 : errors / requests,
      meanResponseMs: mean(
        sum((it) => it.responseMs),
        sum((it) => it.responses),
      ),
      available: pool.available.length,
    },
  };
}

export function backendStats(it: PooledBackend): BackendStats {
  return {
    id: it.id,
    url: `http://${it.host.includes(':') ? `[${it.host}]` : it.host}:${it.port}`,
    ...(it.zone === undefined ? {} : { zone: it.zone }),
    weight: it.fullWeight,
    effectiveWeight: it.weight,
    alive: it.available,
    state: stateOf(it),
    requests: it.requests,
    ok: it.ok,
    errors: it.errors,
    cancelled: it.cancelled,
    inFlight: it.inFlight,
    errorRate: it.requests === 0 ? 0 : it.errors / it.requests,
    meanResponseMs: mean(it.responseMs, it.responses),
    health: {
      consecutiveSuccesses: it.health.consecutiveSuccesses,
      consecutiveFailures: it.health.consecutiveFailures,
      lastCheck: known(it.health.lastCheck),
      lastResponseMs: known(it.health.lastResponseTime),
      errorMessage: it.health.errorMessage,
    },
  };
}

function stateOf({ draining, held, inFlight, health }: PooledBackend): BackendStats['state'] {
  if (draining) return 'draining';
  if (held) return inFlight > 0 ? 'draining' : 'drained';
  return health.status;
}

function mean(total: number, count: number): number | null {
  return count === 0 ? null : total / count;
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
