/**
 * One balancer's bookkeeping: pick → started → ended, and retries. Pure: no I/O, no timers, time as an argument; proxy
 * and simulator run this same file, so they cannot disagree in it.
 *
 * It is the hot path of the simulator: a request costs one `Dispatch`, and nothing is allocated per attempt. A
 * strategy's `Outcome` is one object, filled anew each time.
 */
import { bits, Source, stream } from '../scenarios/random.ts';
import type { BalancerSettings } from '../scenarios/scenario.ts';
import type { Env, LoadSample, OutcomeKind, Strategy, StrategyDefinition } from '../strategies/strategy.ts';
import { wasTried } from '../strategies/tried.ts';
import { type BalancerStats, statsOf } from './balancer-stats.ts';
import { byLocality } from './by-locality.ts';
import { type AttemptEnd, type AttemptObserver, Dispatch, type DispatchRequest } from './dispatch.ts';
import { DispatchQueue } from './dispatch-queue.ts';
import { DispatchRetries } from './dispatch-retries.ts';
import { BackendPool, type BalancerEvent } from './pool.ts';
import { PooledBackend } from './pooled-backend.ts';
import type { ProxyBackend } from './proxy/settings.ts';
import type { ChosenStrategy } from './strategies.ts';
import { StrategyError } from './strategy-guard.ts';

export interface DispatcherOptions {
  readonly strategy: ChosenStrategy;
  /** The trial's, the same for every balancer of a fleet: `env.balancers` tells their draws apart. */
  readonly seed: number;
  readonly settings: BalancerSettings;
  readonly backends: readonly ProxyBackend[];
  /** Monotonic ms. */
  readonly now: () => number;
  readonly onEvent: (event: BalancerEvent) => void;
  /** Where it stands, unless the settings say it. */
  readonly zone?: string | undefined;
  readonly observer?: AttemptObserver;
  /** What this driver can tell a strategy beyond the basic contract, as an object's own properties. */
  readonly env?: EnvExtras;
}

/** The optional parts of `Env`. A backend given to them is one of this dispatcher's pool. */
export type EnvExtras = Pick<Env, 'probe' | 'balancers' | 'latency' | 'sojourn'>;

export class Dispatcher {
  readonly pool: BackendPool;
  readonly #now: () => number;
  readonly #chosen: ChosenStrategy;
  readonly #strategy: Strategy;
  readonly #observer: AttemptObserver | undefined;
  readonly #limited: boolean;
  readonly #breaking: boolean;
  readonly #sparing: boolean;
  readonly #retries: DispatchRetries;
  readonly #queue: DispatchQueue | undefined;
  readonly #listeners = new Set<(event: BalancerEvent) => void>();
  readonly #outcome = { kind: 'ok' as OutcomeKind, latency: 0, firstByte: 0 };
  /** What a pick must pass over: tried, then full ones. Reused. */
  readonly #passedOver: PooledBackend[] = [];
  /** How many requests came without a number. */
  #unnumbered = 0;
  /** How often the pool has changed. */
  #changes = 0;
  /** How many probes have been asked for. */
  #probes = 0;
  // Counters of the draw that the strategy may make now.
  #luck = -1;
  #attempt = 0;
  #ordinal = 0;

