/**
 * One client connection at layer 4 and the backend connection it is joined to: picked once, when the client has come, and
 * until one of them ends bytes pass both ways, as they are.
 *
 * As long as no backend stands nothing is read of the client: what it sends waits in its kernel, so that a connection
 * that cannot be made is tried elsewhere with nothing lost. What one side does, the other sees: FIN as FIN while the other
 * direction goes on, RST as RST. A client for whom there is no backend gets RST: its bytes reached nobody, and FIN would
 * look like an answer that is over.
 */
import type { Socket } from 'node:net';
import type { BalancerSettings } from '../../scenarios/scenario.ts';
import type { OutcomeKind } from '../../strategies/strategy.ts';
import type { Dispatch } from '../dispatch.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import type { Pools } from '../pools.ts';
import { Deadline, DeadlineQueue } from './deadlines.ts';
import { frame } from './frame.ts';
import type { Greeting } from './greeting.ts';
import { defaultLimits } from './limits.ts';
import { endsOf, plainAddress, proxyHeader } from './proxy-protocol.ts';
import { reset } from './reset.ts';
import { type Received, readShared } from './shared-reads.ts';
import { type ByName, byName, type Destination } from './sni-routes.ts';
import { localShortage, type Upstream, Upstreams, type UpstreamUser } from './upstream.ts';
import { Waits } from './waits.ts';
import type { RequestWatcher } from './watcher.ts';

/** What the connections of one balancer share. */
export class SpliceCore {
  /** That of all backends. */
  readonly all: Destination;
  readonly byName: ByName;
  /** Of connections whose name is not known yet, where somebody goes by it. */
  readonly hello: DeadlineQueue;
  readonly #dispatchers: readonly Dispatcher[];
  /** Monotonic ms. */
  readonly now: () => number;
  readonly connecting: DeadlineQueue;
  readonly idle: DeadlineQueue;
  readonly halfClosed: DeadlineQueue;
  /** Of connections that wait for a backend, where they may. */
  readonly queueing: DeadlineQueue | undefined;
  readonly proxyProtocol: BalancerSettings['tcp']['proxyProtocol'];
  /** Told of every connection as it ends, where somebody wants to know. */
  readonly watcher: RequestWatcher | undefined;
  /** Time of the latest tick, ms. */
  time: number;
  readonly upstreams = new Upstreams(defaultLimits);

  constructor(pools: Pools, settings: BalancerSettings, now: () => number, watcher?: RequestWatcher) {
    this.watcher = watcher;
    const { idle, halfClosed, proxyProtocol, hello } = settings.tcp;
    this.all = { pool: 'all', dispatcher: pools.all };
    this.byName = byName(settings, pools);
    this.#dispatchers = pools.dispatchers;
    this.hello = new DeadlineQueue(hello);
    this.now = now;
    this.time = now();
    this.connecting = new DeadlineQueue(settings.connectTimeout);
    this.idle = new DeadlineQueue(idle);
    this.halfClosed = new DeadlineQueue(halfClosed);
    const { queue, connectTimeout } = settings;
    this.queueing = queue === false ? undefined : new DeadlineQueue(queue.timeout ?? connectTimeout);
    this.proxyProtocol = proxyProtocol;
  }

  expire(): void {
    this.time = this.now();
    for (const { pool } of this.#dispatchers) pool.tick(this.time);
    this.hello.expire(this.time);
    this.connecting.expire(this.time);
    this.idle.expire(this.time);
    this.halfClosed.expire(this.time);
    this.queueing?.expire(this.time);
  }
}

export class Splice implements UpstreamUser {
  readonly #core: SpliceCore;
  readonly #client: Socket;
  readonly #to: Destination;
  readonly #dispatch: Dispatch;
  /** What was read to find out where it goes to; undefined where nothing was. */
  readonly #greeting: Greeting | undefined;
  readonly #deadline = new Deadline(() => this.#expired());
  readonly #waits: Waits;
  readonly #end = { status: 0, firstByte: Number.NaN, sent: false, answered: false };
  #upstream: Upstream | undefined = undefined;
  /** Which deadline silence runs into: the shorter one once a side has sent FIN. */
  #silence: DeadlineQueue;
  /** Directions that have not seen FIN. */
  #directions = 2;
  #over = false;
  /** Bytes not taken when that was last looked at, once it is over. */
  #unflushed = 0;
  /** Who had the latest attempt that could not be made, and why. */
  #backend: PooledBackend | undefined = undefined;
  #kind: OutcomeKind | undefined = undefined;
  /** When it came, ms, where somebody watches. */
  readonly #begun: number;

