/**
 * How long a message takes between clients, balancers and hosts: one-way latencies by region and zone, and their jitter.
 * A balancer without a zone is taken to stand wherever its client does, as one behind anycast or DNS does.
 */
import { Source, stream } from '../../scenarios/random.ts';
import type { Scenario } from '../../scenarios/scenario.ts';

export class Network {
  /** Beyond its round trip, what opening a connection costs, ms. */
  readonly connect: number;
  readonly #settings: Scenario['network'];
  readonly #draws: Source;

  constructor(settings: Scenario['network'], seed: number) {
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

  /** A trip's latency with its jitter. `leg` numbers the trips of one request. */
  trip(latency: number, request: number, leg: number): number {
    const { jitter } = this.#settings;
    if (jitter === 0 || latency === 0) return latency;
    return latency * (1 - jitter * Math.log(this.#draws.draw(request, leg)));
  }
}
