/**
 * One backend's host in virtual time: the backend model behind simulated sockets, and what host-level faults look like
 * from outside. They are told apart as on a real host:
 *
 *   crash     connections break, new ones are refused; a revived process starts afresh
 *   vanish    nothing arrives and nothing leaves; the process works on. Once the host is back, what was under way is
 *             sent again after TCP's back-off: 200 ms, doubling, for data, 1 s, doubling, for a handshake (RFC 6298, Linux)
 *   freeze    the kernel accepts and takes bytes, nothing moves; after a thaw all that was due is put off by as much
 *   stop      refuses new connections, fails health checks, serves the open ones, leaves when idle or after 5 s
 *   throttle  `work: burn` only: k busy workers share the quota, so service that starts takes k ÷ quota times longer.
 *             The share is fixed as service starts, an approximation
 */
import { BackendModel } from '../../scenarios/backend.ts';
import { bodyOf } from '../../scenarios/body.ts';
import { serviceFaultOf } from '../../scenarios/catalogue.ts';
import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import type { BackendSpec } from '../../scenarios/scenario.ts';
import type { ServiceTime } from '../../scenarios/service-times/service-time.ts';
import type { LoadSample } from '../../strategies/strategy.ts';
import { rank } from './agenda.ts';
import { type Call, step } from './call.ts';
import { Foresight } from './foresight.ts';
import type { Timeline } from './timeline.ts';

/** The longest a stopping process waits for what is in flight, ms: the server's in `docker/`. */
const longestDrain = 5_000;
const dataResent = 200;
const handshakeResent = 1_000;

/** What a new connection meets. */
export type Door = 'open' | 'refuses' | 'silent';

export class Host {
  readonly spec: BackendSpec;
  readonly model: BackendModel<Call>;
  /** Goes up whenever all its connections break: a connection of an earlier life is dead. */
  life = 0;
  readonly #timeline: Timeline;
  readonly #seed: number;
  /** Calls that the balancers wait for, when a crash must find them. */
  readonly #awaited: () => Iterable<Call>;
  readonly #suffers = new Set<HostFaultKind>();
  /** Service-level faults asked for and not healed: a fresh process is told of them again. */
  readonly #faults = new Map<number, { kind: string; options: Record<string, unknown> }>();
  readonly #body: number;
  /** No process: crashed, or left after a stop. */
  #gone = false;
  #frozenSince = Number.NaN;
  /** How long it has stood still in all, ms. */
  #stall = 0;
  #quota = 0;
  /** Whether anything here is not as usual: the cheap question before the dear ones. */
  #troubled = false;
  /** What a frozen host has to do, in order: requests that came, and work that got due. */
  #inbox: Call[] = [];
  #stood: Call[] = [];
  /** What could not pass while it was off the network. */
  #handshakes: Call[] = [];
  #requests: Call[] = [];
  #responses: { call: Call; next: typeof step.head | typeof step.response | typeof step.broken }[] = [];
  #closed: Call[] = [];
  #healthChecks = 0;
  readonly #law: ServiceTime;
  #foresight: Foresight | undefined;

  constructor(
    spec: BackendSpec,
    law: ServiceTime,
    seed: number,
    timeline: Timeline,
    awaited: () => Iterable<Call>,
  ) {
    this.spec = spec;
    this.#seed = seed;
    this.#timeline = timeline;
    this.#awaited = awaited;
    this.#body = bodyOf(spec.body).length;
    this.#law = law;
    this.model = new BackendModel(spec, law, seed, timeline.now);
  }

  /** Keeps track of what the oracle asks for. To be called before the first request. */
  foresee(): void {
    this.#foresight = new Foresight(this.spec.workers);
  }

