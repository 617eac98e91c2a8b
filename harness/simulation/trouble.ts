/**
 * Host-level faults in virtual time, told apart from outside as on a real host:
 *
 *   crash     connections break, new ones are refused; a revived process starts afresh
 *   out-of-memory  the same: how long the process takes to run out is left out
 *   vanish    nothing arrives and nothing leaves; the process works on. Once the host is back, what was under way is
 *             sent again after TCP's back-off: 200 ms, doubling, for data, 1 s, doubling, for a handshake (RFC 6298, Linux)
 *   partition the same for what its direction says, and no handshake; once healed, what was under way arrives at once, as
 *             the backend itself has held it, and handshakes after their back-off
 *   freeze    the kernel accepts and takes bytes, nothing moves; after a thaw all that was due is put off by as much
 *   stop      refuses new connections, fails health checks, serves the open ones, leaves when idle or after 5 s
 *   throttle  `work: burn` only: k busy workers share the quota, so service that starts takes k ÷ quota times longer.
 *             The share is fixed as service starts, an approximation
 *
 * A host that never had a fault has none of this.
 */
import { serviceFaultOf } from '../../scenarios/catalogue.ts';
import { type HostFaultKind, isHeld } from '../../scenarios/faults/fault.ts';
import {
  ending,
  type HostLevelFault,
  isDead,
  type Suffering,
  together,
  whyNot,
} from '../../scenarios/host-faults.ts';
import { rank } from './agenda.ts';
import { type Call, type Step, step } from './call.ts';
import type { Ground, Host } from './host.ts';

/** The longest a stopping process waits for what is in flight, ms: the server's in `docker/`. */
const longestDrain = 5_000;
const dataResent = 200;
const handshakeResent = 1_000;

/** What a new connection meets. */
export type Door = 'open' | 'refuses' | 'silent';

export class Trouble {
  /** How long the process has stood still in all, ms. */
  stall = 0;
  readonly #host: Host;
  readonly #ground: Ground;
  /** By number, in the order they began. */
  readonly #standing = new Map<number, HostLevelFault>();
  #suffers: Suffering = new Map();
  /** Service-level faults asked for and not healed: a fresh process is told of them again. */
  readonly #faults = new Map<number, { kind: string; options: Record<string, unknown> }>();
  /** No process: crashed, or left after a stop. */
  #gone = false;
  #frozenSince = Number.NaN;
  #quota = Number.POSITIVE_INFINITY;
  /** What a frozen process has to do, in order: requests that came, and work that got due. */
  #inbox: Call[] = [];
  #stood: Call[] = [];
  /** What could not pass while the host was off the network. */
  #handshakes: Call[] = [];
  #requests: Call[] = [];
  #responses: { call: Call; next: Step }[] = [];
  #closed: Call[] = [];

  constructor(host: Host, ground: Ground) {
    this.#host = host;
    this.#ground = ground;
  }

  get door(): Door {
    if (this.#suffers.has('vanish') || this.#suffers.has('partition')) return 'silent';
    return this.#gone || this.#suffers.has('stop') ? 'refuses' : 'open';
  }

  /** Nothing that is sent gets here. */
  get #deaf(): boolean {
    return this.#suffers.has('vanish') || isLost(this.#suffers, 'in');
  }

