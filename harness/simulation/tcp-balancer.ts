/**
 * One balancer at layer 4 in virtual time: the part of `proxy/splice.ts` without sockets. It picks when a connection
 * brings its first request, which leaves a trip after the connection was made; what comes after that passes through, and
 * nobody here hears of requests, of their statuses or of how long they take.
 */
import { hostLeg } from '../../scenarios/distances.ts';
import type { OutcomeKind } from '../../strategies/strategy.ts';
import type { DispatchRequest } from '../dispatch.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { loopbackAddress } from '../load/client-address.ts';
import { Balancer, type Surroundings } from './balancer.ts';
import { Call, noLife, step } from './call.ts';
import { Connection } from './connection.ts';
import type { Flight } from './flight.ts';
import type { Host } from './host.ts';
import { Link } from './link.ts';
import type { Timeline } from './timeline.ts';

export class TcpBalancer extends Balancer {
  /** Connections that are joined to a backend, or being joined. */
  readonly connections = new Set<Connection>();
  readonly #around: Surroundings;
  readonly #timeline: Timeline;
  /** Calls that were answered, to be used again. */
  readonly #spare: Call[] = [];
  readonly #end = { status: 0, firstByte: Number.NaN, sent: false, answered: false };

  constructor(dispatcher: Dispatcher, zone: string | undefined, around: Surroundings) {
    super(dispatcher, zone, around);
    this.#around = around;
    this.#timeline = around.timeline;
  }

  /** A connection that a client makes. */
  accept(): Connection {
    const connection = new Connection(this);
    connection.idleSince = this.#timeline.now;
    return connection;
  }

  override receive(flight: Flight, request: DispatchRequest): void {
    const connection = flight.connection!;
    flight.reuse(request, -1);
    flight.balancer = this;
    if (connection.gone) {
      this.#around.front.cut(flight);
      return;
    }
    connection.flight = flight;
    if (connection.joined) this.#send(this.#call(connection, flight), connection);
    else {
      const { region } = request;
      const client = loopbackAddress(request.client);
      this.dispatcher.open({ number: -1, key: client, client, region, idempotent: false }, connection);
      this.connections.add(connection);
      this.#join(connection);
    }
  }

  /** The client has closed the connection in mid-request. */
  override cancel(flight: Flight): void {
    this.#abandon(flight);
    this.end(flight.connection!, 'cancelled');
  }

  override connected(call: Call): void {
    if (!call.awaited) return;
    const { door } = call.host;
    if (door === 'refuses') this.#unjoined(call);
    else if (door === 'silent') call.host.trouble.handshakeLost(call);
    else {
      const connection = call.flight.connection!;
      connection.joined = true;
      connection.life = call.host.life;
      call.connecting = false;
      this.#send(call, connection);
    }
  }

  override responded(call: Call): void {
    if (!call.awaited) return;
    const { flight, host, status } = call;
    const connection = this.#over(call);
    this.#heard(connection);
    // Bytes that nobody asked for pass like any others, and the client closes.
    const intact = call.life !== noLife;
    if (!intact) this.end(connection, 'ok');
    this.#around.front.answered(flight, status, host.spec.index, intact);
    this.#spare.push(call);
  }

  override headCame(call: Call): void {
    if (!call.awaited) return;
    const { flight } = call;
    this.#heard(flight.connection!);
    flight.headSent = true;
    flight.firstByte = this.#timeline.now + flight.latency;
    if (Number.isNaN(call.due)) {
      // The backend closes in mid-response: FIN, and the client answers it with its own.
      this.end(this.#over(call), 'ok');
      this.#around.front.cut(flight);
      return;
    }
    if (call.due === Number.POSITIVE_INFINITY) return; // The rest never comes.
    call.step = step.response;
    this.#timeline.add(call, Math.max(this.#timeline.now, call.due));
  }

  override garbled(call: Call): void {
    if (!call.awaited) return;
    const { flight } = call;
    const connection = this.#over(call);
    this.#heard(connection);
    this.end(connection, 'ok');
    this.#around.front.garbled(flight);
  }

  override broken(call: Call): void {
    if (!call.awaited) return;
    const { flight } = call;
    this.end(this.#over(call), 'reset');
    this.#around.front.cut(flight);
  }

  /** A connection is over; once it is gone that is no news. */
  end(connection: Connection, kind: OutcomeKind): void {
    if (connection.gone) return;
    connection.gone = true;
    this.connections.delete(connection);
    if (connection.backend === undefined) {
      this.dispatcher.leave(connection, 'left');
      return;
    }
    const end = this.#end;
    end.firstByte = connection.answeredAfter;
    end.answered = !Number.isNaN(end.firstByte);
    end.sent = connection.joined;
    this.dispatcher.end(connection, kind, end);
  }

  /** The process on a host is gone, and with it every connection; those with a request out hear of it by that. */
  hostEnded(host: Host): void {
    const { now } = this.#timeline;
    for (const connection of [...this.connections]) {
      const { link, flight, joined } = connection;
      if (link?.host !== host || flight !== undefined || !joined) continue;
      if (link.latency === 0) this.end(connection, 'reset');
      else this.#timeline.at(now + link.latency, () => this.end(connection, 'reset'));
    }
  }

  #join(connection: Connection): void {
    const flight = connection.flight!;
    const backend = this.dispatcher.pick(connection);
    if (backend === undefined) {
      if (!this.#wait(connection)) this.#refuse(connection);
      return;
    }
    const { hosts, network, connectTimeout, keepAlive } = this.#around;
    const host = hosts[backend.fleetIndex]!;
    const latency = network.toHost(this.zone ?? connection.region, host.spec.zone);
    connection.link = new Link(host, latency, keepAlive);
    const call = this.#call(connection, flight);
    call.connecting = true;
    const { door } = host;
    const wait = 2 * call.latency + (door === 'open' ? network.connect : 0);
    if (wait === 0 && door !== 'silent') {
      this.connected(call);
      return;
    }
    const { attempts } = connection;
    this.#timeline.at(this.#timeline.now + connectTimeout, () => {
      if (call.awaited && call.connecting && call.flight.connection === connection)
        if (connection.attempts === attempts) this.#unjoined(call);
    });
    if (door === 'silent') host.trouble.handshakeLost(call);
    else {
      call.step = step.connected;
      this.#timeline.add(call, this.#timeline.now + wait);
    }
  }

