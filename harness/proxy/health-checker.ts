/**
 * The side of active health checks that waits and does I/O: runs each backend's checks on its grid and tells the pool
 * what they found. Thresholds and states are the pool's (resilience/health.ts), the grid is resilience/check-schedule.ts.
 *
 * While a backend's first verdict is out, a passed check is followed by the next at once, so that a healthy fleet
 * serves within milliseconds of its start. A failed one waits for the grid, so that a backend still starting is not
 * condemned in a burst.
 */
import { Source, stream } from '../../scenarios/random.ts';
import type { BalancerSettings } from '../../scenarios/scenario.ts';
import type { BackendPool } from '../pool.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import { nextJittered } from '../resilience/check-schedule.ts';
import { checkHealth } from './health-check.ts';

export interface HealthCheckerOptions {
  readonly pool: BackendPool;
  readonly health: Exclude<BalancerSettings['health'], false>;
  /** In which backends say their id; undefined where nobody asks. */
  readonly field?: string | undefined;
  /** Of the jitter: this balancer's own, so that several do not check at once. */
  readonly seed?: number;
  /** Monotonic ms. */
  readonly now: () => number;
}

/** Nobody starting a balancer waits longer than this for verdicts, ms. */
const longestWait = 5_000;

export class HealthChecker {
  readonly #options: HealthCheckerOptions;
  readonly #timers = new Map<PooledBackend, NodeJS.Timeout>();
  readonly #jitter: Source;
  #stopped = false;
  #onVerdict: (() => void) | undefined;

  constructor(options: HealthCheckerOptions) {
    this.#options = options;
    this.#jitter = new Source(options.seed ?? 0, stream.jitter);
  }

  /** Whose backends it checks. */
  get pool(): BackendPool {
    return this.#options.pool;
  }

  /** Checks a backend from now on, until it is removed from the pool or `stop`. */
  watch(backend: PooledBackend): void {
    const origin = this.#options.now();
    this.#follow(backend, origin, origin);
  }

  /** Resolves when each backend's first verdict is known, or after two intervals, or 5 s. */
  firstVerdicts(): Promise<void> {
    const { pool, health } = this.#options;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(2 * health.interval, longestWait));
      const look = () => {
        if (pool.members.some((it) => it.health.status === 'unknown')) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onVerdict = look;
      look();
    });
  }

  /** Starts no further check; the result of one that is out is dropped. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Checks now, at the grid point `due`, and arms the timer for the next. */
  #follow(backend: PooledBackend, origin: number, due: number): void {
    if (backend.draining) {
      this.#timers.delete(backend);
      return;
    }
    const { interval, jitter } = this.#options.health;
    const now = this.#options.now();
    // A timer may fire a little early; its own point must not come up twice.
    const draw = (k: number) => this.#jitter.draw(backend.fleetIndex, k);
    const next = nextJittered(origin, interval, jitter, draw, Math.max(now, due));
    this.#timers.set(
      backend,
      setTimeout(() => this.#follow(backend, origin, next), next - now),
    );
    this.#check(backend);
  }

  #check(backend: PooledBackend): void {
    const { pool, health, now } = this.#options;
    const { host, port } = backend;
    const startedAt = now();
    const { field } = this.#options;
    const onOther = (said: string) => {
      if (!this.#stopped) pool.distrust(backend, said, 'active');
    };
    const identity = field === undefined ? undefined : { field, id: backend.id, onOther };
    void checkHealth({ ...health, host, port, identity }).then((error) => {
      if (this.#stopped || backend.draining) return;
      const passed = error === '';
      pool.checked(backend, { passed, startedAt, responseTime: now() - startedAt, error });
      if (passed && backend.health.status === 'unknown') this.#check(backend);
      this.#onVerdict?.();
    });
  }
}
