/**
 * Cuts this backend off from whoever sends it load, without privileges and without anybody but the load port noticing.
 *
 * New connections: the port is handed to a listener that never accepts, with a queue that is full; the kernel then drops every SYN, as
 * a network does that is cut. Connections that stand: what comes is left in the kernel (`in`), and what would leave is held back
 * (`out`), resets and FINs included. Their kernels still acknowledge what they get, which no client of HTTP can see. Healed, what was
 * held goes its way at once; a handshake under way is repeated by the client's kernel, a second later and then at doubling times.
 */
import { once } from 'node:events';
import { connect, Server as NetServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

export type Direction = 'both' | 'in' | 'out';

/** A connection to an open port of one's own host takes far less, ms. */
const silenceMs = 150;
/** Of the queue there are two places with a backlog of one. */
const mostFillers = 16;

export class Partition {
  direction: Direction | undefined;
  readonly #server: NetServer;
  readonly #sockets = new Set<Socket>();
  #held: (() => void)[] = [];
  #thread: Worker | undefined;
  #fillers: Socket[] = [];
  #where: { host: string; port: number } | undefined;

  constructor(server: NetServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      // A server of HTTP reads on by itself once it has answered.
      socket.on('resume', () => {
        if (this.#deaf) socket.pause();
      });
    });
  }

  get #deaf(): boolean {
    return this.direction === 'both' || this.direction === 'in';
  }

  get #mute(): boolean {
    return this.direction === 'both' || this.direction === 'out';
  }

  /** Sends something, now or once it can leave. */
  send(write: () => void): void {
    if (this.#mute) this.#held.push(write);
    else write();
  }

  /** Resolves once the load port is silent. Begun again, it holds in the other direction. */
  async begin(direction: Direction): Promise<void> {
    const first = this.direction === undefined;
    this.#turn(direction);
    if (first) await this.#close();
  }

  async end(): Promise<void> {
    if (this.direction === undefined) return;
    const { host, port } = this.#where!;
    await this.#thread!.terminate();
    for (const filler of this.#fillers.splice(0)) filler.destroy();
    this.#server.listen({ host, port, backlog: 4096 });
    await once(this.#server, 'listening');
    this.#turn(undefined);
  }

  #turn(next: Direction | undefined): void {
    const before = this.#mute;
    this.direction = next;
    for (const socket of this.#sockets) {
      // Of an answer that has begun, the rest waits.
      if (this.#mute && !before) socket.cork();
      if (before && !this.#mute) socket.uncork();
      if (this.#deaf) socket.pause();
      else socket.resume();
    }
    if (!this.#mute) for (const write of this.#held.splice(0)) write();
  }

  async #close(): Promise<void> {
    const { address: host, port } = this.#server.address() as { address: string; port: number };
    this.#where = { host, port };
    const file = new URL(`./silent-port-thread${import.meta.url.slice(-3)}`, import.meta.url);
    this.#thread = new Worker(file, { workerData: { host, port } });
    await once(this.#thread, 'message');
    // The plain close: http's would cut the connections that are idle.
    NetServer.prototype.close.call(this.#server);
    this.#thread.postMessage('listen');
    const [error] = (await once(this.#thread, 'message')) as [string];
    if (error !== '') throw new Error(`the load port could not be silenced: ${error}`);
    await this.#fill(host === '0.0.0.0' ? '127.0.0.1' : host, port);
  }

  /** Takes every place in the queue of the listener that never accepts. */
  async #fill(host: string, port: number): Promise<void> {
    while (this.#fillers.length < mostFillers) {
      const filler = connect({ host, port });
      filler.on('error', () => filler.destroy());
      const made = await Promise.race([
        once(filler, 'connect').then(() => true),
        new Promise<boolean>((resolve) => setTimeout(resolve, silenceMs, false)),
      ]);
      if (!made) {
        filler.destroy();
        return;
      }
      this.#fillers.push(filler);
    }
    throw new Error('the load port could not be silenced: its queue is never full');
  }
}
