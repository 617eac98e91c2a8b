/**
 * Between sockets and the backend model: takes requests off the load port, drives the model with the real clock, and
 * answers what the model and the faults decide. Each request that arrives ends in exactly one of the counts.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BackendModel, Job } from '../scenarios/backend.ts';
import { bodyOf } from '../scenarios/body.ts';
import { serviceTimeOf } from '../scenarios/catalogue.ts';
import type { NetworkSettings } from '../scenarios/distances.ts';
import { isHeld } from '../scenarios/faults/fault.ts';
import { headers } from '../scenarios/headers.ts';
import type { LoadMeter } from '../scenarios/load-meter.ts';
import { draw, stream } from '../scenarios/random.ts';
import type { BackendSpec } from '../scenarios/scenario.ts';
import { type Answer, answerStatus, carryOut, resetNow, type Wait } from './answer.ts';
import { type Aside, answerAside, asideOf } from './aside.ts';
import { Burner } from './burner.ts';
import { now } from './clock.ts';
import { KeepAlive } from './keep-alive.ts';
import { loadHeader } from './load-header.ts';
import { Partition } from './partition.ts';
import { Timers } from './timers.ts';
import { Travel } from './travel.ts';

/** Requests that carry no number get one of their own from here on, far from the workload's. */
const unnumbered = 2 ** 40;

/** ms. Timers this late do not happen on a busy machine: the process was stopped. */
const longestLateness = 250;

class Request extends Job {
  readonly res: ServerResponse;
  open = true;
  /** One way to the balancer, ms. */
  trip = 0;
  /** Until when its connection is being made, and it has not left the balancer. */
  leaves = 0;
  burn: { cancel(): void } | undefined;

  constructor(res: ServerResponse) {
    super();
    this.res = res;
  }
}

/** How a request ended: a whole 200; a 503 for want of room; whatever a fault made of it; or its client had gone. */
type Ending = 'served' | 'rejected' | 'faulted' | 'abandoned';

export class Service {
  readonly spec: BackendSpec;
  readonly server: Server;
  readonly model: BackendModel<Request>;
  readonly meter: LoadMeter;
  readonly startedAt = now();
  seed: number;
  draining = false;
  received = 0;
  counts: Record<Ending, number> = { served: 0, rejected: 0, faulted: 0, abandoned: 0 };
  healthChecks = 0;
  probes = 0;
  /** Numbers of the requests whose work was done, whether anybody still waited or not; once for each time. */
  executed: number[] = [];
  readonly #open = new Set<Request>();
  /** Of requests, health checks and probes alike. */
  readonly #responses = new Set<ServerResponse>();
  /** Responses that a fault keeps unfinished: its number, and how far away their clients are, ms. */
  readonly #held = new Map<ServerResponse, { fault: number; trip: number }>();
  readonly #timers = new Timers(now, { stall: longestLateness });
  readonly #wait: Wait = (ms, then) => this.#timers.add(now() + ms, then);
  readonly #answer: Answer;
  #horizon = 0;
  readonly #burner: Burner | undefined;
  readonly #travel: Travel | undefined;
  readonly #keepAlive: KeepAlive | undefined;
  readonly partition: Partition;
  #whenIdle: (() => void) | undefined;

