/**
 * Connections to backends. One carries one request at a time; unused ones are kept per backend, last in first out, so
 * that the surplus grows old and goes. Whatever is wrong with an unused connection (closed, reset, bytes nobody asked
 * for, its backend marked down) takes it out of the pool at once: what is left may be trusted with a request.
 */
import { connect, type Socket } from 'node:net';
import type { PooledBackend } from '../pooled-backend.ts';
import type { Limits } from './limits.ts';

/** Who uses a connection at the moment. None of these is called once it has been let go. */
export interface UpstreamUser {
  connected(): void;
  /** Bytes arrived; `b` is used again for the next read of any connection. False: read no more until `resume`. */
  received(b: Buffer, size: number): boolean;
  /** The backend has sent its FIN. */
  ended(): void;
  broken(error: NodeJS.ErrnoException): void;
  /** What was written has gone out, after a write that said no. */
  drained(): void;
}

/** Errors of our own shortage, which say nothing about a backend. */
export const localShortage: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'EADDRNOTAVAIL',
  'ENOBUFS',
  'ENOMEM',
]);

/** Reads are synchronous and copied out before they return, so all connections share one buffer. */
const readBuffer = Buffer.allocUnsafeSlow(65_536);

export class Upstream {
  readonly backend: PooledBackend;
  readonly socket: Socket;
  user: UpstreamUser | undefined;
  connected = false;
  /** Since when it is unused, ms. */
  idleSince = 0;

  constructor(backend: PooledBackend, user: UpstreamUser, closed: (it: Upstream) => void) {
    this.backend = backend;
    this.user = user;
    const socket = connect({
      host: backend.host,
      port: backend.port,
      noDelay: true,
      // FIN from a backend is ours to judge: the end of a body, a truncation, or half of a tunnel.
      allowHalfOpen: true,
      autoSelectFamily: false,
      onread: { buffer: readBuffer, callback: (size) => this.#read(size) },
    });
    this.socket = socket;
    socket.on('connect', () => {
      this.connected = true;
      this.user?.connected();
    });
    socket.on('end', () => (this.user === undefined ? this.destroy() : this.user.ended()));
    socket.on('error', (error) => this.user?.broken(error));
    socket.on('drain', () => this.user?.drained());
    socket.on('close', () => closed(this));
  }

  /** Lets go of the connection and closes it; the user hears no more of it. */
  destroy(): void {
    this.user = undefined;
    this.socket.destroy();
  }

  #read(size: number): boolean {
    if (this.user !== undefined) return this.user.received(readBuffer, size);
    this.socket.destroy();
    return false;
  }
}

export class Upstreams {
  readonly #idle = new Map<PooledBackend, Upstream[]>();
  readonly #all = new Set<Upstream>();
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Connections open or being opened. */
  get size(): number {
    return this.#all.size;
  }

  /** An unused connection, or undefined when there is none. */
  take(backend: PooledBackend, user: UpstreamUser, now: number): Upstream | undefined {
    const list = this.#idle.get(backend);
    let taken = list?.pop();
    // One that was destroyed leaves the list when its 'close' comes, a turn of the event loop later; a request written to it
    // meanwhile would vanish without a word.
    while (taken?.socket.destroyed) taken = list!.pop();
    if (taken === undefined) return undefined;
    if (now - taken.idleSince >= this.#limits.upstreamIdleMs) {
      // Too old, and so are the others: the next sweep finds them.
      taken.destroy();
      return undefined;
    }
    taken.user = user;
    return taken;
  }

  open(backend: PooledBackend, user: UpstreamUser): Upstream {
    const opened = new Upstream(backend, user, this.#closed);
    this.#all.add(opened);
    return opened;
  }

  /** Takes back a connection on which a request and its response have ended exactly. */
  keep(upstream: Upstream, now: number): void {
    upstream.user = undefined;
    const { backend } = upstream;
    let list = this.#idle.get(backend);
    if (list === undefined) {
      list = [];
      this.#idle.set(backend, list);
    }
    if (backend.available && list.length < this.#limits.upstreamIdle) {
      upstream.idleSince = now;
      list.push(upstream);
    } else upstream.destroy();
  }

  /** Closes what has been unused for too long, and all that is unused of backends that are not available. */
  sweep(now: number): void {
    for (const [backend, list] of this.#idle) {
      const before = backend.available ? now - this.#limits.upstreamIdleMs : Number.POSITIVE_INFINITY;
      let old = 0;
      while (old < list.length && list[old]!.idleSince <= before) old++;
      for (const it of list.splice(0, old)) it.destroy();
      if (backend.draining && list.length === 0) this.#idle.delete(backend);
    }
  }

  /** Breaks off what is in use of a backend that drains, as if it had reset the connection. */
  breakOff(backend: string): void {
    const used = [...this.#all].filter(
      ({ backend: { id, draining, held }, user }) =>
        id === backend && (draining || held) && user !== undefined,
    );
    for (const it of used) it.user?.broken(new Error('not done by the deadline of its draining'));
  }

  destroyAll(): void {
    for (const it of this.#all) it.destroy();
  }

  readonly #closed = (upstream: Upstream): void => {
    this.#all.delete(upstream);
    const list = this.#idle.get(upstream.backend);
    const at = list?.lastIndexOf(upstream) ?? -1;
    if (at >= 0) list!.splice(at, 1);
  };
}
