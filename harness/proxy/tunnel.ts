/** After a 101 both sides speak something else: bytes both ways with backpressure, each FIN passed on, silence bounded. */
import type { Socket } from 'node:net';
import type { OutcomeKind } from '../../strategies/strategy.ts';
import type { ProxyCore } from './core.ts';
import { Deadline } from './deadlines.ts';
import { reset } from './reset.ts';
import type { Upstream, UpstreamUser } from './upstream.ts';

export class Tunnel implements UpstreamUser {
  readonly #core: ProxyCore;
  readonly #client: Socket;
  readonly #upstream: Upstream;
  readonly #over: (kind: OutcomeKind) => void;
  readonly #deadline = new Deadline(() => this.#close('ok'));
  #open = true;
  #halves = 2;

  /** `over` is called once: `ok` when both sides closed in order or fell silent, `reset` or `cancelled` by who broke it. */
  constructor(core: ProxyCore, client: Socket, upstream: Upstream, over: (kind: OutcomeKind) => void) {
    this.#core = core;
    this.#client = client;
    this.#upstream = upstream;
    this.#over = over;
    this.#alive();
  }

  /** `chunk` is used again afterwards. */
  fromClient(chunk: Buffer): void {
    this.#alive();
    if (!this.#upstream.socket.write(Buffer.from(chunk))) this.#client.pause();
  }

  clientEnded(): void {
    this.#upstream.socket.end();
    this.#half();
  }

  /** The client's connection broke or closed. */
  clientClosed(): void {
    this.#close('cancelled');
  }

  clientDrained(): void {
    this.#upstream.socket.resume();
  }

  connected(): void {
    throw new Error('a tunnel begins on a connection that is established');
  }

  received(b: Buffer, size: number): boolean {
    this.#alive();
    return this.#client.write(Buffer.from(b.subarray(0, size)));
  }

  ended(): void {
    this.#client.end();
    this.#half();
  }

  broken(): void {
    this.#close('reset');
  }

  drained(): void {
    this.#client.resume();
  }

  #alive(): void {
    this.#core.tunnel.start(this.#deadline, this.#core.time);
  }

  #half(): void {
    if (--this.#halves === 0) this.#close('ok');
  }

  #close(kind: OutcomeKind): void {
    if (!this.#open) return;
    this.#open = false;
    this.#deadline.stop();
    // Both have been ended where they closed in order: what is still in their queues goes out before they close.
    if (kind === 'ok' && this.#halves === 0) this.#upstream.socket.destroySoon();
    else this.#upstream.destroy();
    if (kind === 'ok') this.#client.destroySoon();
    else reset(this.#client);
    this.#over(kind);
  }
}
