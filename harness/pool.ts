/**
 * Who may be picked: the members, those of them that are available, and what moves them from one to the other (joins
 * and removals, active checks, what real requests meet, the end of an ejection). Pure: time arrives as an argument.
 *
 * The two arrays a strategy sees are replaced when something changes, and never touched per pick.
 */
import type { BalancerSettings } from '../scenarios/scenario.ts';
import type { OutcomeKind, Pool } from '../strategies/strategy.ts';
import { PooledBackend } from './pooled-backend.ts';
import type { ProxyBackend } from './proxy/settings.ts';
import type { Event } from './recording.ts';
import type { CheckResult, HealthStatus } from './resilience/health.ts';

/** An event as the balancer knows it: `t` is the balancer's own clock, ms; the harness adds the trial. */
export type BalancerEvent = Event extends infer E
  ? E extends { type: 'health' | 'pool' }
    ? Omit<E, 'trial'>
    : never
  : never;

/** A backend that cannot be added, and why. */
export class PoolError extends Error {
  override name = 'PoolError';
}

export interface PoolOptions {
  readonly settings: BalancerSettings;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly onEvent: (event: BalancerEvent) => void;
  /** `members` or `available` has just been replaced, or a weight has changed. */
  readonly onChange: () => void;
}

export class BackendPool implements Pool {
  members: readonly PooledBackend[] = [];
  available: readonly PooledBackend[] = [];
  /** Removed, with attempts still in flight. */
  readonly draining = new Set<PooledBackend>();
  /** When the next ejection ends, ms; Infinity when none runs. */
  due = Number.POSITIVE_INFINITY;
  #deferring = false;
  #deferred = false;
  readonly #options: PoolOptions;
  /** An id keeps its index for good, so that a backend that comes back is the same one in the recording. */
  readonly #indexes = new Map<string, number>();
  /** Ids by index. */
  readonly #owners: string[] = [];
  readonly #byId = new Map<string, PooledBackend>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * Adds a backend; without an index it takes the one its id had, or the next. Throws a `PoolError` where the id is a
   * member or still draining, or the index is another's.
   */
  add(from: Omit<ProxyBackend, 'index'> & { index?: number }): PooledBackend {
    const { id } = from;
    if (this.get(id) !== undefined) throw new PoolError(`backend ${id} is in the pool already`);
    if ([...this.draining].some((it) => it.id === id))
      throw new PoolError(`backend ${id} is still draining: add it again once its requests have ended`);
    const index = from.index ?? this.#indexes.get(id) ?? this.#owners.length;
    const owner = this.#owners[index];
    if (owner !== undefined && owner !== id)
      throw new PoolError(`backend ${id}: index ${index} is ${owner}'s`);
    this.#indexes.set(id, index);
    this.#owners[index] = id;
    const backend = this.#create({ ...from, index });
    const inOrder = (this.members.at(-1)?.index ?? -1) < index;
    this.members = [...this.members, backend];
    if (!inOrder) this.members = this.members.toSorted((a, b) => a.index - b.index);
    this.#byId.set(id, backend);
    this.#options.onEvent({ t: this.#options.now(), type: 'pool', backend: id, change: 'added' });
    this.#refresh();
    return backend;
  }

  /** Removes a backend: no new picks from now on, what is in flight finishes. Undefined when there is none of that id. */
  remove(id: string): PooledBackend | undefined {
    const backend = this.get(id);
    if (backend === undefined) return undefined;
    backend.draining = true;
    backend.available = false;
    if (backend.inFlight > 0) this.draining.add(backend);
    this.members = this.members.filter((it) => it !== backend);
    this.#byId.delete(id);
    this.#options.onEvent({ t: this.#options.now(), type: 'pool', backend: id, change: 'removed' });
    this.#refresh();
    return backend;
  }

  get(id: string): PooledBackend | undefined {
    return this.#byId.get(id);
  }

  /** Does several things to the pool that count as one change: `onChange` is called once, and only where there was any. */
  together(change: () => void): void {
    this.#deferring = true;
    this.#deferred = false;
    try {
      change();
    } finally {
      this.#deferring = false;
      if (this.#deferred) this.#refresh();
    }
  }

  /** Takes in an active check. */
  checked(backend: PooledBackend, result: CheckResult): void {
    if (backend.draining) return;
    const from = backend.health.status;
    const at = this.#options.now();
    if (backend.health.checked(result, at))
      this.#moved(backend, from, at, 'active', result.passed ? 'checks passed' : result.error);
  }

  /** Takes in the end of an attempt that began at `startedAt`. */
  observed(backend: PooledBackend, kind: OutcomeKind, startedAt: number, at: number): void {
    if (backend.draining) {
      if (backend.inFlight === 0) this.draining.delete(backend);
      return;
    }
    const { passive, health } = this.#options.settings;
    // What began before the latest transition says nothing about the time since: it was already judged.
    if (passive === false || startedAt < backend.health.changedAt) return;
    if (!backend.passive.ended(kind, passive)) return;
    const from = backend.health.status;
    const detail = `${passive.failures} failures in a row, the last: ${kind}`;
    if (!backend.health.markDown(detail, at)) return;
    if (health === false) {
      backend.ejectedUntil = at + passive.ejection;
      this.due = Math.min(this.due, backend.ejectedUntil);
    }
    this.#moved(backend, from, at, 'passive', detail);
  }

  /** Brings back those whose ejection is over. To be called once `at` reaches `due`. */
  readmit(at: number): void {
    for (const backend of this.members) {
      if (backend.ejectedUntil > at) continue;
      backend.ejectedUntil = Number.POSITIVE_INFINITY;
      if (backend.health.readmit(at)) this.#moved(backend, 'unhealthy', at, 'passive', 'ejection over');
    }
    this.due = Math.min(Number.POSITIVE_INFINITY, ...this.members.map((it) => it.ejectedUntil));
  }

  #create(from: ProxyBackend): PooledBackend {
    const { health, maxInFlight } = this.#options.settings;
    const most = maxInFlight === 'unlimited' ? Number.POSITIVE_INFINITY : maxInFlight;
    // Where nothing will ever check it, only real requests can tell: it starts out trusted.
    if (health === false) return new PooledBackend(from, most, 'healthy', { healthy: 1, unhealthy: 1 });
    return new PooledBackend(from, most, 'unknown', health);
  }

  #moved(
    backend: PooledBackend,
    from: HealthStatus,
    t: number,
    by: 'active' | 'passive',
    detail: string,
  ): void {
    const to = backend.health.status;
    this.#options.onEvent({ t, type: 'health', backend: backend.id, from, to, by, detail });
    this.#refresh();
  }

  #refresh(): void {
    if (this.#deferring) {
      this.#deferred = true;
      return;
    }
    const { health } = this.#options.settings;
    const trusted = health !== false && health.assume === 'healthy';
    for (const backend of this.members) {
      const { status } = backend.health;
      backend.available = status === 'healthy' || (status === 'unknown' && trusted);
    }
    this.available = this.members.filter((it) => it.available);
    this.#options.onChange();
  }
}
