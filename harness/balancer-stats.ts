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
  /** Where breakers are on. */
  breaker?: 'closed' | 'open' | 'half-open';
  /** When its ejection is over, ms of the monotonic clock; absent when there is none. */
  ejectedUntil?: number;
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
  /** Requests that wait for a backend with a slot free, and how many may; absent where there is no queue. */
  queue?: { length: number; limit: number };
  /** What the strategy holds for each backend (sessions bound, share of the ring), where it can tell. */
  distribution?: Readonly<Record<string, number>>;
}

/** What is counted over these pools together; a backend that is in several has one entry, whose state is that in the first. */
export function statsOf(
  first: BackendPool,
  ...others: readonly BackendPool[]
): Omit<BalancerStats, 'distribution' | 'queue'> {
  const byId = new Map<string, PooledBackend[]>();
  for (const { members, draining } of [first, ...others])
    for (const it of [...members, ...draining]) {
      const same = byId.get(it.id);
      if (same === undefined) byId.set(it.id, [it]);
      else same.push(it);
    }
  const all = [...byId.values()];
  return {
    backends: all.map((same) => backendStats(...(same as [PooledBackend]))),
    totals: { ...countsOf(all.flat()), available: first.available.length },
  };
}

export function backendStats(it: PooledBackend, ...same: readonly PooledBackend[]): BackendStats {
  return {
    id: it.id,
    url: `http://${it.host.includes(':') ? `[${it.host}]` : it.host}:${it.port}`,
    ...(it.zone === undefined ? {} : { zone: it.zone }),
    weight: it.fullWeight,
    effectiveWeight: it.weight,
    alive: it.available,
    state: stateOf(it),
    ...(it.breaker === undefined ? {} : { breaker: it.breaker.state }),
    ...(it.ejectedUntil === Number.POSITIVE_INFINITY ? {} : { ejectedUntil: it.ejectedUntil }),
    ...countsOf([it, ...same]),
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

function countsOf(all: readonly PooledBackend[]): Omit<BalancerStats['totals'], 'available'> {
  const sum = (of: (backend: PooledBackend) => number) => all.reduce((total, it) => total + of(it), 0);
  const requests = sum((it) => it.requests);
  const errors = sum((it) => it.errors);
  return {
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
  };
}

function mean(total: number, count: number): number | null {
  return count === 0 ? null : total / count;
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
