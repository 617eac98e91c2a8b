/**
 * One balancer in virtual time: the proxy's part without sockets. It picks through the same dispatcher, connects, sends,
 * times out, tries again and answers as `proxy/exchange.ts` does; where the two differ, one of them is wrong.
 */

import { hostLeg, type Network } from '../../scenarios/distances.ts';
import type { BalancerSettings } from '../../scenarios/scenario.ts';
import type { OutcomeKind } from '../../strategies/strategy.ts';
import type { DispatchRequest } from '../dispatch.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import { Call, noLife, step } from './call.ts';
import type { Flight } from './flight.ts';
import type { Host } from './host.ts';
import { Link } from './link.ts';
import type { Stays } from './stays.ts';
import type { Timeline } from './timeline.ts';

/** What takes a flight's end. */
export interface Front {
  /** A complete response reaches the client. `backend` is −1 where the balancer itself answers. */
  answered(flight: Flight, status: number, backend: number, intact?: boolean): void;
  /** The balancer breaks the client's connection, before or in mid-response. */
  cut(flight: Flight): void;
  /** What reaches the client is no response that it could trust. */
  garbled(flight: Flight): void;
}

/** What the balancers of a trial share. */
export interface Surroundings {
  readonly hosts: readonly Host[];
  readonly timeline: Timeline;
  readonly network: Network;
  readonly front: Front;
  /** ms. */
  readonly connectTimeout: number;
  /** How long an unused connection to a host is kept, ms. */
  readonly keepAlive: number;
  /** How long a request may wait in the queue, ms; undefined where there is none. */
  readonly patience: number | undefined;
  readonly fallback: BalancerSettings['fallback'];
  /** Of a request, by its number. */
  readonly quantile: (number: number) => number;
}

export class Balancer {
  readonly dispatcher: Dispatcher;
  readonly zone: string | undefined;
  /** Undefined where nobody stays with a backend. */
  readonly #stays: Stays | undefined;
  /** The part for another pool, asked where this one has no answer. */
  fallback: Balancer | undefined = undefined;
  readonly #around: Surroundings;
  readonly #timeline: Timeline;
  /** Calls that were answered, to be used again. */
  readonly #spare: Call[] = [];
  /** By the region a request comes from, where the balancer has no place of its own. */
  readonly #byRegion = new Map<string, Link[]>();
  readonly #end = { status: 0, firstByte: Number.NaN, sent: false, answered: false };

  constructor(dispatcher: Dispatcher, zone: string | undefined, around: Surroundings, stays?: Stays) {
    this.#stays = stays;
    this.dispatcher = dispatcher;
    this.zone = zone;
    this.#around = around;
    this.#timeline = around.timeline;
  }