  /**
   * Throws a `StrategyError` where the strategy does; so do `pick` and `end`, `pool` where it changes, and the `done` that
   * `env.probe` is given.
   */
  constructor(options: DispatcherOptions) {
    const { settings, seed, strategy, now, onEvent } = options;
    this.#now = now;
    this.#chosen = strategy;
    this.#observer = options.observer;
    this.#sparing = settings.retries.statuses.length > 0;
    this.#breaking = settings.breaker !== false;
    this.#limited = settings.maxInFlight !== 'unlimited';
    const itsSeed = ownSeed(seed, options.env?.balancers);
    const source = new Source(itsSeed, stream.strategy);
    const random = () => source.draw(this.#luck, this.#attempt + this.#ordinal++);
    let started = false;
    const tell = (event: BalancerEvent) => {
      onEvent(event);
      for (const hear of this.#listeners) hear(event);
    };
    this.pool = new BackendPool({
      settings,
      now,
      onEvent: tell,
      onChange: () => started && this.#poolChanged(),
    });
    this.#retries = new DispatchRetries(settings.retries, itsSeed, now(), tell);
    this.#queue =
      settings.queue === false ? undefined : new DispatchQueue(this.pool, settings.queue.length, now, tell);
    this.pool.found(options.backends);
    try {
      const env = this.#env(now, random, options.env);
      const create = () => strategy.definition.create(env, strategy.values);
      const { locality } = settings;
      this.#strategy =
        locality === false ? create() : byLocality(create, locality, env, locality.zone ?? options.zone);
    } catch (error) {
      throw StrategyError.thrown(strategy, 'create', error);
    }
    started = true;
    this.#poolChanged();
  }

  /** What the strategy needs beyond the basic contract. */
  get needs(): StrategyDefinition['needs'] {
    return this.#chosen.definition.needs;
  }

  /** Takes a request in. The object given is copied and may be used again; `used` is the dispatch of one that is over. */
  open(request: DispatchRequest, used?: Dispatch): Dispatch {
    const luck = request.number >= 0 ? request.number : this.#unnumbered++;
    if (used === undefined) return new Dispatch(request, luck);
    used.reuse(request, luck);
    return used;
  }

  /** Takes over a request that another pool has no answer for: none of its backends has been tried, its attempts count on. */
  takeOver(dispatch: Dispatch): void {
    const { attempts } = dispatch;
    this.open(dispatch, dispatch);
    dispatch.attempts = attempts;
  }

  /**
   * Picks a backend for the next attempt and counts it in flight. Undefined when none is available, when all that are
   * have `maxInFlight` attempts, and on a retry when all have been tried, unless the one tried is the only one there
   * is. Then `wait`; where that is refused too, answer 503 on the first attempt, 502 after.
   */
  pick(dispatch: Dispatch): PooledBackend | undefined {
    const at = this.#now();
    if (at >= this.pool.due) this.pool.tick(at);
    this.#drawFor(dispatch.luck, (dispatch.attempts + 1) << 16);
    const { preferred } = dispatch;
    const picked =
      preferred !== undefined && this.#stays(preferred, dispatch)
        ? preferred
        : this.#limited
          ? this.#askForFree(dispatch)
          : this.#ask(dispatch);
    if (picked === undefined) return undefined;
    if (dispatch.tried.length > 0 && this.pool.available.length > 1 && wasTried(picked, dispatch.tried)) {
      if (!this.#another(dispatch)) return undefined;
      throw this.#wrong(`${picked.id}, tried already, with others available`);
    }
    if (dispatch.attempts++ === 0) this.#retries.budget?.deposit(at);
    dispatch.backend = picked;
    dispatch.startedAt = at;
    picked.begin();
    this.#observer?.started(dispatch);
    try {
      this.#strategy.started?.(picked, dispatch);
    } catch (error) {
      throw StrategyError.thrown(this.#chosen, 'started', error);
    }
    if (this.#breaking) this.pool.began(picked);
    return picked;
  }

  /**
   * Ends the current attempt. Returns whether another is allowed: it ended badly, repeating is safe (idempotent, or
   * nothing sent; nothing answered), retries are left, and there is a backend for it: one not tried yet, or the only
   * one there is.
   */
  end(dispatch: Dispatch, kind: OutcomeKind, detail: AttemptEnd): boolean {
    const { backend, startedAt } = dispatch;
    if (backend === undefined) throw new Error('end without a current attempt: each pick ends exactly once');
    const again = this.#end(dispatch, backend, startedAt, kind, detail);
    this.#queue?.serve(backend);
    return again;
  }

  #end(
    dispatch: Dispatch,
    backend: PooledBackend,
    startedAt: number,
    kind: OutcomeKind,
    detail: AttemptEnd,
  ): boolean {
    const at = this.#now();
    backend.finish(kind, at - startedAt);
    this.#observer?.ended(dispatch, kind, detail.status, at);
    this.#tell(dispatch, backend, kind, at - startedAt, detail.firstByte);
    dispatch.backend = undefined;
    this.pool.observed(backend, kind, startedAt, at);
    if (detail.answered || !this.#retries.allows(dispatch, kind, detail)) return false;
    if (this.#retries.elsewhere) dispatch.exclude(backend);
    const possible =
      this.pool.available.length === 1 || this.#another(dispatch) || this.#queue?.helps(dispatch) === true;
    return possible && this.#retries.pay(at);
  }

  /**
   * Puts a request for which there was no backend into the queue, unless that is full, or there is none, or waiting would
   * not help. `ready` is called once, when there is one: pick then. Before that, `leave` ends the wait.
   */
  wait(dispatch: Dispatch, ready: () => void): boolean {
    return this.#queue?.join(dispatch, ready) === true;
  }

  /** It waits no longer: its client has gone, or its time is up. Returns whether it did wait. */
  leave(dispatch: Dispatch, why: 'left' | 'timeout'): boolean {
    return this.#queue?.leave(dispatch, why) === true;
  }

  /**
   * Whether a response of this status is better not passed on, since another attempt is allowed. To be asked when its head
   * is here; then end the attempt with this status, not answered.
   */
  spares(dispatch: Dispatch, status: number, sent: boolean): boolean {
    if (!this.#sparing) return false;
    if (!this.#retries.allows(dispatch, 'error', { status, sent, answered: false })) return false;
    const { backend } = dispatch;
    const { available } = this.pool;
    const elsewhere = available.some(
      (it) =>
        (it !== backend || !this.#retries.elsewhere) &&
        it.inFlight < it.maxInFlight &&
        !wasTried(it, dispatch.tried),
    );
    return (elsewhere || available.length === 1) && this.#retries.budget?.affords(this.#now()) !== false;
  }

  /** How long to wait before the attempt that `end` has just allowed, ms; 0 where there is no back-off. */
  backoff(dispatch: Dispatch): number {
    return this.#retries.backoff(dispatch);
  }

  /** Tells of every event from now on, until what it returns is called. */
  subscribe(listener: (event: BalancerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stats(): BalancerStats {
    this.pool.tick(this.#now());
    const distribution = this.#strategy.distribution?.();
    return {
      ...statsOf(this.pool),
      ...(this.#queue === undefined
        ? {}
        : { queue: { length: this.#queue.length, limit: this.#queue.limit } }),
      ...(distribution === undefined ? {} : { distribution }),
    };
  }

  #ask(dispatch: Dispatch): PooledBackend | undefined {
    let picked: unknown;
    try {
      picked = this.#strategy.pick(this.pool, dispatch);
    } catch (error) {
      throw StrategyError.thrown(this.#chosen, 'pick', error);
    }
    if (picked === undefined) {
      // Refusing to choose is the strategy's right only where there is nothing to choose from.
      if (this.pool.available.length === 0) return undefined;
      throw this.#wrong('undefined with backends available');
    }
    if (picked instanceof PooledBackend && picked.available) return picked;
    throw this.#wrong(describe(picked));
  }

  #stays(preferred: PooledBackend, { tried }: Dispatch): boolean {
    return preferred.available && preferred.inFlight < preferred.maxInFlight && !wasTried(preferred, tried);
  }

  #wrong(what: string): StrategyError {
    return StrategyError.returned(this.#chosen, `pick returned ${what}`, this.#strategy.pick);
  }

  /** Asks again, passing over those at `maxInFlight`, so that a full backend's share goes where the strategy wants it. */
  #askForFree(dispatch: Dispatch): PooledBackend | undefined {
    const first = this.#ask(dispatch);
    if (first === undefined || first.inFlight < first.maxInFlight) return first;
    if (!this.#another(dispatch)) return undefined;
    const own = dispatch.tried;
    const passedOver = this.#passedOver;
    passedOver.length = 0;
    passedOver.push(...own, first);
    dispatch.tried = passedOver;
    try {
      for (;;) {
        const next = this.#ask(dispatch)!;
        if (next.inFlight < next.maxInFlight && !wasTried(next, passedOver)) return next;
        if (wasTried(next, passedOver)) throw this.#wrong(`${next.id}, tried already, with others available`);
        passedOver.push(next);
      }
    } finally {
      dispatch.tried = own;
    }
  }

  /** Whether some backend could take this request that it has not tried. */
  #another(dispatch: Dispatch): boolean {
    for (const it of this.pool.available)
      if (it.inFlight < it.maxInFlight && !wasTried(it, dispatch.tried)) return true;
    return false;
  }

  #tell(
    dispatch: Dispatch,
    backend: PooledBackend,
    kind: OutcomeKind,
    latency: number,
    firstByte: number,
  ): void {
    if (this.#strategy.ended === undefined) return;
    const outcome = this.#outcome;
    outcome.kind = kind;
    outcome.latency = latency;
    outcome.firstByte = firstByte;
    // The upper half of the attempt's ordinals, so that no draw made here repeats one of its pick.
    this.#drawFor(dispatch.luck, (dispatch.attempts << 16) | 0x8000);
    try {
      this.#strategy.ended(backend, outcome);
    } catch (error) {
      throw StrategyError.thrown(this.#chosen, 'ended', error);
    }
  }

  #poolChanged(): void {
    this.#drawFor(-1, ++this.#changes << 16);
    try {
      this.#strategy.poolChanged?.(this.pool);
    } catch (error) {
      throw StrategyError.thrown(this.#chosen, 'poolChanged', error);
    }
    this.#queue?.serve();
  }

  #env(now: () => number, random: () => number, extras: EnvExtras = {}): Env {
    const { probe } = extras;
    if (probe === undefined) return { ...extras, now, random };
    return {
      ...extras,
      now,
      random,
      probe: (backend, done) => {
        if (!(backend instanceof PooledBackend))
          throw new StrategyError(this.#chosen, `env.probe was given ${describe(backend)}`);
        const number = this.#probes++;
        probe(backend, (sample) => this.#answered(number, done, sample));
      },
    };
  }

  /** A probe's answer has a stream of draws of its own, by the probe's number; one that comes inside a pick leaves the pick's be. */
  #answered(number: number, done: (sample: LoadSample) => void, sample: LoadSample): void {
    const luck = this.#luck;
    const attempt = this.#attempt;
    const ordinal = this.#ordinal;
    this.#drawFor(-2 - number, 0);
    try {
      done(sample);
    } catch (error) {
      throw StrategyError.thrown(this.#chosen, 'done of a probe', error);
    }
    this.#luck = luck;
    this.#attempt = attempt;
    this.#ordinal = ordinal;
  }

  #drawFor(luck: number, attempt: number): void {
    this.#luck = luck;
    this.#attempt = attempt;
    this.#ordinal = 0;
  }
}

/**
 * The seed of one balancer's draws. Requests that come without a number, changes of the pool and answers to probes are
 * counted from 0 by each balancer, so a fleet with one seed would make the same first picks.
 */
export function ownSeed(seed: number, balancers: Env['balancers']): number {
  return balancers === undefined || balancers.index === 0
    ? seed
    : bits(seed, stream.balancers, balancers.index);
}

function describe(picked: unknown): string {
  if (picked instanceof PooledBackend)
    return `${picked.id}, which is ${picked.draining ? 'no longer in the pool' : 'not available'}`;
  const got = picked === null ? 'null' : picked instanceof Promise ? 'a promise' : typeof picked;
  return `a stranger: expected one of the pool, got ${got}`;
}
