/**
 * The way between the balancer and this backend, where a scenario makes one (`network`) on a machine that has none: what
 * comes is held for one trip before the model hears of it, and what it answers for one trip before it leaves. No worker
 * is held meanwhile.
 *
 * Connections themselves are made at once, by the kernel. So what comes first on one is held for the handshake too: a
 * round trip, and what opening a connection costs beyond it.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { hostLeg, Network, type NetworkSettings } from '../scenarios/distances.ts';
import { headers } from '../scenarios/headers.ts';
import type { BackendSpec } from '../scenarios/scenario.ts';

export class Travel {
  readonly #spec: Pick<BackendSpec, 'index' | 'zone'>;
  readonly #settings: NetworkSettings;
  #network: Network;
  /** Where the balancer stands; undefined: where each client does. */
  #from: string | undefined;
  /** Connections on which nothing has come yet. */
  readonly #fresh = new WeakSet<Socket>();

  constructor(spec: Pick<BackendSpec, 'index' | 'zone'>, settings: NetworkSettings, seed: number) {
    this.#spec = spec;
    this.#settings = settings;
    this.#network = new Network(settings, seed);
  }

  /** Another trial: its seed, and the zone of its balancer. */
  begin(seed: number, from: string | undefined): void {
    this.#network = new Network(this.#settings, seed);
    this.#from = from;
  }

  connected(socket: Socket): void {
    this.#fresh.add(socket);
  }

  /** One way for a request of that number, ms. */
  ofRequest({ headers: fields }: IncomingMessage, number: number): number {
    const region = fields[headers.region];
    const from = this.#from ?? (typeof region === 'string' ? region : undefined);
    return this.#network.trip(this.#network.toHost(from, this.#spec.zone), number, hostLeg(this.#spec.index));
  }

  /** One way for what the balancer asks of its own accord, ms. */
  ofAside(): number {
    return this.#network.toHost(this.#from, this.#spec.zone);
  }

  /** What a request waits for before it leaves, ms: its connection, where it is the first on it. */
  handshake({ socket }: IncomingMessage, trip: number): number {
    return this.#fresh.delete(socket) ? 2 * trip + this.#network.connect : 0;
  }
}