  /** Nothing that leaves gets through. */
  get #mute(): boolean {
    return this.#suffers.has('vanish') || isLost(this.#suffers, 'out');
  }

  get frozen(): boolean {
    return !Number.isNaN(this.#frozenSince);
  }

  /** How many times longer service takes that starts with so many workers busy. */
  slowdown(busy: number): number {
    return Math.max(1, busy / this.#quota);
  }

  /** Does a host-level fault, now. Throws where the host is in no state for it. */
  inflict(kind: HostFaultKind, options: Record<string, unknown>, fault: number): void {
    const before = this.#suffers;
    const why = whyNot(kind, before);
    if (why !== undefined) throw new Error(`cannot ${kind} ${this.#host.spec.id}: ${why}`);
    this.#standing.set(fault, { kind, options });
    this.#suffers = together(this.#standing.values());
    if (kind === 'throttle') this.#quota = this.#suffers.get(kind)!.quota as number;
    if (before.has(kind) || (ending.has(kind) && isDead(before))) return;
    if (kind === 'crash' || kind === 'out-of-memory') this.#end();
    else if (kind === 'freeze') this.#frozenSince = this.#ground.timeline.now;
    else if (kind === 'stop') this.#stop();
  }

  /** Ends one host-level fault, now, and leaves the others standing. */
  heal(fault: number): void {
    const before = this.#suffers;
    this.#standing.delete(fault);
    this.#suffers = together(this.#standing.values());
    if (isDead(before) && !isDead(this.#suffers)) this.#revive();
    this.#quota = (this.#suffers.get('throttle')?.quota as number | undefined) ?? Number.POSITIVE_INFINITY;
    if (this.frozen && !this.#suffers.has('freeze')) this.#thaw();
    const isCut = (it: Suffering) => it.has('vanish') || it.has('partition');
    if (isCut(before) && !isCut(this.#suffers)) this.#rejoin(before.has('vanish') ? dataResent : 0);
  }

  #revive(): void {
    const { timeline, seed } = this.#ground;
    // A stop that is not over yet ends with the process, since another takes its place.
    if (!this.#gone) this.#end();
    this.#gone = false;
    this.#host.reset(seed, timeline.now);
    for (const [number, { kind, options }] of this.#faults) this.setFault(number, kind, options);
  }

  setFault(number: number, kind: string, options: Record<string, unknown>): void {
    this.#faults.set(number, { kind, options });
    if (this.#gone) return;
    const { timeline, seed } = this.#ground;
    this.#host.faults.set(number, kind, serviceFaultOf(kind), options, timeline.now, seed);
  }

  clearFault(number: number): void {
    this.#faults.delete(number);
    this.#host.faults.clear(number);
    this.#breakOff(number);
  }

  /** What a fault kept unfinished. */
  #breakOff(number: number): void {
    const { awaited, timeline } = this.#ground;
    const host = this.#host;
    if (this.#mute) return; // Nobody hears of it.
    for (const call of [...awaited()]) {
      if (call.host !== host || call.fault !== number || !isHeld(call.verdict)) continue;
      if (call.state !== 'hanging' && call.state !== 'done') continue;
      call.step = step.none; // It may stand on the agenda for what will not happen any more.
      if (call.state === 'hanging') host.closed(call);
      if (call.latency === 0) call.balancer.broken(call);
      else timeline.at(timeline.now + call.latency, () => call.balancer.broken(call));
    }
  }

  /** A SYN that nothing answers: it is repeated, and answered once the host is back. */
  handshakeLost(call: Call): void {
    call.leftAt = this.#ground.timeline.now;
    this.#handshakes.push(call);
  }

  /** Whether a request that arrives is not taken in now. */
  holds(call: Call): boolean {
    if (this.#deaf) {
      call.leftAt = this.#ground.timeline.now - call.latency;
      this.#requests.push(call);
      return true;
    }
    if (this.#gone || call.life !== this.#host.life) {
      this.#host.send(call, step.broken);
      return true;
    }
    if (!this.frozen) return false;
    this.#inbox.push(call);
    return true;
  }

  /** Whether a response that leaves does not get through. */
  swallows(call: Call, next: Step): boolean {
    if (!this.#mute) return false;
    call.leftAt = this.#ground.timeline.now;
    this.#responses.push({ call, next });
    return true;
  }

  /** Whether a FIN does not get here. */
  misses(call: Call): boolean {
    if (!this.#deaf) return false;
    this.#closed.push(call);
    return true;
  }

  /** A frozen process does nothing, and one that has thawed is late by as long as it stood still. */
  standsStill(call: Call): boolean {
    if (this.frozen) {
      this.#stood.push(call);
      return true;
    }
    if (call.stall === this.stall) return false;
    this.#putOff(call);
    return true;
  }

  /** A stopping process leaves as soon as it is idle. */
  workEnded(): void {
    if (!this.#suffers.has('stop') || this.#gone) return;
    if (this.#host.busy + this.#host.waiting === 0) this.#end();
  }

  #putOff(call: Call): void {
    const late = this.stall - call.stall;
    call.stall = this.stall;
    if (call.state === 'running') {
      call.finish += late;
      call.step = step.served;
      this.#ground.timeline.add(call, call.finish, rank.finish);
    } else {
      call.due += late;
      call.step = step.answers;
      this.#ground.timeline.add(call, call.due);
    }
  }

  #stop(): void {
    const { timeline } = this.#ground;
    const { life } = this.#host;
    timeline.at(timeline.now + longestDrain, () => {
      if (this.#host.life === life && this.#suffers.has('stop')) this.#end();
    });
    this.workEnded();
  }

  /** The process is no more: connections break, work is lost. */
  #end(): void {
    const { timeline, awaited, ended } = this.#ground;
    const host = this.#host;
    const { life } = host;
    host.end();
    this.#gone = true;
    for (const [fault, { kind }] of this.#standing) if (kind === 'freeze') this.#standing.delete(fault);
    this.#suffers = together(this.#standing.values());
    this.#frozenSince = Number.NaN;
    this.#inbox = [];
    this.#stood = [];
    for (const call of [...awaited()]) {
      if (call.host !== host || call.life !== life || !isHere(call)) continue;
      call.state = 'dropped';
      call.step = step.none; // It may stand on the agenda for what will not happen any more.
      if (this.#suffers.has('vanish')) continue; // Nobody hears of it.
      if (call.latency === 0) call.balancer.broken(call);
      else timeline.at(timeline.now + call.latency, () => call.balancer.broken(call));
    }
    if (!this.#suffers.has('vanish')) ended?.(host);
  }

  #thaw(): void {
    const late = this.#ground.timeline.now - this.#frozenSince;
    this.stall += late;
    this.#host.putOff(late);
    this.#frozenSince = Number.NaN;
    for (const call of this.#stood.splice(0)) if (call.state !== 'dropped') this.#putOff(call);
    for (const call of this.#inbox.splice(0)) this.#host.receive(call);
  }

  /** What was under way is repeated after `data` ms, and then at doubling intervals; 0: it is here at once. */
  #rejoin(data: number): void {
    const { timeline } = this.#ground;
    const later = (call: Call, next: Step, first: number, latency: number) => {
      if (!call.awaited) return;
      call.step = next;
      timeline.add(call, resent(call.leftAt, first, timeline.now) + latency);
    };
    for (const call of this.#closed.splice(0)) this.#host.closed(call);
    for (const call of this.#handshakes.splice(0))
      later(call, step.connected, handshakeResent, 2 * call.latency);
    for (const call of this.#requests.splice(0)) later(call, step.arrives, data, call.latency);
    for (const { call, next } of this.#responses.splice(0)) later(call, next, data, call.latency);
  }
}

const left: ReadonlySet<Step> = new Set([step.response, step.head, step.broken, step.garbled]);

/** Whether a partition loses what goes that way. */
function isLost(suffers: Suffering, way: 'in' | 'out'): boolean {
  const direction = suffers.get('partition')?.direction;
  return direction === 'both' || direction === way;
}

/** Whether the end of the process takes this call with it: its request is there, and no answer has left. */
function isHere(call: Call): boolean {
  return call.admitted && !left.has(call.step);
}

/** When a packet of `sent` gets through that is repeated after `first` ms and then at doubling intervals. */
function resent(sent: number, first: number, open: number): number {
  if (first === 0) return open;
  let at = sent + first;
  for (let gap = 2 * first; at < open; gap *= 2) at += gap;
  return at;
}
