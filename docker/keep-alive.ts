/**
 * Closes connections that nobody has used for a while, as servers do. Where there is a way to this backend, its FIN takes one
 * trip and a request takes one: what sets out in the meantime meets a connection that is closed already, and all its sender
 * ever hears is that FIN. The race of envoy#1979: harmless where it is tried again, and nobody tries a POST again.
 */
import type { Socket } from 'node:net';
import { now } from './clock.ts';
import type { Timers } from './timers.ts';

interface Idle {
  /** Requests that leave the balancer from then on come too late. */
  readonly crosses: number;
  /** When the FIN is with the balancer. */
  readonly ends: number;
}

export class KeepAlive {
  readonly #ms: number;
  readonly #timers: Timers;
  readonly #idle = new WeakMap<Socket, Idle>();

  /** Connections are kept for `ms`. */
  constructor(ms: number, timers: Timers) {
    this.#ms = ms;
    this.#timers = timers;
  }

  /** What was asked on this connection is answered; the answer, one `trip` old, is with the balancer now. */
  begin(socket: Socket, trip: number): void {
    const ends = now() + this.#ms;
    const idle = { crosses: ends - 2 * trip, ends };
    this.#idle.set(socket, idle);
    this.#timers.add(ends, () => {
      if (this.#idle.get(socket) === idle) socket.destroy();
    });
  }

  /** A request has left the balancer on this connection; false where it comes too late to be heard. */
  reaches(socket: Socket): boolean {
    const idle = this.#idle.get(socket);
    if (idle === undefined || now() < idle.crosses) {
      this.#idle.delete(socket);
      return true;
    }
    // A process that stood still is late with its own closing, too.
    if (now() >= idle.ends) socket.destroy();
    return false;
  }
}
