/**
 * The simulated clients: what they send, what they see, and when they lose patience. Open load leaves at the times of its
 * schedule; in a closed loop each connection sends its next request when the last has been answered. Request numbers, keys,
 * quantiles and addresses are the workload's, as on real sockets.
 */

import type { Crowd } from '../../scenarios/crowd.ts';
import { clientLeg, type Network } from '../../scenarios/distances.ts';
import { loadOccurrencesOf } from '../../scenarios/load-length.ts';
import type { RequestShape } from '../../scenarios/request-shape.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { rateOf, Workload } from '../../scenarios/workload.ts';
import type { DispatchRequest } from '../dispatch.ts';
import { ofBroken, ofResponse, type Verdict, verdicts } from '../load/outcome.ts';
import { Window } from '../load/window.ts';
import type { Balancer, Front } from './balancer.ts';
import type { Connections } from './connections.ts';
import { Flight } from './flight.ts';
import { keyReader } from './keys.ts';
import type { Ledger } from './ledger.ts';
import { Names } from './names.ts';
import type { TcpBalancer } from './tcp-balancer.ts';
import type { Timeline } from './timeline.ts';

/** Methods that may be repeated (RFC 9110 §9.2.2). */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

export interface ClientsOptions {
  readonly scenario: Pick<Scenario, 'load' | 'fleet' | 'faults'>;
  readonly seed: number;
  /** When t = 0 is, ms of the simulation's clock. */
  readonly zero: number;
  readonly timeline: Timeline;
  readonly network: Network;
  readonly ledger: Ledger;
  /** Which balancer a request goes to, by its number and region. */
  readonly balancerOf: (index: number, region: string | undefined) => Balancer;
  /** At layer 4, where what a request leaves on decides where it goes. */
  readonly connections?: Connections;
  /** Round trips of a TLS handshake; 0 in clear. What it costs in CPU is not simulated. */
  readonly handshakeTrips: number;
  /** Where balancers find the affinity key (`balancer.key`). */
  readonly key: string;
  /** Called once the length of the measured window is known, ms. */
  readonly onWindow: (ms: number) => void;
}

/**
 * How soon a connection of a closed loop asks again where the answer took no time at all, ms: some such turn is what it costs on
 * real sockets. Without it a fleet that refuses everything would be asked without end at one moment.
 */
const leastTurn = 0.1;
/** Less than that, ms, comes of rounding. */
const instant = 1e-6;

