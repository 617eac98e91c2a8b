/**
 * Keep-alive connections of the open loop: the one used last is used next, so that the pool stays as small as the load
 * allows; where none is idle another is made, up to a bound. A request never waits for a connection.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { reset } from '../proxy/reset.ts';
import { type Desk, Exchange, next } from './exchange.ts';
import type { TlsClient } from './tls-client.ts';
import type { Way } from './way.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
  /** Absent: in clear. */
  readonly tls?: TlsClient | undefined;
  /** The address that a connection comes from, by the request it is made for. Absent: whichever the system takes. */
  readonly from?: ((index: number) => string) | undefined;
  /** Absent: no trip takes any time. */
  readonly way?: Way | undefined;
}

export class Connections {
  /** Most open at once, so far. */
  most = 0;
  readonly #desk: Desk;
  readonly #target: Target;
  readonly #bound: number;
  readonly #open = new Set<Connection>();
  readonly #idle: Connection[] = [];

  constructor(desk: Desk, target: Target, bound: number) {
    this.#desk = desk;
    this.#target = target;
    this.#bound = bound;
  }

  /** One without a request on its way, for request `index`; undefined when all are busy and no more may be made. */
  take(index: number): Connection | undefined {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#open.size >= this.#bound) return undefined;
    const connection = new Connection(this.#desk, this.#target, this, index);
    this.#open.add(connection);
    this.most = Math.max(this.most, this.#open.size);
    return connection;
  }

  giveBack(connection: Connection): void {
    this.#idle.push(connection);
  }

  drop(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  close(): void {
    for (const connection of this.#open) connection.close();
  }
}

/** One connection, and the request on it. */
export class Connection {
  readonly #socket: Socket;
  readonly #exchange: Exchange;
  readonly #pool: Connections;
  readonly #desk: Desk;
  readonly #way: Way | undefined;

  constructor(desk: Desk, target: Target, pool: Connections, index: number) {
    this.#pool = pool;
    this.#desk = desk;
    this.#way = target.way;
    this.#exchange = new Exchange(desk, () => this.#giveUp());
    // What is written before the connection stands leaves when it does; its making counts in the latency.
    this.#socket = open(target, index)
      .on(target.tls === undefined ? 'connect' : 'secureConnect', () => {
        this.#exchange.connected = true;
      })
      .on('data', (chunk: Buffer) => this.#read(chunk))
      .on('end', () => this.#gone())
      .on('error', (error) => this.#gone(error))
      .on('close', () => this.#gone());
  }

  /** Times in ms from t = 0; `bytes` is ASCII. */
  send(index: number, intended: number, sent: number, method: string, bytes: string): void {
    this.#exchange.begin(index, intended, sent, method);
    this.#socket.write(bytes, 'latin1');
  }

  /** A request whose client sends it at `intended`, and that leaves here `trip` ms later, if it still does. */
  sendFrom(
    afar: { index: number; intended: number; trip: number; method: string },
    leave: () => string,
  ): void {
    const { index, intended, trip, method } = afar;
    this.#exchange.begin(index, intended, intended, method, trip);
    this.#way!.depart(intended + trip, () => {
      if (this.#exchange.leaves(index)) this.#socket.write(leave(), 'latin1');
    });
  }

  close(): void {
    this.#pool.drop(this);
    this.#socket.destroy();
  }

  /** A client that gives up says so by a reset, a trip later: after a FIN it might still wait for its answer. */
  #giveUp(): void {
    const { trip } = this.#exchange;
    this.#pool.drop(this);
    if (trip === 0) reset(this.#socket);
    else this.#way!.depart(this.#desk.clock() + trip, () => reset(this.#socket));
  }

  #read(chunk: Buffer): void {
    const what = this.#exchange.read(chunk);
    if (what === next.wait) return;
    // Answered before the whole request was sent: what is left of it would be the beginning of the next.
    if (what === next.reuse && this.#socket.writableLength === 0) this.#pool.giveBack(this);
    else this.close();
  }

  #gone(error?: Error): void {
    this.#exchange.gone(error);
    this.close();
  }
}

function open({ host, port, tls, from }: Target, index: number): Socket {
  const where = from === undefined ? { host, port } : { host, port, localAddress: from(index) };
  if (tls === undefined) return connect({ ...where, noDelay: true });
  const socket = connectSecurely({ ...where, ...tls.options });
  tls.watch(socket);
  return socket.setNoDelay(true);
}