  /** A request arrives from its client. */
  receive(flight: Flight, request: DispatchRequest): void {
    this.dispatcher.open(request, flight);
    if (this.#stays !== undefined) flight.preferred = this.#stays.bound(flight);
    flight.balancer = this;
    this.#attempt(flight);
  }

  /** The client has gone. */
  cancel(flight: Flight): void {
    this.#leave(flight, 'cancelled');
  }

  /** The whole of a request has taken too long. */
  tookTooLong(flight: Flight): void {
    this.#leave(flight, 'timeout');
    this.#answer(flight, 504);
  }

  /** Takes over a request that another pool has no answer for. */
  takeOver(flight: Flight): void {
    this.dispatcher.takeOver(flight);
    flight.balancer = this;
    this.#attempt(flight);
  }

  /** The handshake of a call is answered. */
  connected(call: Call): void {
    if (!call.awaited) return;
    const { door } = call.host;
    if (door === 'refuses') this.#fail(call, 'unreachable', 502);
    else if (door === 'silent')
      call.host.trouble.handshakeLost(call); // The last of the three packets is lost, or the answer.
    else {
      call.life = call.host.life;
      this.#send(call);
    }
  }

  /** The whole response is here. */
  responded(call: Call): void {
    if (!call.awaited) return;
    const { flight, status } = call;
    const { now } = this.#timeline;
    const backend = flight.backend!;
    if (!flight.headSent && this.dispatcher.spares(flight, status, true)) {
      this.#passOver(call, status);
      return;
    }
    call.awaited = false;
    flight.call = undefined;
    call.link.keep(call.life, now);
    if (call.report !== undefined) backend.reported = call.report;
    const end = this.#end;
    end.status = status;
    end.firstByte = (flight.headSent ? flight.firstByte - flight.latency : now) - flight.startedAt;
    end.sent = true;
    end.answered = true;
    this.dispatcher.end(flight, status >= 500 ? 'error' : 'ok', end);
    this.#stays?.answered(flight, backend);
    this.#around.front.answered(flight, status, backend.fleetIndex);
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
    if (call.due === Number.POSITIVE_INFINITY) return; // The rest never comes.
    call.step = step.response;
    this.#timeline.add(call, Math.max(this.#timeline.now, call.due));
  }

  garbled(call: Call): void {
    if (call.awaited) this.#fail(call, 'error', 502);
  }

  broken(call: Call): void {
    if (call.awaited) this.#fail(call, 'reset', 502);
  }

  /** A try has taken too long. */
  expired(call: Call): void {
    this.#fail(call, 'timeout', 504);
  }

  #attempt(flight: Flight): void {
    const backend = this.dispatcher.pick(flight);
    if (backend === undefined) {
      if (!this.#wait(flight)) this.#giveUp(flight, flight.attempts === 0 ? 503 : flight.failure);
      return;
    }
    this.#stays?.picked(flight, backend);
    const link = this.#link(backend, flight.region);
    const call = this.#spare.pop() ?? new Call(this, flight, link);
    call.begin(flight, link, this.#latency(link, flight), this.#around.quantile(flight.number));
    flight.call = call;
    if (!link.take(this.#timeline.now)) this.#connect(call);
    else if (link.closedAt !== Number.POSITIVE_INFINITY && link.host.door === 'open')
      this.#cross(call, link.closedAt);
    else {
      call.life = link.host.life;
      this.#send(call);
    }
  }

  /** A request leaves on a connection that its host has closed: all that is heard of it is the FIN, here at `closedAt`. */
  #cross(call: Call, closedAt: number): void {
    call.life = noLife;
    call.sentAt = this.#timeline.now;
    call.step = step.broken;
    this.#timeline.add(call, closedAt);
  }

  /** Until a backend has a slot free; false where there is no waiting for it. */
  #wait(flight: Flight): boolean {
    const { patience } = this.#around;
    const timeline = this.#timeline;
    const { number } = flight;
    let waits = patience !== undefined;
    const ready = () => {
      waits = false;
      this.#attempt(flight);
    };
    if (patience === undefined || !this.dispatcher.wait(flight, ready)) return false;
    timeline.at(timeline.now + patience, () => {
      // Who has left meanwhile may be another's flight by now.
      if (!waits || flight.number !== number || !this.dispatcher.leave(flight, 'timeout')) return;
      this.#giveUp(flight, 503);
    });
    // Requests are what makes the pool look at the clock, and there may be none until then.
    const { pool } = this.dispatcher;
    if (pool.due < timeline.now + patience) timeline.at(pool.due, () => pool.tick(timeline.now));
    return true;
  }

  #latency({ latency, host }: Link, { number }: Flight): number {
    return latency === 0 ? 0 : this.#around.network.trip(latency, number, hostLeg(host.spec.index));
  }

  #connect(call: Call): void {
    const { host, latency, flight } = call;
    const { door } = host;
    const { network, connectTimeout } = this.#around;
    const wait = door === 'open' ? 2 * latency + network.connect : 2 * latency;
    call.connecting = true;
    if (wait === 0 && door !== 'silent') {
      this.connected(call);
      return;
    }
    const timeline = this.#timeline;
    const { number, attempts } = flight;
    timeline.at(timeline.now + connectTimeout, () => {
      if (!call.awaited || !call.connecting) return;
      if (call.flight.number === number && call.flight.attempts === attempts)
        this.#fail(call, 'unreachable', 504);
    });
    if (door === 'silent') host.trouble.handshakeLost(call);
    else {
      call.step = step.connected;
      timeline.add(call, timeline.now + wait);
    }
  }

