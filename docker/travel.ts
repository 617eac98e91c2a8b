/**
 * The way between the balancer and this backend, where a scenario makes one (`network`) on a machine that has none: what
 * comes is held for one trip before the model hears of it, and what it answers for one trip before it leaves. No worker
 * is held meanwhile.
 *
 * Connections themselves are made at once, by the kernel. So what would have needed a new one is held for the handshake
 * too: a round trip, and what opening a connection costs beyond it. A balancer that stands wherever its clients do would keep
 * connections in each of those places: they are counted by place, whichever sockets requests come on.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { hostLeg, Network, type NetworkSettings } from '../scenarios/distances.ts';
import { headers } from '../scenarios/headers.ts';
import type { BackendSpec } from '../scenarios/scenario.ts';

/** Where something comes from; undefined where that has no name. */
type Place = string | undefined;

export class Travel {
  readonly #spec: Pick<BackendSpec, 'index' | 'zone'>;
  readonly #settings: NetworkSettings;
  #network: Network;
  /** Where the balancer stands; undefined: where each client does. */
  #from: Place;
  /** Connections that stand unused, by where they come from. */
  readonly #unused = new Map<Place, number>();
  /** Of sockets that are idle, where the last request on each came from. */
  #last = new WeakMap<Socket, { readonly place: Place }>();

  constructor(spec: Pick<BackendSpec, 'index' | 'zone'>, settings: NetworkSettings, seed: number) {
    this.#spec = spec;
    this.#settings = settings;
    this.#network = new Network(settings, seed);
  }

  /** The trial it is part of: its seed, and the zone of its balancer. */
  join(seed: number, from: string | undefined): void {
    this.#network = new Network(this.#settings, seed);
    this.#from = from;
  }

  /** No connection is known any more. */
  reset(): void {
    this.#unused.clear();
    this.#last = new WeakMap();
  }

  /** One way for a request of that number, ms. */
  ofRequest(req: IncomingMessage, number: number): number {
    const there = this.#network.toHost(this.#placeOf(req), this.#spec.zone);
    return this.#network.trip(there, number, hostLeg(this.#spec.index));
  }

  /** One way for what the balancer asks of its own accord, ms. */
  ofAside(): number {
    return this.#network.toHost(this.#from, this.#spec.zone);
  }

  /** What a request waits for before it leaves, ms: its connection, where none stands unused. `res` will answer it. */
  handshake(req: IncomingMessage, res: ServerResponse, trip: number): number {
    const place = this.#placeOf(req);
    const { socket } = req;
    if (!this.#last.delete(socket)) socket.once('close', () => this.#closed(socket));
    res.once('finish', () => {
      this.#last.set(socket, { place });
      this.#unused.set(place, this.#unusedIn(place) + 1);
    });
    const unused = this.#unusedIn(place);
    if (unused === 0) return 2 * trip + this.#network.connect;
    this.#unused.set(place, unused - 1);
    return 0;
  }

  #closed(socket: Socket): void {
    const last = this.#last.get(socket);
    if (last !== undefined) this.#unused.set(last.place, Math.max(0, this.#unusedIn(last.place) - 1));
  }

  #unusedIn(place: Place): number {
    return this.#unused.get(place) ?? 0;
  }

  #placeOf({ headers: fields }: IncomingMessage): Place {
    const region = fields[headers.region];
    return this.#from ?? (typeof region === 'string' ? region : undefined);
  }
}
