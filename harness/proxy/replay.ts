/**
 * A request as it goes out, from its first byte: all that has come of it, so that it can be sent again, or nothing once it
 * is too long to keep. Until it has been sent once it is kept whatever its length; who reads it must hold back then.
 */
import type { Socket } from 'node:net';

export class Replay {
  /** It can be sent from its first byte. */
  whole = true;
  #bytes = 0;
  /** Bytes that are kept once it was sent. */
  readonly #most: number;
  readonly #parts: (string | Buffer)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether more than is kept has come. */
  get full(): boolean {
    return this.#bytes > this.#most;
  }

  begin(payload: string | Buffer): void {
    this.#parts.length = 0;
    this.#parts.push(payload);
    this.#bytes = payload.length;
    this.whole = true;
  }

  /** More of it. `sent`: what came before has gone out, and so does this. */
  add(payload: string | Buffer, sent: boolean): void {
    if (!this.whole || payload.length === 0) return;
    this.#bytes += payload.length;
    this.#parts.push(payload);
    if (sent && this.full) this.#forget();
  }

  /** Writes all of it. False: no more until the socket has drained. */
  send(socket: Socket): boolean {
    let flowing = true;
    const parts = this.#parts;
    if (parts.length === 1) flowing = socket.write(parts[0]!, 'latin1');
    else {
      socket.cork();
      for (const payload of parts) flowing = socket.write(payload, 'latin1');
      socket.uncork();
    }
    if (this.full) this.#forget();
    return flowing;
  }

  clear(): void {
    this.#parts.length = 0;
  }

  #forget(): void {
    this.#parts.length = 0;
    this.whole = false;
  }
}