  #send(call: Call): void {
    const { now } = this.#timeline;
    call.connecting = false;
    call.sentAt = now;
    if (call.latency === 0) call.host.receive(call);
    else {
      call.step = step.arrives;
      this.#timeline.add(call, now + call.latency);
    }
  }

  #fail(call: Call, kind: OutcomeKind, status: number): void {
    const { flight } = call;
    const sent = !call.connecting;
    flight.failure = status;
    if (this.#finish(call, kind)) this.#again(flight);
    else this.#giveUp(flight, status, sent);
  }

  /** A response that is not passed on, because another attempt may give a better one; its connection is closed. */
  #passOver(call: Call, status: number): void {
    const { flight } = call;
    call.awaited = false;
    flight.call = undefined;
    flight.failure = 502;
    const end = this.#end;
    end.status = status;
    end.firstByte = this.#timeline.now - flight.startedAt;
    end.sent = true;
    end.answered = false;
    if (this.dispatcher.end(flight, status >= 500 ? 'error' : 'ok', end)) this.#again(flight);
    else this.#giveUp(flight, 502, true);
  }

  /** Another attempt, after its back-off. */
  #again(flight: Flight): void {
    const wait = this.dispatcher.backoff(flight);
    if (wait === 0) {
      this.#attempt(flight);
      return;
    }
    const { number, attempts } = flight;
    this.#timeline.at(this.#timeline.now + wait, () => {
      if (!flight.over && flight.number === number && flight.attempts === attempts) this.#attempt(flight);
    });
  }

  /** Ends what is out for a flight, if anything is. */
  #leave(flight: Flight, kind: OutcomeKind): void {
    if (flight.call !== undefined) this.#finish(flight.call, kind);
    else this.dispatcher.leave(flight, 'left');
  }

  /** Closes the connection and tells the dispatcher; returns whether another attempt is allowed. */
  #finish(call: Call, kind: OutcomeKind): boolean {
    const { flight, host, latency } = call;
    const { now } = this.#timeline;
    const sent = !call.connecting;
    call.awaited = false;
    flight.call = undefined;
    if (call.state === 'done') host.unanswered(call);
    if (sent && call.life === host.life) {
      if (latency === 0) host.closed(call);
      else this.#timeline.at(now + latency, () => call.life === host.life && host.closed(call));
    }
    const end = this.#end;
    end.status = 0;
    end.firstByte = flight.headSent ? flight.firstByte - flight.latency - flight.startedAt : Number.NaN;
    end.sent = sent;
    end.answered = flight.headSent;
    return this.dispatcher.end(flight, kind, end);
  }

  /** `sent`: its last attempt reached a backend, and only what is idempotent may be repeated. */
  #giveUp(flight: Flight, status: number, sent = false): void {
    const { fallback } = this.#around;
    const elsewhere = this.fallback !== undefined && fallback !== false && isIn(fallback.on, status);
    if (elsewhere && !flight.headSent && (flight.idempotent || !sent)) this.fallback!.takeOver(flight);
    else this.#answer(flight, status);
  }

  #answer(flight: Flight, status: number): void {
    const { front, fallback } = this.#around;
    if (flight.headSent) front.cut(flight);
    else if (fallback === false || fallback.response === undefined || !isIn(fallback.on, status))
      front.answered(flight, status, -1);
    else front.answered(flight, fallback.response.status, -1);
  }

  #link(backend: PooledBackend, region: string | undefined): Link {
    if (this.zone === undefined && region !== undefined) return this.#linkFrom(region, backend.fleetIndex);
    backend.path ??= this.#makeLink(this.zone, backend.fleetIndex);
    return backend.path as Link;
  }

  #linkFrom(region: string, index: number): Link {
    let links = this.#byRegion.get(region);
    if (links === undefined) {
      links = [];
      this.#byRegion.set(region, links);
    }
    links[index] ??= this.#makeLink(region, index);
    return links[index];
  }

  #makeLink(from: string | undefined, index: number): Link {
    const { hosts, network, keepAlive } = this.#around;
    const host = hosts[index]!;
    return new Link(host, network.toHost(from, host.spec.zone), keepAlive);
  }
}

const isIn = (list: readonly number[], status: number): boolean => list.includes(status);
