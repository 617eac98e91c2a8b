/**
 * One balancer in virtual time: the proxy's part without sockets. It picks through the same dispatcher, connects, sends,
 * times out, tries again and answers as `proxy/exchange.ts` does; where the two differ, one of them is wrong.
 */
import type { OutcomeKind } from '../../strategies/strategy.ts';
import type { DispatchRequest } from '../dispatch.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import type { DeadlineQueue } from '../proxy/deadlines.ts';
import { Call, step } from './call.ts';
import type { Flight } from './flight.ts';
import type { Host } from './host.ts';
import { Link } from './link.ts';
import type { Network } from './network.ts';
import type { Timeline } from './timeline.ts';

/** What takes a flight's end. */
export interface Front {
  /** A complete response reaches the client. `backend` is −1 where the balancer itself answers. */
  answered(flight: Flight, status: number, backend: number): void;
  /** The balancer breaks the client's connection in mid-response. */
  cut(flight: Flight): void;
}

/** The queues of the two deadlines; all balancers of a trial share them, since their settings are equal. */
export interface Patience {
  readonly connecting: DeadlineQueue;
  readonly trying: DeadlineQueue;
}

export class Balancer {
  readonly dispatcher: Dispatcher;
  readonly zone: string | undefined;
  readonly #hosts: readonly Host[];
  readonly #timeline: Timeline;
  readonly #network: Network;
  readonly #patience: Patience;
  readonly #front: Front;
  /** Calls that were answered, to be used again: they are what a simulation would allocate most of. */
  readonly #spare: Call[] = [];
  /** By the place a request comes from, then by backend. */
  readonly #links = new Map<string | undefined, Link[]>();
  readonly #end = { status: 0, firstByte: Number.NaN, sent: false, answered: false };
  readonly #request = {
    number: -1,
    key: '',
    client: '',
    region: undefined as string | undefined,
    idempotent: true,
  };

  constructor(
    dispatcher: Dispatcher,
    zone: string | undefined,
    {
      hosts,
      timeline,
      network,
      patience,
      front,
    }: {
      hosts: readonly Host[];
      timeline: Timeline;
      network: Network;
      patience: Patience;
      front: Front;
    },
  ) {
    this.dispatcher = dispatcher;
    this.zone = zone;
    this.#hosts = hosts;
    this.#timeline = timeline;
    this.#network = network;
    this.#patience = patience;
    this.#front = front;
  }

  /** A request arrives from its client. */
  receive(
    flight: Flight,
    key: string,
    client: string,
    region: string | undefined,
    idempotent: boolean,
  ): void {
    const request = this.#request;
    request.number = flight.index;
    request.key = key;
    request.client = client;
    request.region = region;
    request.idempotent = idempotent;
    flight.dispatch = this.dispatcher.open(request as DispatchRequest, flight.dispatch);
    this.#attempt(flight);
  }

  /** The client has gone. */
  cancel(flight: Flight): void {
    const { call } = flight;
    if (call === undefined) return;
    this.#finish(call, 'cancelled');
  }

  /** The handshake of a call is answered. */
  connected(call: Call): void {
    if (!call.awaited) return;
    const { door } = call.host;
    if (door === 'refuses') this.#fail(call, 'unreachable', 502);
    else if (door === 'silent')
      call.host.handshakeLost(call); // The last of the three packets is lost, or the answer.
    else {
      call.life = call.host.life;
      this.#send(call);
    }
  }

  /** The whole response is here. */
  responded(call: Call): void {
    if (!call.awaited) return;
    const { flight } = call;
    const dispatch = flight.dispatch!;
    const { now } = this.#timeline;
    call.awaited = false;
    call.deadline.stop();
    flight.call = undefined;
    this.#link(dispatch.backend!, dispatch.region).keep(call.life, now);
    if (call.report !== undefined) dispatch.backend!.reported = call.report;
    const end = this.#end;
    end.status = call.status;
    end.firstByte = (flight.headSent ? flight.firstByte - flight.latency : now) - dispatch.startedAt;
    end.sent = true;
    end.answered = true;
    this.dispatcher.end(dispatch, call.status >= 500 ? 'error' : 'ok', end);
    this.#front.answered(flight, call.status, call.host.spec.index);
    this.#spare.push(call);
  }

  /** The head of a response is here; it goes on to the client at once. */
  headCame(call: Call): void {
    if (!call.awaited) return;
    const { flight } = call;
    flight.headSent = true;
    flight.firstByte = this.#timeline.now + flight.latency;
    if (Number.isNaN(call.due)) {
      this.#fail(call, 'reset', 502);
      return;
    }
    call.step = step.response;
    this.#timeline.add(call, Math.max(this.#timeline.now, call.due));
  }

  broken(call: Call): void {
    if (call.awaited) this.#fail(call, 'reset', 502);
  }

  expired(call: Call, queue: DeadlineQueue): void {
    if (queue === this.#patience.connecting) this.#fail(call, 'unreachable', 504);
    else this.#fail(call, 'timeout', 504);
  }

  #attempt(flight: Flight): void {
    const dispatch = flight.dispatch!;
    const backend = this.dispatcher.pick(dispatch);
    if (backend === undefined) {
      this.#giveUp(flight, dispatch.attempts === 0 ? 503 : flight.failure);
      return;
    }
    const { now } = this.#timeline;
    const link = this.#link(backend, dispatch.region);
    const { host } = link;
    const { latency } = link;
    const call = this.#spare.pop() ?? new Call(this, flight, host);
    call.begin(
      flight,
      host,
      latency === 0 ? 0 : this.#network.trip(latency, flight.index, dispatch.attempts),
    );
    flight.call = call;
    if (link.take(now)) {
      call.life = host.life;
      this.#send(call);
    } else this.#connect(call);
  }

  #connect(call: Call): void {
    const { host, latency } = call;
    const { now } = this.#timeline;
    const { door } = host;
    const wait = door === 'open' ? 2 * latency + this.#network.connect : 2 * latency;
    call.connecting = true;
    if (door === 'silent') {
      this.#patience.connecting.start(call.deadline, now);
      host.handshakeLost(call);
    } else if (wait === 0) this.connected(call);
    else {
      this.#patience.connecting.start(call.deadline, now);
      call.step = step.connected;
      this.#timeline.add(call, now + wait);
    }
  }

  #send(call: Call): void {
    call.connecting = false;
    this.#patience.trying.start(call.deadline, this.#timeline.now);
    if (call.latency === 0) call.host.receive(call);
    else {
      call.step = step.arrives;
      this.#timeline.add(call, this.#timeline.now + call.latency);
    }
  }

  #fail(call: Call, kind: OutcomeKind, status: number): void {
    const { flight } = call;
    flight.failure = status;
    if (this.#finish(call, kind)) this.#attempt(flight);
    else this.#giveUp(flight, status);
  }

  /** Closes the connection and tells the dispatcher; returns whether another attempt is allowed. */
  #finish(call: Call, kind: OutcomeKind): boolean {
    const { flight, host, latency } = call;
    const { now } = this.#timeline;
    const sent = !call.connecting;
    call.awaited = false;
    call.deadline.stop();
    flight.call = undefined;
    if (sent && call.life === host.life) {
      if (latency === 0) host.abandon(call);
      else this.#timeline.at(now + latency, () => call.life === host.life && host.abandon(call));
    }
    const end = this.#end;
    end.status = 0;
    end.firstByte = flight.headSent
      ? flight.firstByte - flight.latency - flight.dispatch!.startedAt
      : Number.NaN;
    end.sent = sent;
    end.answered = flight.headSent;
    return this.dispatcher.end(flight.dispatch!, kind, end);
  }

  #giveUp(flight: Flight, status: number): void {
    if (flight.headSent) this.#front.cut(flight);
    else this.#front.answered(flight, status, -1);
  }

  #link({ index }: PooledBackend, region: string | undefined): Link {
    const from = this.zone ?? region;
    let links = this.#links.get(from);
    if (links === undefined) {
      links = [];
      this.#links.set(from, links);
    }
    let link = links[index];
    if (link === undefined) {
      const host = this.#hosts[index]!;
      link = new Link(host, this.#network.toHost(from, host.spec.zone));
      links[index] = link;
    }
    return link;
  }
}
