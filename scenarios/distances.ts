/**
 * How long a message takes between clients, balancers and hosts: one-way latencies by region and zone, and their jitter.
 * A balancer without a zone is taken to stand wherever its client does, as one behind anycast or DNS does. The simulator's
 * world, and what backends and load generators make of it on real drivers.
 */
import { Source, stream } from './random.ts';
import type { Scenario } from './scenario.ts';

export type NetworkSettings = Scenario['network'];

/** The trip between client and balancer, among those of one request. */
export const clientLeg = 0;

/** The trips between balancer and a host of that index. By the host, not the attempt: each host knows its own number. */
export const hostLeg = (index: number): number => index + 1;

/** Whether a message takes any time at all. */
export const hasDistances = ({ client, backend, connect, latencies }: NetworkSettings): boolean =>
  client > 0 || backend > 0 || connect > 0 || Object.keys(latencies).length > 0;

/** What a report of a run on real backends must say of its distances. */
export const distanceNotes = (network: NetworkSettings): string[] =>
  hasDistances(network)
    ? [
        'Latencies are made by backends and load generators, not by the network: each message is held for one trip before it counts as arrived. Connections are made at once; what needs a new one to a backend waits for its handshake.',
      ]
    : [];

export class Network {
  /** Beyond its round trip, what opening a connection costs, ms. */
  readonly connect: number;
  readonly #settings: NetworkSettings;
  readonly #draws: Source;

  constructor(settings: NetworkSettings, seed: number) {
    this.#settings = settings;
    this.connect = settings.connect;
    this.#draws = new Source(seed, stream.network);
  }

  /** The operator's table, ms; undefined where it has no entry. Within one place it is the latency between neighbours. */
  known(from: string, to: string): number | undefined {
    if (from === to) return this.#settings.backend;
    const { latencies } = this.#settings;
    return latencies[from]?.[to] ?? latencies[to]?.[from];
  }

  /** One way from a client's region to a balancer, ms. */
  toBalancer(region: string | undefined, zone: string | undefined): number {
    if (region === undefined || zone === undefined || region === zone) return this.#settings.client;
    return this.known(region, zone) ?? this.#settings.client;
  }

  /** One way from where a balancer stands to a host, ms. */
  toHost(from: string | undefined, zone: string | undefined): number {
    if (from === undefined || zone === undefined) return this.#settings.backend;
    return this.known(from, zone) ?? this.#settings.backend;
  }

  /** A trip's latency with its jitter. `leg` tells the trips of one request apart; there and back are one. */
  trip(latency: number, request: number, leg: number): number {
    const { jitter } = this.#settings;
    if (jitter === 0 || latency === 0) return latency;
    return latency * (1 - jitter * Math.log(this.#draws.draw(request, leg)));
  }
}
