/**
 * The way between clients and the balancer, where a scenario makes one (`network`) on a machine that has none. Generators
 * speak of times as clients see them: a request leaves the generator one trip after its client has sent it, and what comes
 * back is counted one trip later. So a recording means the same as the simulator's.
 *
 * Connections of clients are made at once. As in the simulator, only one that replaces another in a closed loop is waited for.
 */
import { clientLeg, Network, type NetworkSettings } from '../../scenarios/distances.ts';
import { DueHeap } from '../../scenarios/due-heap.ts';
import type { Workload } from '../../scenarios/workload.ts';
import { Alarm } from './alarm.ts';

export interface WaySettings {
  network: NetworkSettings;
  /** Of the balancer; absent: it is where each client is. */
  zone?: string;
  /** Round trips of a TLS handshake, beside the one of the connection. */
  handshakeTrips: number;
}

/** Shortest sleep, ms, as that of the schedule (open-sender.ts); and how much too early is in time. */
const leastSleep = 0.2;
const early = 0.1;

interface Departure {
  readonly at: number;
  readonly leave: () => void;
}

export class Way {
  readonly #settings: WaySettings;
  readonly #network: Network;
  readonly #workload: Workload;
  readonly #clock: () => number;
  readonly #departures = new DueHeap<Departure>();
  #alarm: Alarm | undefined;

  private constructor(settings: WaySettings, seed: number, workload: Workload, clock: () => number) {
    this.#settings = settings;
    this.#network = new Network(settings.network, seed);
    this.#workload = workload;
    this.#clock = clock;
  }

  /** Of such a scenario; undefined where clients stand beside the balancer. `clock` in ms from t = 0. */
  static async create(
    settings: WaySettings | undefined,
    seed: number,
    workload: Workload,
    clock: () => number,
  ): Promise<Way | undefined> {
    if (settings === undefined) return undefined;
    const way = new Way(settings, seed, workload, clock);
    way.#alarm = await Alarm.create(() => way.#ring());
    return way;
  }

  /** One way for request `index`, ms. */
  trip(index: number): number {
    const there = this.#network.toBalancer(this.#workload.region(index), this.#settings.zone);
    return this.#network.trip(there, index, clientLeg);
  }

  /** What it costs a client to replace its connection, where a trip takes that long; ms. */
  reconnect(trip: number): number {
    return 2 * trip * (1 + this.#settings.handshakeTrips);
  }

  /** Calls `leave` at `at`, ms from t = 0, or soon after. */
  depart(at: number, leave: () => void): void {
    const departure = { at, leave };
    this.#departures.push(departure);
    if (this.#departures.first === departure) this.#set();
  }

  stop(): void {
    this.#departures.clear();
    void this.#alarm?.stop();
  }

  #ring(): void {
    while (this.#departures.size > 0 && this.#departures.first!.at <= this.#clock() + early)
      this.#departures.pop().leave();
    this.#set();
  }

  #set(): void {
    const next = this.#departures.first;
    if (next !== undefined) this.#alarm!.set(Math.max(leastSleep, next.at - this.#clock()));
  }
}