export class Clients implements Front {
  /** When the next request of the schedule leaves, ms; Infinity when there is none, and always in a closed loop. */
  next = Number.POSITIVE_INFINITY;
  /** The same from t = 0, as the schedule says it. */
  #due = Number.NaN;
  /** No further request will be sent. */
  finished = false;
  windowMs = 0;
  /** Clients that have left, of which their balancer has not heard yet. */
  leaving = 0;
  readonly #options: ClientsOptions;
  readonly #workload: Workload;
  readonly #window: Window;
  readonly #request = {
    number: -1,
    key: '',
    client: '',
    region: undefined as string | undefined,
    idempotent: true,
  };
  readonly #names: Names;
  readonly #keyOf: ReturnType<typeof keyReader>;
  readonly #arrivals: () => number;
  readonly #most: number;
  readonly #regions: boolean;
  readonly #leavers: boolean;
  readonly #closed: Scenario['load']['closed'];
  /** Flights that were answered, to be used again. */
  readonly #spare: Flight[] = [];
  /** Every flight there is, over or not. */
  readonly #all: Flight[] = [];
  /** Of a closed loop. */
  readonly #crowd: Crowd | undefined;
  /** What each connection of a closed loop has sent. */
  readonly #ordinals: Int32Array;
  readonly #connections: Connections | undefined;
  #index = 0;

  constructor(options: ClientsOptions) {
    const { scenario, seed } = options;
    const { load, fleet } = scenario;
    this.#options = options;
    this.#connections = options.connections;
    this.#workload = new Workload(load, seed, rateOf(load, fleet), loadOccurrencesOf(scenario));
    this.#names = new Names(this.#workload);
    this.#keyOf = keyReader(options.key);
    this.#window = new Window(load);
    this.#arrivals = load.open === undefined ? () => Number.POSITIVE_INFINITY : this.#workload.arrivals();
    const most = load.open?.connections ?? 'unlimited';
    this.#most = most === 'unlimited' ? Number.POSITIVE_INFINITY : most;
    this.#regions = this.#workload.hasRegions;
    this.#leavers = this.#workload.hasLeavers;
    this.#closed = load.closed;
    this.#crowd = load.closed && this.#workload.crowd(load.closed.connections);
    this.#ordinals = new Int32Array(this.#crowd?.most ?? 0);
    if (load.duration !== undefined) this.#knowWindow(load.duration);
  }

  /** To be called when the warm-up begins. */
  start(): void {
    if (this.#closed === undefined) this.#advance();
    else for (let connection = 0; connection < this.#crowd!.most; connection++) this.#sendNext(connection);
  }

  /** Sends the request whose time has come. */
  send(): void {
    const index = this.#index++;
    const { next: intended } = this;
    const due = this.#due;
    this.#advance();
    const { ledger } = this.#options;
    if (ledger.inFlight >= this.#most) ledger.notSent(index, intended, this.#workload.keyHash(index, due));
    else this.#launch(index, due);
  }

  answered(flight: Flight, status: number, backend: number, intact = true): void {
    if (flight.over || this.#tooLate(flight)) return;
    this.#end(flight, ofResponse(status, intact), flight.latency, status, backend);
    this.#spare.push(flight);
  }

  cut(flight: Flight): void {
    if (flight.over || this.#tooLate(flight)) return;
    this.#end(flight, ofBroken(flight.headSent), flight.latency, 0, -1);
    this.#spare.push(flight);
  }

  garbled(flight: Flight): void {
    if (flight.over || this.#tooLate(flight)) return;
    this.#end(flight, verdicts.malformed, flight.latency, 0, -1);
    this.#spare.push(flight);
  }

  /** Ends what is in flight as such. */
  stop(): void {
    this.next = Number.POSITIVE_INFINITY;
    if (!this.finished) this.#knowWindow(Math.max(0, this.#options.timeline.now - this.#options.zero));
    this.finished = true;
    const { ledger, timeline } = this.#options;
    for (const flight of this.flights()) ledger.ended(flight, verdicts.inFlight, timeline.now, 0, -1);
  }

  /** Every flight there is, over or not. */
  get all(): readonly Flight[] {
    return this.#all;
  }

  /** Those that their clients still wait for, in the order of their numbers. */
  flights(): Flight[] {
    return this.#all.filter(({ over }) => !over).sort((a, b) => a.number - b.number);
  }

  /** Those whose balancers wait for a backend, in the order of their numbers; of some the client has left. */
  dispatched(): Flight[] {
    return this.#all.filter(({ call }) => call !== undefined).sort((a, b) => a.number - b.number);
  }

  /** What a request asks for, by its number. */
  shape(index: number): RequestShape {
    return this.#workload.request(index);
  }

  quantile(index: number): number {
    return this.#workload.quantile(index);
  }

  #advance(): void {
    const { zero, scenario } = this.#options;
    const t = this.#arrivals() - scenario.load.warmup;
    if (this.#window.admits(t)) {
      this.next = zero + t;
      this.#due = t;
      return;
    }
    this.next = Number.POSITIVE_INFINITY;
    this.#finish();
  }

  #finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.#knowWindow(this.#window.length(0, false));
  }

  #knowWindow(ms: number): void {
    this.windowMs = ms;
    this.#options.onWindow(ms);
  }

  #sendNext(connection: number): void {
    const { timeline, zero } = this.#options;
    const t = timeline.now - zero;
    const opens = this.#opens(connection, t);
    if (opens > t) {
      if (Number.isFinite(opens)) timeline.at(zero + opens, () => this.#sendNext(connection));
      return;
    }
    if (!this.#window.admits(t)) {
      this.#finish();
      return;
    }
    const ordinal = this.#ordinals[connection]!++;
    this.#launch(this.#crowd!.requestOf(connection, ordinal), t);
  }

  /** When a connection of a closed loop is wanted next, ms from t = 0: `t` where it is. */
  #opens(connection: number, t: number): number {
    const crowd = this.#crowd!;
    if (crowd.steady) return t;
    const opens = crowd.opens(connection, t);
    return opens > t + instant ? opens : t;
  }

  /** `due` in ms from t = 0. */
  #launch(index: number, due: number): void {
    const { timeline, network, ledger, balancerOf } = this.#options;
    const { now } = timeline;
    const workload = this.#workload;
    const region = this.#regions ? workload.region(index) : undefined;
    const balancer = balancerOf(index, region);
    const there = network.toBalancer(region, balancer.zone);
    const latency = there === 0 ? 0 : network.trip(there, index, clientLeg);
    const request = this.#request;
    request.number = index;
    request.key = this.#names.key(index, due);
    request.client = this.#names.client(index);
    request.region = region;
    if (this.#keyOf !== undefined) request.key = this.#keyOf(request, workload.request(index));
    request.idempotent = idempotent.has(workload.request(index).method);
    const flight = this.#spare.pop() ?? this.#make();
    flight.begin(index, now, this.#names.keyHash, latency);
    if (this.#connections !== undefined)
      flight.connection = this.#connections.take(index, region, balancer as TcpBalancer);
    ledger.sent(now);
    if (this.#leavers) this.#mayLeave(flight, workload.patience(index, due));
    if (latency === 0) balancer.receive(flight, request as DispatchRequest);
    else {
      const later = { ...request } as DispatchRequest;
      timeline.at(now + latency, () => {
        if (!flight.over && flight.number === index) balancer.receive(flight, later);
      });
    }
  }

  #mayLeave(flight: Flight, patience: number): void {
    const { timeline } = this.#options;
    const { number } = flight;
    flight.patience = patience;
    if (patience === Number.POSITIVE_INFINITY) return;
    timeline.at(timeline.now + patience, () => {
      if (!flight.over && flight.number === number) this.#goes(flight, verdicts.aborted);
    });
  }

  #make(): Flight {
    const flight = new Flight();
    this.#all.push(flight);
    return flight;
  }

  /** The client has waited long enough, and leaves; the balancer learns of it a trip later. */
  gaveUp(flight: Flight): void {
    this.#goes(flight, verdicts.timeout);
  }

  #goes(flight: Flight, verdict: Verdict): void {
    const { timeline } = this.#options;
    const { balancer } = flight;
    this.#end(flight, verdict, 0, 0, -1);
    if (balancer === undefined) this.#spare.push(flight);
    else if (flight.latency === 0) this.#left(flight, balancer);
    else {
      this.leaving++;
      timeline.at(timeline.now + flight.latency, () => {
        this.leaving--;
        this.#left(flight, balancer);
      });
    }
  }

  #left(flight: Flight, balancer: Balancer): void {
    balancer.cancel(flight);
    this.#spare.push(flight);
  }

  /** Whether what leaves the balancer now reaches a client that has given up, or gone, by then. */
  #tooLate({ latency, sent, patience }: Flight): boolean {
    const { timeline, scenario } = this.#options;
    return latency > 0 && timeline.now + latency - sent > Math.min(scenario.load.timeout, patience);
  }

  #end(flight: Flight, verdict: Verdict, after: number, status: number, backend: number): void {
    const { timeline, ledger } = this.#options;
    const at = timeline.now + after;
    const broken = verdict.outcome === 'lost' || verdict.outcome === 'aborted';
    ledger.ended(flight, verdict, at, status, backend);
    if (this.#closed === undefined) {
      if (flight.connection !== undefined) this.#release(flight, broken, at);
      return;
    }
    const { requestsPerConnection } = this.#closed;
    const connection = this.#crowd!.connectionOf(flight.number);
    const sent = this.#ordinals[connection]!;
    // A broken or worn-out connection is replaced: a round trip, and those of TLS, before the next request leaves.
    const fresh = broken || (requestsPerConnection !== undefined && sent % requestsPerConnection === 0);
    if (flight.connection !== undefined) {
      const then = at - this.#options.zero;
      this.#release(flight, fresh || this.#opens(connection, then) > then, at);
    }
    const next = fresh ? at + 2 * flight.latency * (1 + this.#options.handshakeTrips) : at;
    timeline.at(next > flight.sent ? next : next + leastTurn, () => this.#sendNext(connection));
  }

  /** What a request left on is free at `at`, or of no more use. */
  #release({ connection, latency, region }: Flight, worn: boolean, at: number): void {
    const { timeline } = this.#options;
    const connections = this.#connections!;
    const release = () => {
      if (!worn) connections.giveBack(connection!, region);
      else connections.close(connection!, latency, connection!.flight === undefined ? 'ok' : 'cancelled');
    };
    if (at === timeline.now) release();
    else timeline.at(at, release);
  }
}