  /** Takes over a connection that does not read by itself, and of which nothing has been read but what the greeting has. */
  constructor(core: SpliceCore, client: Socket, to = core.all, greeting?: Greeting) {
    this.#core = core;
    this.#to = to;
    this.#greeting = greeting;
    this.#client = client;
    this.#silence = core.idle;
    this.#waits = new Waits(core, this.#deadline, () => this.#attempt());
    this.#begun = core.watcher === undefined ? Number.NaN : core.now();
    const address = plainAddress(client.remoteAddress);
    this.#dispatch = to.dispatcher.open({ number: -1, key: address, client: address, idempotent: false });
    client.on('error', () => this.#close('cancelled'));
    client.on('close', () => this.#closed());
    this.#attempt();
  }

  /** Of the backend it is joined to, or being joined to. */
  get backend(): PooledBackend | undefined {
    return this.#dispatch.backend;
  }

  /** Breaks it off: both sides are reset. */
  abandon(): void {
    this.#close('cancelled');
  }

  connected(): void {
    const client = this.#client;
    const upstream = this.#upstream!;
    const { proxyProtocol } = this.#core;
    this.#end.sent = true;
    if (proxyProtocol !== false) upstream.socket.write(proxyHeader(proxyProtocol, endsOf(client)));
    this.#alive();
    const take: Received = (b, size) => {
      this.#alive();
      return upstream.socket.write(frame('', b, 0, size, false, false), 'latin1');
    };
    const end = () => {
      upstream.socket.end();
      this.#half();
    };
    if (this.#greeting === undefined) readShared(client, take);
    else {
      if (this.#greeting.bytes.length > 0) upstream.socket.write(this.#greeting.bytes);
      this.#greeting.passOn(take);
      if (this.#greeting.ended) end();
    }
    client.on('end', end);
    client.on('drain', () => upstream.socket.resume());
    client.resume();
  }

  received(b: Buffer, size: number): boolean {
    const end = this.#end;
    if (!end.answered) {
      end.answered = true;
      end.firstByte = this.#core.now() - this.#dispatch.startedAt;
    }
    this.#alive();
    return this.#client.write(frame('', b, 0, size, false, false), 'latin1');
  }

  ended(): void {
    this.#client.end();
    this.#half();
  }

  broken(error: NodeJS.ErrnoException): void {
    if (this.#upstream!.connected) this.#close('reset');
    // Our own shortage says nothing about the backend.
    else this.#unmade(localShortage.has(error.code ?? '') ? 'cancelled' : 'unreachable');
  }

  drained(): void {
    this.#client.resume();
  }

  #attempt(): void {
    const core = this.#core;
    const { dispatcher } = this.#to;
    const backend = dispatcher.pick(this.#dispatch);
    if (backend === undefined) {
      if (!this.#waits.queue(dispatcher, this.#dispatch)) this.#refuse();
      return;
    }
    this.#upstream = core.upstreams.open(backend, this);
    core.connecting.start(this.#deadline, this.#dispatch.startedAt);
  }

  /** The backend's connection could not be made: another's, where there is one. */
  #unmade(kind: OutcomeKind): void {
    this.#deadline.stop();
    this.#backend = this.#upstream!.backend;
    this.#kind = kind;
    this.#upstream!.destroy();
    this.#upstream = undefined;
    const { dispatcher } = this.#to;
    if (!dispatcher.end(this.#dispatch, kind, this.#end)) {
      this.#refuse();
      return;
    }
    const wait = dispatcher.backoff(this.#dispatch);
    if (wait === 0) this.#attempt();
    else this.#waits.pause(wait);
  }

  #refuse(): void {
    this.#over = true;
    this.#tell(this.#backend, this.#kind);
    reset(this.#client);
  }

  #alive(): void {
    this.#silence.start(this.#deadline, this.#core.time);
  }

  #half(): void {
    this.#silence = this.#core.halfClosed;
    if (--this.#directions === 0) this.#close('ok');
    else this.#alive();
  }

  #expired(): void {
    if (this.#over) this.#flush();
    else if (this.#upstream === undefined) {
      this.#waits.stop(this.#to.dispatcher, this.#dispatch, 'timeout');
      this.#refuse();
    } else if (this.#upstream.connected) this.#close('ok');
    else this.#unmade('unreachable');
  }

  /** Waits until both sides have taken what is theirs, as long as they take any of it. */
  #flush(): void {
    const left = this.#client.writableLength + this.#upstream!.socket.writableLength;
    if (left > 0 && (this.#unflushed === 0 || left < this.#unflushed)) {
      this.#unflushed = left;
      this.#core.halfClosed.start(this.#deadline, this.#core.time);
      return;
    }
    this.#upstream!.socket.destroy();
    this.#client.destroy();
  }

  #closed(): void {
    this.#close('cancelled');
    if (this.#upstream === undefined || this.#upstream.socket.writableLength === 0) this.#deadline.stop();
  }

  #close(kind: OutcomeKind): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline.stop();
    const client = this.#client;
    const upstream = this.#upstream;
    if (upstream === undefined) {
      this.#tell(this.#backend, 'cancelled');
      this.#waits.stop(this.#to.dispatcher, this.#dispatch, 'left');
      reset(client);
      return;
    }
    this.#tell(upstream.backend, kind);
    upstream.user = undefined;
    if (kind === 'ok') {
      // In order: what is still in their queues goes out first.
      upstream.socket.destroySoon();
      client.destroySoon();
      if (client.writableLength + upstream.socket.writableLength > 0) this.#flush();
    } else {
      if (upstream.connected) reset(upstream.socket);
      else upstream.socket.destroy();
      reset(client);
    }
    this.#to.dispatcher.end(this.#dispatch, kind, this.#end);
  }

  #tell(backend: PooledBackend | undefined, kind: OutcomeKind | undefined): void {
    const { watcher } = this.#core;
    if (watcher?.disconnected === undefined) return;
    const { client, attempts, startedAt } = this.#dispatch;
    const firstByteAt = startedAt + this.#end.firstByte;
    watcher.disconnected({
      socket: this.#client,
      client,
      pool: this.#to.pool,
      begun: this.#begun,
      firstByteAt,
      backend,
      kind,
      attempts,
    });
  }
}
