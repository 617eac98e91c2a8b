/**
 * The clients' connections at layer 4, as the generators use theirs: in a closed loop each has its own, in open load the
 * one used last is used next (load/connections.ts) by whoever is in the same region and goes to the same balancer.
 */
import type { Crowd } from '../../scenarios/crowd.ts';
import type { Connection } from './connection.ts';
import type { TcpBalancer } from './tcp-balancer.ts';
import type { Timeline } from './timeline.ts';

export interface ConnectionsOptions {
  readonly timeline: Timeline;
  /** Of a closed loop; undefined under open load. */
  readonly crowd: Crowd | undefined;
  /** Silence after which a balancer closes a connection, ms. */
  readonly idle: number;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #own: (Connection | undefined)[];
  readonly #idle = new Map<TcpBalancer, Map<string | undefined, Connection[]>>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#own = Array.from({ length: options.crowd?.most ?? 0 });
  }

  /** One for a request, by its number; made where none stands. */
  take(request: number, region: string | undefined, balancer: TcpBalancer): Connection {
    const { crowd } = this.#options;
    if (crowd === undefined) {
      const stack = this.#stack(balancer, region);
      for (let idle = stack.pop(); idle !== undefined; idle = stack.pop())
        if (this.#stands(idle)) return idle;
      return balancer.accept();
    }
    const number = crowd.connectionOf(request);
    const own = this.#own[number];
    if (own !== undefined && this.#stands(own)) return own;
    const made = balancer.accept();
    this.#own[number] = made;
    return made;
  }

  /** Its request is answered, and it may carry another. */
  giveBack(connection: Connection, region: string | undefined): void {
    connection.idleSince = this.#options.timeline.now;
    if (this.#options.crowd === undefined) this.#stack(connection.balancer, region).push(connection);
  }

  /** The client closes it; the balancer hears of it a trip later. */
  close(connection: Connection, latency: number, kind: 'ok' | 'cancelled'): void {
    const { timeline } = this.#options;
    const { balancer } = connection;
    if (latency === 0) balancer.end(connection, kind);
    else timeline.at(timeline.now + latency, () => balancer.end(connection, kind));
  }

  /** Looked at when it is wanted: until then a connection that has been silent for too long keeps its slot. */
  #stands(connection: Connection): boolean {
    const { timeline, idle } = this.#options;
    // A backend closes what is unused for too long, too.
    const { keepAlive = idle } = connection.link?.host.spec ?? {};
    if (!connection.gone && timeline.now - connection.idleSince >= Math.min(idle, keepAlive))
      connection.balancer.end(connection, 'ok');
    return !connection.gone;
  }

  #stack(balancer: TcpBalancer, region: string | undefined): Connection[] {
    let regions = this.#idle.get(balancer);
    if (regions === undefined) {
      regions = new Map();
      this.#idle.set(balancer, regions);
    }
    let stack = regions.get(region);
    if (stack === undefined) {
      stack = [];
      regions.set(region, stack);
    }
    return stack;
  }
}