  /** How long a request of that number and quantile would be here if it arrived now, ms; Infinity where it gets no good answer. */
  sojourn(request: number, quantile: number): number {
    const { model, spec } = this;
    if (this.door !== 'open' || !Number.isNaN(this.#frozenSince)) return Number.POSITIVE_INFINITY;
    if (model.busy >= spec.workers && spec.queue !== 'unlimited' && model.waiting >= spec.queue)
      return Number.POSITIVE_INFINITY;
    const service = this.#serviceOf(request, quantile);
    return this.#foresight!.start(this.#timeline.now) - this.#timeline.now + service;
  }

  /** ms; Infinity where a fault spoils the answer. */
  #serviceOf(request: number, quantile: number): number {
    const { model, spec } = this;
    const nominal = this.#law.at(quantile) / spec.speed;
    const { verdict, delay } = model.faults.judge(this.#timeline.now, request, nominal);
    if (verdict.kind !== 'pass') return Number.POSITIVE_INFINITY;
    return nominal * (1 + spec.contention * Math.min(model.busy, spec.workers - 1)) + delay;
  }

  get door(): Door {
    if (!this.#troubled) return 'open';
    if (this.#suffers.has('vanish')) return 'silent';
    return this.#gone || this.#suffers.has('stop') ? 'refuses' : 'open';
  }

  /** A SYN that nothing answers: it is repeated, and answered once the host is back. */
  handshakeLost(call: Call): void {
    call.leftAt = this.#timeline.now;
    this.#handshakes.push(call);
  }

  /** A request reaches the host. */
  receive(call: Call): void {
    if (this.#troubled && this.#held(call)) return;
    call.admitted = true;
    const { now } = this.#timeline;
    const admission = this.model.arrive(now, call);
    if (this.#foresight !== undefined && (admission === 'started' || admission === 'queued'))
      this.#foresight.admitted(now, this.#foreseen(call));
    switch (admission) {
      case 'started':
        this.#start(call);
        break;
      case 'rejected':
        this.#answerAt(call, this.model.awake(now), 503);
        break;
      case 'faulted': {
        const { verdict } = call;
        if (verdict.kind === 'error')
          this.#answerAt(call, this.model.awake(now) + verdict.after, verdict.status);
        else if (verdict.kind === 'reset') this.#answerAt(call, this.model.awake(now), 0);
        break;
      }
      case 'queued':
    }
    if (!call.awaited) this.abandon(call);
  }

  /** The worker that had this call is done. */
  finished(call: Call): void {
    if (call.state === 'dropped' || call.life !== this.life || this.#standsStill(call)) return;
    const next = this.model.finish(call);
    if (next !== undefined) this.#start(next);
    this.#carryOut(call);
    if (this.#troubled) this.#leaveIfDrained();
  }

  /** An answer leaves that no worker gave; status 0 breaks the connection. */
  answer(call: Call): void {
    if (call.life !== this.life || this.#standsStill(call)) return;
    if (call.status === 0) this.#send(call, step.broken, 0);
    else this.#send(call, step.response, 0);
    if (this.#troubled) this.#leaveIfDrained();
  }

  /** The balancer has closed the call's connection, and its FIN is here. */
  abandon(call: Call): void {
    if (this.#troubled && this.#suffers.has('vanish')) {
      this.#closed.push(call);
      return;
    }
    if (!call.admitted) return; // On its way still: `receive` sees to it.
    const next = this.model.abandon(this.#timeline.now, call);
    if (next !== undefined) this.#start(next);
  }

  #start(call: Call): void {
    if (this.#quota > 0 && this.spec.work === 'burn') {
      const slower = Math.max(1, this.model.busy / this.#quota);
      call.finish = call.start + (call.finish - call.start) * slower;
    }
    call.step = step.finishes;
    call.stall = this.#stall;
    this.#timeline.add(call, call.finish, rank.finish);
  }

  #answerAt(call: Call, at: number, status: number): void {
    call.status = status;
    if (at <= this.#timeline.now) {
      this.answer(call);
      return;
    }
    call.step = step.answers;
    call.stall = this.#stall;
    call.due = at;
    this.#timeline.add(call, at);
  }

  /** What the service-level faults have made of the response. */
  #carryOut(call: Call): void {
    const { verdict } = call;
    call.status = 200;
    if (verdict.kind === 'pass' || verdict.kind === 'error') this.#send(call, step.response, 0);
    else if (verdict.kind === 'drip') {
      call.due = this.#timeline.now + call.latency + verdict.every * (this.#body - 1);
      this.#send(call, step.head, 0);
    } else if (verdict.kind !== 'hang') {
      // A share of the body, then the end of the connection: the balancer has the head, and breaks off.
      call.due = Number.NaN;
      this.#send(call, step.head, 0);
    }
  }

  #send(call: Call, next: typeof step.head | typeof step.response | typeof step.broken, after: number): void {
    if (!call.awaited) return;
    if (this.#troubled && this.#suffers.has('vanish')) {
      call.leftAt = this.#timeline.now;
      this.#responses.push({ call, next });
      return;
    }
    if (this.model.meter !== undefined && next === step.response)
      call.report = this.model.meter.report(this.#timeline.now);
    call.step = next;
    const delay = call.latency + after;
    if (delay === 0) call.happen();
    else this.#timeline.add(call, this.#timeline.now + delay);
  }

  /** Whether the host's trouble keeps a request from being taken in now. */
  #held(call: Call): boolean {
    if (this.#suffers.has('vanish')) {
      call.leftAt = this.#timeline.now;
      this.#requests.push(call);
      return true;
    }
    if (this.#gone || call.life !== this.life) {
      this.#send(call, step.broken, 0);
      return true;
    }
    if (Number.isNaN(this.#frozenSince)) return false;
    this.#inbox.push(call);
    return true;
  }

  /** A frozen host does nothing, and one that has thawed is late by as long as it stood still. */
  #standsStill(call: Call): boolean {
    if (!Number.isNaN(this.#frozenSince)) {
      this.#stood.push(call);
      return true;
    }
    if (call.stall === this.#stall) return false;
    this.#putOff(call);
    return true;
  }

  #putOff(call: Call): void {
    const late = this.#stall - call.stall;
    call.stall = this.#stall;
    if (call.state === 'running') {
      call.finish += late;
      call.step = step.finishes;
      this.#timeline.add(call, call.finish, rank.finish);
    } else {
      call.due += late;
      call.step = step.answers;
      this.#timeline.add(call, call.due);
    }
  }

  /** Does a host-level fault, now. */
  inflict(kind: HostFaultKind, options: Record<string, unknown>): void {
    const dead = this.#suffers.has('crash') || this.#suffers.has('stop');
    if (this.#suffers.has(kind) || (dead && (kind === 'crash' || kind === 'stop'))) return;
    if (dead && kind !== 'vanish')
      throw new Error(`cannot ${kind} ${this.spec.id}: its process is gone already`);
    if (kind === 'stop' && this.#suffers.has('freeze'))
      throw new Error(`cannot stop ${this.spec.id}: frozen, it does not hear SIGTERM`);
    this.#suffers.add(kind);
    this.#troubled = true;
    if (kind === 'crash') this.#end();
    else if (kind === 'freeze') this.#frozenSince = this.#timeline.now;
    else if (kind === 'throttle') this.#quota = options.quota as number;
    else if (kind === 'stop') {
      const { life } = this;
      this.#timeline.at(this.#timeline.now + longestDrain, () => {
        if (this.life === life && this.#suffers.has('stop')) this.#end();
      });
      this.#leaveIfDrained();
    }
  }

  /** Undoes every host-level fault, now. */
  revive(): void {
    const { now } = this.#timeline;
    const vanished = this.#suffers.has('vanish');
    // A stop that is not over yet ends with the process, since another takes its place.
    if (this.#suffers.has('stop') && !this.#gone) this.#end();
    this.#suffers.clear();
    this.#troubled = false;
    this.#quota = 0;
    if (this.#gone) {
      this.#gone = false;
      this.model.reset(this.#seed, now);
      for (const [number, { kind, options }] of this.#faults) this.setFault(number, kind, options);
    }
    if (!Number.isNaN(this.#frozenSince)) this.#thaw();
    if (vanished) this.#rejoin();
  }

  setFault(number: number, kind: string, options: Record<string, unknown>): void {
    this.#faults.set(number, { kind, options });
    if (this.#gone) return;
    this.model.faults.set(number, kind, serviceFaultOf(kind), options, this.#timeline.now, this.#seed);
  }

  clearFault(number: number): void {
    this.#faults.delete(number);
    this.model.faults.clear(number);
  }

  /**
   * What a health check that begins now finds: why it fails, empty where it passes, and after how long its answer comes,
   * ms; Infinity where none does, and only the checker's patience ends it.
   */
  healthCheck(latency: number): { error: string; after: number } {
    const { door } = this;
    if (door === 'silent') return { error: '', after: Number.POSITIVE_INFINITY };
    if (door === 'refuses') return { error: 'ECONNREFUSED', after: 2 * latency };
    if (!Number.isNaN(this.#frozenSince)) return { error: '', after: Number.POSITIVE_INFINITY };
    const { now } = this.#timeline;
    const { verdict, delay } = this.model.faults.judgeHealthCheck(now, this.#healthChecks++);
    const after = 4 * latency + this.model.awake(now) - now + delay;
    if (verdict.kind === 'pass') return { error: '', after };
    if (verdict.kind === 'error') return { error: `HTTP ${verdict.status}`, after: after + verdict.after };
    if (verdict.kind === 'hang') return { error: '', after: Number.POSITIVE_INFINITY };
    if (verdict.kind === 'drip') return { error: '', after: after + verdict.every * healthBody };
    return { error: 'ECONNRESET', after };
  }

  /** A started call says when it finishes; what a queued one takes is reckoned. */
  #foreseen(call: Call): number {
    if (call.state === 'running') return call.finish - this.#timeline.now;
    const service = this.#serviceOf(call.request, call.quantile);
    return Number.isFinite(service) ? service : this.#law.at(call.quantile) / this.spec.speed;
  }

  /** What a probe that arrives now is answered; undefined where it is not. */
  probed(): LoadSample | undefined {
    if (this.door !== 'open' || !Number.isNaN(this.#frozenSince)) return undefined;
    const { now } = this.#timeline;
    if (this.model.awake(now) > now) return undefined;
    return this.model.meter?.probe(now);
  }

  /** The process is no more: connections break, work is lost. */
  #end(): void {
    const { life } = this;
    this.life++;
    this.#foresight?.clear();
    this.#gone = true;
    this.#suffers.delete('freeze');
    this.#frozenSince = Number.NaN;
    this.#stall = 0;
    this.#inbox = [];
    this.#stood = [];
    for (const call of [...this.#awaited()])
      if (call.host === this && call.life === life && isHere(call)) {
        call.state = 'dropped';
        call.step = step.none; // It may stand on the agenda for what will not happen any more.
        if (call.latency === 0) call.balancer.broken(call);
        else this.#timeline.at(this.#timeline.now + call.latency, () => call.balancer.broken(call));
      }
  }

  #leaveIfDrained(): void {
    if (!this.#suffers.has('stop') || this.#gone) return;
    if (this.model.busy + this.model.waiting === 0) this.#end();
  }

  #thaw(): void {
    this.#stall += this.#timeline.now - this.#frozenSince;
    this.#foresight?.putOff(this.#timeline.now - this.#frozenSince);
    this.#frozenSince = Number.NaN;
    for (const call of this.#stood.splice(0)) if (call.state !== 'dropped') this.#putOff(call);
    for (const call of this.#inbox.splice(0)) this.receive(call);
  }

  #rejoin(): void {
    const { now } = this.#timeline;
    const later = (call: Call, next: typeof call.step, first: number, latency: number) => {
      call.step = next;
      this.#timeline.add(call, resent(call.leftAt, first, now) + latency);
    };
    for (const call of this.#closed.splice(0)) this.abandon(call);
    for (const call of this.#handshakes.splice(0))
      if (call.awaited) later(call, step.connected, handshakeResent, 2 * call.latency);
    for (const call of this.#requests.splice(0))
      if (call.awaited) later(call, step.arrives, dataResent, call.latency);
    for (const { call, next } of this.#responses.splice(0))
      if (call.awaited) later(call, next, dataResent, call.latency);
  }
}

/** Bytes of a health check's body, nearly enough. */
const healthBody = 40;

/** Whether a crash of the host takes this call with it: its request is there, and no answer has left. */
function isHere(call: Call): boolean {
  return call.admitted && call.step !== step.response && call.step !== step.head && call.step !== step.broken;
}

/** When a packet of `sent` gets through that is repeated after `first` ms and then at doubling intervals. */
function resent(sent: number, first: number, open: number): number {
  let at = sent + first;
  for (let gap = 2 * first; at < open; gap *= 2) at += gap;
  return at;
}
