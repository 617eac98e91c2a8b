/**
 * Whether a client takes what is written to it: within every `flushMs` all that waits for it, or `flushBytes` at least. One that
 * takes a byte now and then makes progress for ever, and holds for as long what it was sent and the backend that sends it.
 *
 * What it has taken is what its kernel's buffers have let out of this process. Node counts a write as gone only when all of it
 * is; how much of it has gone so far is read where Node's own socket timeout reads it (lib/net.js, _onTimeout), which is no
 * public API: where a Node has it no longer, whole writes are counted.
 */
import type { Socket } from 'node:net';
import type { ProxyCore } from './core.ts';
import { Deadline } from './deadlines.ts';

type Internals = {
  readonly _handle?: { readonly bytesWritten?: number; readonly writeQueueSize?: number } | null;
};

export class Pace {
  readonly #core: Pick<ProxyCore, 'flush' | 'limits' | 'time'>;
  readonly #socket: Socket;
  readonly #deadline: Deadline;
  /** Bytes taken when the time that is running began. */
  #before = 0;

  /** `tooSlow` is called when a time has run out and too little was taken in it. */
  constructor(core: Pick<ProxyCore, 'flush' | 'limits' | 'time'>, socket: Socket, tooSlow: () => void) {
    this.#core = core;
    this.#socket = socket;
    this.#deadline = new Deadline(() => {
      if (takenBy(socket) - this.#before < core.limits.flushBytes) tooSlow();
      else this.#begin();
    });
  }

  /** Something waits to be taken from now on. Where it did already, the time that is running goes on. */
  watch(): void {
    if (this.#deadline.queue === undefined) this.#begin();
  }

  /** Nothing waits any more. */
  stop(): void {
    this.#deadline.stop();
  }

  #begin(): void {
    this.#before = takenBy(this.#socket);
    this.#core.flush.start(this.#deadline, this.#core.time);
  }
}

/** Bytes that have left this process, of all that was ever written. */
function takenBy(socket: Socket): number {
  const { _handle: handle } = socket as unknown as Internals;
  if (handle?.bytesWritten === undefined || handle.writeQueueSize === undefined)
    return socket.bytesWritten - socket.writableLength;
  return handle.bytesWritten - handle.writeQueueSize;
}
