/** What the connections of one proxy share. */
import type { BalancerSettings } from '../../scenarios/scenario.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { Pools } from '../pools.ts';
import type { OwnResponse } from './answers.ts';
import { DeadlineQueue } from './deadlines.ts';
import type { FieldScanner } from './fields.ts';
import { Identity } from './identity.ts';
import type { Limits } from './limits.ts';
import { type RequestReading, requestReading } from './request-reading.ts';
import { responseFields } from './response-head.ts';
import { routerOf } from './router.ts';
import { Sessions } from './sessions.ts';
import type { ProxySettings } from './settings.ts';
import { Trust } from './trust.ts';
import { Upstreams } from './upstream.ts';
import type { RequestWatcher } from './watcher.ts';

export class ProxyCore {
  /** Of the pool of all backends. */
  readonly dispatcher: Dispatcher;
  readonly #dispatchers: readonly Dispatcher[];
  readonly #fallback: BalancerSettings['fallback'];
  readonly #fallbackPool: Dispatcher | undefined;
  readonly limits: Limits;
  readonly trust: Trust;
  /** Undefined where nobody stays with a backend. */
  readonly sessions: Sessions | undefined;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly upstreams: Upstreams;
  readonly requests: RequestReading;
  readonly responses: FieldScanner;
  /** Undefined where nobody asks who answers. */
  readonly identity: Identity | undefined;
  /** Whether the affinity key is the client's address. */
  readonly keyIsClient: boolean;
  /** Whether clients come over TLS. */
  readonly secure: boolean;
  /** Whether responses are looked at for what backends report of their load. */
  readonly reading: boolean;
  /** Each is a queue of equally long deadlines. */
  readonly connecting: DeadlineQueue;
  readonly trying: DeadlineQueue;
  /** Of whole requests, where they have one. */
  readonly whole: DeadlineQueue | undefined;
  /** Of requests that wait for a backend, where they may. */
  readonly queueing: DeadlineQueue | undefined;
  /** Whether some response may be better not passed on. */
  readonly sparing: boolean;
  readonly head: DeadlineQueue;
  readonly body: DeadlineQueue;
  readonly linger: DeadlineQueue;
  readonly flush: DeadlineQueue;
  readonly halfClosed: DeadlineQueue;
  readonly tunnel: DeadlineQueue;
  /** No further requests: every response says so. */
  closing = false;
  /** Time of the latest tick, ms: for what needs no better than a tick, at no cost. */
  time: number;

  /** Told how every request ended, where somebody wants to know. */
  readonly watcher: RequestWatcher | undefined;

  constructor(
    pools: Pools,
    settings: ProxySettings,
    limits: Limits,
    now: () => number,
    watcher?: RequestWatcher,
  ) {
    this.watcher = watcher;
    this.dispatcher = pools.all;
    this.#dispatchers = pools.dispatchers;
    const { fallback } = settings.balancer;
    this.#fallback = fallback;
    if (fallback !== false && fallback.pool !== undefined)
      this.#fallbackPool = pools.dispatcher(fallback.pool);
    this.limits = limits;
    this.now = now;
    const { affinity, trusted } = settings.balancer;
    this.trust = new Trust(trusted);
    this.sessions = affinity === false ? undefined : new Sessions(affinity, pools);
    this.time = now();
    this.upstreams = new Upstreams(limits);
    this.requests = requestReading(
      limits,
      settings.balancer,
      routerOf(settings.balancer, (name) => pools.dispatcher(name)),
      watcher !== undefined,
    );
    this.responses = responseFields(limits.responseFields);
    const { identity } = settings.balancer;
    this.identity = identity === false ? undefined : new Identity(identity, pools);
    this.secure = settings.balancer.tls !== false;
    this.keyIsClient = settings.balancer.key === 'client';
    this.reading = pools.dispatchers.some(({ needs }) => needs === 'reported');
    this.connecting = new DeadlineQueue(settings.balancer.connectTimeout);
    this.trying = new DeadlineQueue(settings.balancer.tryTimeout);
    const { timeout } = settings.balancer;
    this.whole = timeout === undefined ? undefined : new DeadlineQueue(timeout);
    const { queue, connectTimeout } = settings.balancer;
    this.queueing = queue === false ? undefined : new DeadlineQueue(queue.timeout ?? connectTimeout);
    this.sparing = settings.balancer.retries.statuses.length > 0;
    this.head = new DeadlineQueue(limits.headMs);
    this.body = new DeadlineQueue(limits.bodyMs);
    this.linger = new DeadlineQueue(limits.lingerMs);
    this.flush = new DeadlineQueue(limits.flushMs);
    this.halfClosed = new DeadlineQueue(limits.halfClosedMs);
    this.tunnel = new DeadlineQueue(limits.tunnelIdleMs);
    for (const dispatcher of this.#dispatchers)
      dispatcher.subscribe((event) => {
        if (event.type === 'pool' && event.change === 'overdue') this.upstreams.breakOff(event.backend);
      });
  }

  /** What the user wants answered in place of an error of ours; undefined where nothing. */
  ownResponse(status: number): OwnResponse | undefined {
    const fallback = this.#fallback;
    return fallback !== false && fallback.on.some((it) => it === status) ? fallback.response : undefined;
  }

  /** Whose pool is asked in place of that answer; undefined where there is none. */
  fallbackFor(status: number): Dispatcher | undefined {
    const fallback = this.#fallback;
    if (fallback === false || !fallback.on.some((it) => it === status)) return undefined;
    return this.#fallbackPool;
  }

  expire(): void {
    const now = this.now();
    this.time = now;
    for (const { pool } of this.#dispatchers) pool.tick(now);
    this.connecting.expire(now);
    this.trying.expire(now);
    this.whole?.expire(now);
    this.queueing?.expire(now);
    this.head.expire(now);
    this.body.expire(now);
    this.linger.expire(now);
    this.flush.expire(now);
    this.halfClosed.expire(now);
    this.tunnel.expire(now);
  }
}