  /** `network`: what comes and goes has a way behind it, and before it. */
  constructor(spec: BackendSpec, seed: number, network?: NetworkSettings) {
    this.spec = spec;
    this.seed = seed;
    this.model = new BackendModel(spec, serviceTimeOf(spec.service), seed, now());
    this.meter = this.model.measure(now());
    const load = () => loadHeader(this.meter.report(now()));
    this.#answer = { id: spec.id, body: Buffer.from(bodyOf(spec.body)), load };
    this.#burner = spec.work === 'burn' ? new Burner(spec.workers) : undefined;
    this.server = createServer((req, res) => this.#receive(req, res));
    this.partition = new Partition(this.server);
    this.#travel = network && new Travel(spec, network, seed);
    this.#keepAlive = spec.keepAlive === undefined ? undefined : new KeepAlive(spec.keepAlive, this.#timers);
    // A balancer's idle timeout must be the shorter one, else requests meet a closing connection; and nothing here
    // may time out but as the scenario has it.
    this.server.keepAliveTimeout = 3_600_000;
    this.server.headersTimeout = this.server.requestTimeout = this.server.timeout = 0;
  }

  /** Resolves once it can work as fast as it should. */
  get ready(): Promise<unknown> {
    return this.#burner?.ready ?? Promise.resolve();
  }

  /** Requests that have arrived and not ended. */
  get inFlight(): number {
    return this.#open.size;
  }

  /** As if just started: requests in flight lose their connections. `from`: where the balancer stands. */
  reset(seed: number, from?: string): void {
    this.#timers.clear();
    for (const request of this.#open) {
      request.state = 'dropped';
      request.open = false;
      request.burn?.cancel();
    }
    this.#open.clear();
    for (const res of this.#responses) res.destroy();
    this.#travel?.reset();
    this.join(seed, from);
    this.received = this.healthChecks = this.probes = 0;
    this.executed = [];
    this.counts = { served: 0, rejected: 0, faulted: 0, abandoned: 0 };
    this.model.reset(seed, now());
  }

  /** The trial it is in from now on; for a process that takes another's place in mid-trial. */
  join(seed: number, from?: string): void {
    this.seed = seed;
    this.#travel?.join(seed, from);
  }

  /** A fault keeps this response unfinished, until its client goes or the fault is healed. */
  hold(res: ServerResponse, fault: number, trip: number): void {
    if (res.destroyed) return;
    this.#held.set(res, { fault, trip });
    res.once('close', () => this.#held.delete(res));
  }

  /** Switches a service-level fault off, and breaks off what it keeps unfinished; false when it was not on. */
  clearFault(number: number): boolean {
    for (const [res, { fault, trip }] of this.#held)
      if (fault === number) this.#wait(trip, () => this.partition.send(() => resetNow(res)));
    return this.model.faults.clear(number);
  }

  /** Resolves when no request is in flight; health checks fail from now on. */
  drain(): Promise<void> {
    this.draining = true;
    return new Promise((resolve) => {
      if (this.inFlight === 0) resolve();
      else this.#whenIdle = resolve;
    });
  }

  /**
   * The time, with everything done that was due by then: the model wants to be asked in order. Timers may run a little
   * early; then the time is the finish they ran for, so that no worker is taken before it is free.
   */
  catchUp(): number {
    this.#timers.runDue(now());
    this.#horizon = Math.max(this.#horizon, now());
    return this.#horizon;
  }

  #receive(req: IncomingMessage, res: ServerResponse): void {
    res.sendDate = false;
    this.#responses.add(res);
    res.on('close', () => this.#responses.delete(res));
    if (this.#keepAlive?.reaches(req.socket) === false) return;
    const aside = asideOf(req.url);
    const begin = () => {
      if (aside === undefined) this.#begin(req, res);
      else this.#beginAside(aside, req, res);
    };
    const hasBody =
      req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined;
    if (hasBody) req.resume().on('end', begin);
    else begin();
  }

  #beginAside(aside: Aside, req: IncomingMessage, res: ServerResponse): void {
    const trip = req.headers[headers.beside] === undefined ? (this.#travel?.ofAside() ?? 0) : 0;
    this.#idleAfter(req, res, trip);
    if (trip === 0) answerAside(this, aside, res, this.#wait);
    else
      this.#wait((aside.connects ? 3 : 1) * trip, () => {
        if (!res.destroyed) answerAside(this, aside, res, this.#wait, trip);
      });
  }

  #idleAfter({ socket }: IncomingMessage, res: ServerResponse, trip: number): void {
    if (this.#keepAlive !== undefined) res.once('finish', () => this.#keepAlive?.begin(socket, trip));
  }

  #begin(req: IncomingMessage, res: ServerResponse): void {
    const time = this.catchUp();
    const request = new Request(res);
    const number = Number(req.headers[headers.request]);
    request.request = number >= 0 ? number : unnumbered + this.received;
    request.key = String(req.headers[headers.key] ?? '');
    const quantile = Number(req.headers[headers.quantile]);
    request.quantile =
      quantile > 0 && quantile < 1 ? quantile : draw(this.seed, stream.quantiles, request.request);
    this.received++;
    this.#open.add(request);
    res.on('close', () => this.#closed(request));
    const travel = this.#travel;
    if (travel !== undefined) {
      request.trip = travel.ofRequest(req, request.request);
      request.leaves = time + travel.handshake(req, res, request.trip);
    }
    this.#idleAfter(req, res, request.trip);
    const arrival = request.leaves + request.trip;
    if (arrival <= time) this.#arrive(request, time);
    else
      this.#timers.add(arrival, (at) => {
        // Whatever was due before has been done, in its order.
        this.#horizon = Math.max(this.#horizon, at);
        if (request.open) this.#arrive(request, this.#horizon);
      });
  }

  #arrive(request: Request, time: number): void {
    const admission = this.model.arrive(time, request);
    if (admission === 'started') this.#work(request);
    else if (admission === 'rejected')
      this.#later(this.model.awake(time), request, (at) => this.#reject(request, at));
    else if (admission === 'faulted') {
      const after = request.verdict.kind === 'error' ? request.verdict.after : 0;
      this.#later(this.model.awake(time) + after, request, (at) => this.#carryOut(request, at));
    }
  }

  #work(request: Request): void {
    if (this.#burner === undefined) {
      this.#timers.add(request.finish, (at) => this.#complete(request, at));
      return;
    }
    // CPU time has no intended finish.
    request.burn = this.#burner.burn(request.finish - request.start, () => this.#complete(request, now()));
  }

  #complete(request: Request, finish: number): void {
    if (request.state === 'dropped') return;
    request.finish = finish;
    this.#horizon = Math.max(this.#horizon, finish);
    if (request.request < unnumbered) this.executed.push(request.request);
    const next = this.model.finish(request);
    if (next !== undefined) this.#work(next);
    if (request.open) this.#carryOut(request, finish);
  }

