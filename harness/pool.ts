/**
 * Who may be picked: the members, those of them that are available, and what moves them from one to the other (joins
 * and removals, draining, active checks, what real requests meet, the passing of time). Pure: time arrives as an argument.
 *
 * The two arrays a strategy sees are replaced when something changes, and never touched per pick.
 */
import type { BalancerSettings } from '../scenarios/scenario.ts';
import type { OutcomeKind, Pool } from '../strategies/strategy.ts';
import { PoolFailures } from './pool-failures.ts';
import { PooledBackend } from './pooled-backend.ts';
import type { ProxyBackend } from './proxy/settings.ts';
import type { Event } from './recording.ts';
import { Breaker } from './resilience/breaker.ts';
import type { CheckResult } from './resilience/health.ts';
import { nextSlowStep, slowShare } from './resilience/slow-start.ts';

/** An event as the balancer knows it: `t` is the balancer's own clock, ms; the harness adds the trial. */
export type BalancerEvent = Event extends infer E
  ? E extends { type: 'fault' | 'note' }
    ? never
    : E extends Event
      ? Omit<E, 'trial'>
      : never
  : never;

/** A change that the pool cannot make, and why. */
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
  /** When the passing of time next changes something, ms; `tick` is to be called then. Infinity when nothing waits. */
  due = Number.POSITIVE_INFINITY;
  #deferring = false;
  #deferred = false;
  readonly #options: PoolOptions;
  readonly #failures: PoolFailures;
  /** Too few are usable: all that were ever judged are used. */
  #panics = false;
  /** An id keeps its index for good, so that a backend that comes back is the same one in the recording. */
  readonly #indexes = new Map<string, number>();
  /** Ids by index. */
  readonly #owners: string[] = [];
  readonly #byId = new Map<string, PooledBackend>();

  constructor(options: PoolOptions) {
    const { settings, now, onEvent } = options;
    this.#options = options;
    this.#failures = new PoolFailures({ settings, now: now(), members: () => this.members, onEvent });
    this.#wakeAt(this.#failures.lookAt);
  }

  /** Adds those that a balancer starts with. They are warm: slow start is for those that come later, or come back. */
  found(backends: readonly ProxyBackend[]): void {
    this.together(() => {
      for (const it of backends) this.add(it).joins = false;
    });
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
    this.#tell(backend, 'added');
    this.#refresh();
    return backend;
  }

  /**
   * Removes a backend: no new picks from now on, what is in flight finishes, for at most `deadline` ms. Undefined when
   * there is none of that id.
   */
  remove(id: string, deadline = Number.POSITIVE_INFINITY): PooledBackend | undefined {
    const backend = this.get(id);
    if (backend === undefined) return undefined;
    backend.draining = true;
    backend.available = backend.usable = false;
    if (backend.inFlight > 0) this.draining.add(backend);
    this.members = this.members.filter((it) => it !== backend);
    this.#byId.delete(id);
    this.#tell(backend, 'removed');
    this.#letFinish(backend, deadline);
    this.#refresh();
    return backend;
  }

  /**
   * Lets a member drain: no new picks until `undrain`, what is in flight finishes, for at most `deadline` ms. Checks go
   * on. Undefined when there is none of that id.
   */
  drain(id: string, deadline = Number.POSITIVE_INFINITY): PooledBackend | undefined {
    const backend = this.get(id);
    if (backend === undefined) return undefined;
    if (!backend.held) {
      backend.held = true;
      this.#tell(backend, 'draining');
      this.#refresh();
    }
    this.#letFinish(backend, deadline);
    return backend;
  }

  /** Ends `drain`: it may be picked again as soon as it is healthy. Undefined when there is none of that id. */
  undrain(id: string): PooledBackend | undefined {
    const backend = this.get(id);
    if (backend === undefined || !backend.held) return backend;
    backend.held = false;
    backend.drainedBy = Number.POSITIVE_INFINITY;
    this.#tell(backend, 'undrained');
    this.#refresh();
    return backend;
  }

  /** Gives a member another weight, above 0; a `PoolError` otherwise. Undefined when there is none of that id. */
  reweigh(id: string, weight: number): PooledBackend | undefined {
    const backend = this.get(id);
    if (backend === undefined) return undefined;
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY))
      throw new PoolError(
        `backend ${id}: expected a weight above 0, got ${weight}; to send it nothing, drain it`,
      );
    if (weight === backend.fullWeight) return backend;
    backend.weight *= weight / backend.fullWeight;
    backend.fullWeight = weight;
    if (Number.isNaN(backend.slowSince)) backend.weight = weight;
    const t = this.#options.now();
    this.#options.onEvent({ t, type: 'pool', backend: id, change: 'reweighed', weight });
    this.#refresh();
    return backend;
  }

  get(id: string): PooledBackend | undefined {
    return this.#byId.get(id);
  }

  /** Does several things to the pool that count as one change: `onChange` is called once, and only where there was any. */
  together(change: () => void): void {
    if (this.#deferring) {
      change();
      return;
    }
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
    if (result.passed) backend.impostor = undefined;
    if (!backend.health.checked(result, at)) return;
    const detail = result.passed ? 'checks passed' : result.error;
    backend.markedDown = false;
    this.#options.onEvent({
      ...{ t: at, type: 'health', backend: backend.id, from, to: backend.health.status },
      ...{ by: 'active', detail },
    });
    this.#refresh();
  }

  /** Takes in the end of an attempt that began at `startedAt`. */
  observed(backend: PooledBackend, kind: OutcomeKind, startedAt: number, at: number): void {
    if (backend.draining || backend.held) {
      if (backend.inFlight > 0) return;
      this.draining.delete(backend);
      this.#tell(backend, 'drained');
      return;
    }
    if (!this.#failures.observed(backend, kind, startedAt, at)) return;
    this.#wakeAt(backend.ejectedUntil);
    if (backend.breaker !== undefined) this.#wakeAt(backend.breaker.due);
    this.#refresh();
  }

  /** Whoever answers at this backend's address, to a check or a request, said another's id. */
  distrust(backend: PooledBackend, said: string, by: 'active' | 'passive'): void {
    if (backend.draining) return;
    const t = this.#options.now();
    if (backend.impostor !== said) {
      backend.impostor = said;
      this.#options.onEvent({ t, type: 'identity', backend: backend.id, said, by });
    }
    if (!this.#failures.distrust(backend, said, by, t)) return;
    this.#wakeAt(backend.ejectedUntil);
    this.#refresh();
  }

  /** An attempt goes to this backend, where breakers are on. */
  began({ breaker }: PooledBackend): void {
    breaker!.started();
    if (!breaker!.admits) this.#refresh();
  }

  /** Does what is due by `at`, ms. To be called once `at` reaches `due`; earlier calls do nothing. */
  tick(at: number): void {
    if (at < this.due) return;
    this.together(() => {
      this.due = Number.POSITIVE_INFINITY;
      if (at >= this.#failures.lookAt && this.#failures.look(at)) this.#refresh();
      this.#wakeAt(this.#failures.lookAt);
      for (const backend of this.members) {
        if (this.#failures.tick(backend, at)) this.#refresh();
        this.#wakeAt(backend.ejectedUntil);
        if (backend.breaker !== undefined) this.#wakeAt(backend.breaker.due);
        this.#warmUp(backend, at);
        this.#breakOff(backend, at);
      }
      for (const backend of this.draining) this.#breakOff(backend, at);
    });
  }

  /** Takes the step of its slow start that is due. */
  #warmUp(backend: PooledBackend, at: number): void {
    const { slowStart } = this.#options.settings;
    if (slowStart === false || Number.isNaN(backend.slowSince)) return;
    const elapsed = at - backend.slowSince;
    const share = slowShare(slowStart, elapsed);
    const weight = backend.fullWeight * share;
    if (share < 1) this.#wakeAt(backend.slowSince + nextSlowStep(slowStart, elapsed));
    else {
      backend.slowSince = Number.NaN;
      this.#options.onEvent({ t: at, type: 'slow-start', backend: backend.id, phase: 'ended' });
    }
    if (weight === backend.weight) return;
    backend.weight = weight;
    this.#refresh();
  }

  /** What still drains at its deadline is broken off by whoever hears of it: the data path. */
  #breakOff(backend: PooledBackend, at: number): void {
    if (backend.drainedBy <= at) {
      backend.drainedBy = Number.POSITIVE_INFINITY;
      if (backend.inFlight > 0) this.#tell(backend, 'overdue');
    }
    this.#wakeAt(backend.drainedBy);
  }

  #letFinish(backend: PooledBackend, deadline: number): void {
    if (backend.inFlight === 0) {
      this.#tell(backend, 'drained');
      return;
    }
    backend.drainedBy = this.#options.now() + deadline;
    this.#wakeAt(backend.drainedBy);
  }

  #wakeAt(at: number): void {
    if (at < this.due) this.due = at;
  }

  #create(from: ProxyBackend): PooledBackend {
    const { health, maxInFlight, breaker } = this.#options.settings;
    const most = maxInFlight === 'unlimited' ? Number.POSITIVE_INFINITY : maxInFlight;
    // Where nothing will ever check it, only real requests can tell: it starts out trusted.
    const backend =
      health === false
        ? new PooledBackend(from, most, 'healthy', { healthy: 1, unhealthy: 1 })
        : new PooledBackend(from, most, 'unknown', health);
    if (breaker !== false) backend.breaker = new Breaker(breaker);
    return backend;
  }

  #tell(
    { id }: PooledBackend,
    change: 'added' | 'removed' | 'draining' | 'drained' | 'overdue' | 'undrained',
  ): void {
    this.#options.onEvent({ t: this.#options.now(), type: 'pool', backend: id, change });
  }

  #refresh(): void {
    if (this.#deferring) {
      this.#deferred = true;
      return;
    }
    let usable = 0;
    let judged = 0;
    for (const backend of this.members) {
      const before = backend.usable;
      backend.usable = this.#isUsable(backend);
      if (backend.usable && !before) this.#came(backend);
      if (backend.usable) usable++;
      if (this.#isJudged(backend)) judged++;
    }
    this.#lookForPanic(usable, judged);
    for (const backend of this.members)
      backend.available = this.#panics ? this.#isJudged(backend) : backend.usable;
    this.available = this.members.filter((it) => it.available);
    this.#options.onChange();
  }

  #isUsable(backend: PooledBackend): boolean {
    if (!this.#isJudged(backend) || backend.health.status === 'unhealthy') return false;
    return backend.ejectedUntil === Number.POSITIVE_INFINITY && backend.breaker?.admits !== false;
  }

  /** Neither held by the operator nor without a first verdict. */
  #isJudged({ held, health: { status } }: PooledBackend): boolean {
    const { health } = this.#options.settings;
    return !held && (status !== 'unknown' || (health !== false && health.assume === 'healthy'));
  }

  /** Below the share of `panic`, availability is taken to be a mistake, or as good as none: all are used. Source: Envoy. */
  #lookForPanic(usable: number, judged: number): void {
    const { panic } = this.#options.settings;
    if (panic === false) return;
    const panics = usable < panic.below * judged;
    if (panics === this.#panics) return;
    this.#panics = panics;
    const t = this.#options.now();
    this.#options.onEvent({ t, type: 'panic', phase: panics ? 'begun' : 'over', usable, of: judged });
  }

  /** A backend can be used from now on. */
  #came(backend: PooledBackend): void {
    const { slowStart } = this.#options.settings;
    if (slowStart !== false && backend.joins) {
      const at = this.#options.now();
      backend.slowSince = at;
      backend.weight = backend.fullWeight * slowShare(slowStart, 0);
      this.#wakeAt(at + nextSlowStep(slowStart, 0));
      this.#options.onEvent({ t: at, type: 'slow-start', backend: backend.id, phase: 'begun' });
    }
    backend.joins = true;
  }
}