  /** Until a backend has a slot free; false where there is no waiting for it. */
  #wait(connection: Connection): boolean {
    const { patience } = this.#around;
    const timeline = this.#timeline;
    let waits = patience !== undefined;
    const ready = () => {
      waits = false;
      this.#join(connection);
    };
    if (patience === undefined || !this.dispatcher.wait(connection, ready)) return false;
    timeline.at(timeline.now + patience, () => {
      if (waits && this.dispatcher.leave(connection, 'timeout')) this.#refuse(connection);
    });
    // Connections are what makes the pool look at the clock, and there may be none until then.
    const { pool } = this.dispatcher;
    if (pool.due < timeline.now + patience) timeline.at(pool.due, () => pool.tick(timeline.now));
    return true;
  }

  /** The backend's connection could not be made: another's, where there is one. */
  #unjoined(call: Call): void {
    const { flight } = call;
    const connection = flight.connection!;
    call.awaited = false;
    flight.call = undefined;
    const end = this.#end;
    end.firstByte = Number.NaN;
    end.sent = end.answered = false;
    if (!this.dispatcher.end(connection, 'unreachable', end)) {
      this.#refuse(connection);
      return;
    }
    const wait = this.dispatcher.backoff(connection);
    if (wait === 0) this.#join(connection);
    else this.#timeline.at(this.#timeline.now + wait, () => connection.gone || this.#join(connection));
  }

  /** RST: nothing of what the client sent has reached anybody. */
  #refuse(connection: Connection): void {
    const flight = connection.flight!;
    connection.flight = undefined;
    this.end(connection, 'cancelled');
    this.#around.front.cut(flight);
  }

  #call(connection: Connection, flight: Flight): Call {
    const link = connection.link!;
    const { network, quantile } = this.#around;
    const latency =
      link.latency === 0 ? 0 : network.trip(link.latency, flight.number, hostLeg(link.host.spec.index));
    const call = this.#spare.pop() ?? new Call(this, flight, link);
    call.begin(flight, link, latency, quantile(flight.number));
    flight.call = call;
    return call;
  }

  #send(call: Call, connection: Connection): void {
    const { now } = this.#timeline;
    call.life = connection.life;
    call.sentAt = now;
    if (call.latency === 0) call.host.receive(call);
    else {
      call.step = step.arrives;
      this.#timeline.add(call, now + call.latency);
    }
  }

  /** The first bytes of a backend pass. */
  #heard(connection: Connection): void {
    if (Number.isNaN(connection.answeredAfter))
      connection.answeredAfter = this.#timeline.now - connection.startedAt;
  }

  /** A call has come to its end; its connection carries nothing any more. */
  #over(call: Call): Connection {
    const { flight } = call;
    const connection = flight.connection!;
    call.awaited = false;
    flight.call = undefined;
    connection.flight = undefined;
    return connection;
  }

  /** What is out for a client that has gone; its FIN reaches the backend. */
  #abandon(flight: Flight): void {
    const { call } = flight;
    if (call === undefined) return;
    const { host, latency, connecting } = call;
    this.#over(call);
    if (connecting || call.life !== host.life) return;
    if (latency === 0) host.closed(call);
    else this.#timeline.at(this.#timeline.now + latency, () => call.life === host.life && host.closed(call));
  }
}