  #carryOut(request: Request, at: number): void {
    const { res } = request;
    const verdict = this.model.standing(request);
    const ending = verdict.kind === 'pass' ? 'served' : 'faulted';
    if (isHeld(verdict)) this.hold(res, request.fault, request.trip);
    if (verdict.kind === 'hang') return;
    this.#leave(request, at, ending, (answer) =>
      carryOut(verdict, answer, res, this.#wait, () => this.#end(request, ending)),
    );
  }

  #reject(request: Request, at: number): void {
    this.#leave(request, at, 'rejected', (answer) => {
      this.#end(request, 'rejected');
      answerStatus(answer, request.res, 503, { error: 'queue full' });
    });
  }

  /** An answer leaves at `at`, and is written when it reaches the balancer. */
  #leave(request: Request, at: number, ending: Ending, write: (answer: Answer) => void): void {
    if (request.trip === 0) {
      this.partition.send(() => write(this.#answer));
      return;
    }
    const load = this.#answer.load?.();
    const answer = load === undefined ? this.#answer : { ...this.#answer, load: () => load };
    this.#timers.add(at + request.trip, () => {
      // Nobody waits for it any more, of which this backend has not heard yet.
      if (request.res.destroyed) this.#end(request, ending);
      else this.partition.send(() => write(answer));
    });
  }

  #later(at: number, request: Request, run: (at: number) => void): void {
    if (at <= now()) run(at);
    else this.#timers.add(at, (due) => request.open && run(due));
  }

  #end(request: Request, ending: Ending): void {
    if (!request.open) return;
    request.open = false;
    this.#open.delete(request);
    this.counts[ending]++;
    if (this.#open.size === 0) this.#whenIdle?.();
  }

  /** The response has closed; where it had not ended, its client has gone, and the backend hears of it a trip later. */
  #closed(request: Request): void {
    if (!request.open) return;
    const { trip, leaves } = request;
    if (trip === 0) this.#abandon(request);
    else if (now() < leaves) this.#end(request, 'abandoned');
    else this.#timers.add(now() + trip, () => this.#abandon(request));
  }

  #abandon(request: Request): void {
    if (!request.open) return;
    this.#end(request, 'abandoned');
    const next = this.model.abandon(this.catchUp(), request);
    if (request.state === 'dropped') request.burn?.cancel();
    if (next !== undefined) this.#work(next);
  }
}
