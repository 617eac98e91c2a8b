/**
 * The beginning of a connection at layer 4 whose pool goes by the name that a TLS client asks for: read until that is known, and kept
 * to be passed on as it came. A client that asks for none, is no TLS, or says nothing for a while (it may wait to be spoken to)
 * has no name.
 */
import type { Socket } from 'node:net';
import { ClientHello } from './client-hello.ts';
import { Deadline, type DeadlineQueue } from './deadlines.ts';
import { type Received, readShared } from './shared-reads.ts';

export class Greeting {
  /** All that has been read. */
  bytes = Buffer.alloc(0);
  /** The client has sent its FIN. */
  ended = false;
  readonly #socket: Socket;
  readonly #hello = new ClientHello();
  readonly #deadline: Deadline;
  readonly #known: (name: string) => void;
  #over = false;
  #onward: Received | undefined = undefined;

  /** `known` is called once, with the socket paused; never where it closes first. Of the socket nothing must have been read. */
  constructor(socket: Socket, queue: DeadlineQueue, now: number, known: (name: string) => void) {
    this.#socket = socket;
    this.#known = known;
    this.#deadline = new Deadline(() => this.#settle(''));
    queue.start(this.#deadline, now);
    readShared(socket, (b, size) =>
      this.#onward === undefined ? this.#read(b, size) : this.#onward(b, size),
    );
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#deadline.stop());
    socket.once('end', () => {
      this.ended = true;
      this.#settle('');
    });
    socket.resume();
  }

  /** Whoever takes over gets what comes from now on; `bytes` are forgotten. */
  passOn(take: Received): void {
    this.#onward = take;
    this.bytes = Buffer.alloc(0);
  }

  #read(b: Buffer, size: number): boolean {
    this.bytes = Buffer.concat([this.bytes, b.subarray(0, size)]);
    const name = this.#over ? '' : this.#hello.nameIn(this.bytes);
    if (name === undefined) return true;
    this.#settle(name);
    return false;
  }

  #settle(name: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline.stop();
    this.#socket.pause();
    this.#known(name);
  }
}
