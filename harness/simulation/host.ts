/**
 * One backend in virtual time: the backend model, and the host it runs on: requests arrive over its connections, and
 * answers leave. What is wrong with the host, where anything is, stands in `trouble.ts`.
 *
 * It is the model, not a holder of one: what a request touches should lie together (see backend.ts).
 */
import { BackendModel } from '../../scenarios/backend.ts';
import { bodyOf } from '../../scenarios/body.ts';
import type { BackendSpec, BalancerSettings } from '../../scenarios/scenario.ts';
import type { ServiceTime } from '../../scenarios/service-times/service-time.ts';
import type { LoadSample } from '../../strategies/strategy.ts';
import { rank } from './agenda.ts';
import { type Call, noLife, step } from './call.ts';
import { Foresight } from './foresight.ts';
import type { Timeline } from './timeline.ts';
import { type Door, Trouble } from './trouble.ts';

/** What the hosts of a trial share. */
export interface Ground {
  readonly timeline: Timeline;
  readonly seed: number;
  /** Calls that the balancers wait for: a crash must find them. */
  readonly awaited: () => Iterable<Call>;
  /** Where connections outlive requests: told of a host whose process is gone, if anybody can hear of it. */
  readonly ended?: (host: Host) => void;
  /** Told of work that was done and that no answer tells the balancer of. */
  readonly executed?: (request: number, backend: number) => void;
}

/** What leaves a host for the balancer. */
type Leaving = typeof step.head | typeof step.response | typeof step.broken | typeof step.garbled;

/** Bytes of a health check's body, nearly enough. */
const healthBody = 40;

export class Host extends BackendModel<Call> {
  /** Goes up whenever all its connections break: a connection of an earlier life is dead. */
  life = 0;
  /** Whether responses say how loaded it is; it must be measured then. */
  reports = false;
  #trouble: Trouble | undefined = undefined;
  #foresight: Foresight | undefined = undefined;
  readonly #timeline: Timeline;
  readonly #ground: Ground;
  readonly #law: ServiceTime;
  #healthChecks = 0;

  constructor(spec: BackendSpec, law: ServiceTime, ground: Ground) {
    super(spec, law, ground.seed, ground.timeline.now);
    this.#timeline = ground.timeline;
    this.#ground = ground;
    this.#law = law;
  }

  /** What a new connection meets. */
  get door(): Door {
    return this.#trouble === undefined ? 'open' : this.#trouble.door;
  }

  /** Faults begin and end through here. */
  get trouble(): Trouble {
    this.#trouble ??= new Trouble(this, this.#ground);
    return this.#trouble;
  }

  /** Reads what every request will: see `Due.touch`. */
  touch(): number {
    return this.busy + this.life + this.waiting;
  }

  /** A request reaches the host. */
  receive(call: Call): void {
    if (this.#trouble?.holds(call)) return;
    call.admitted = true;
    const { now } = this.#timeline;
    const admission = this.arrive(now, call);
    if (this.#foresight !== undefined && (admission === 'started' || admission === 'queued'))
      this.#foresight.admitted(now, this.#foreseen(call));
    if (admission === 'started') this.start(call);
    else if (admission === 'rejected') this.#answerAt(call, this.awake(now), 503);
    else if (admission === 'faulted') {
      const { verdict } = call;
      if (verdict.kind === 'error') this.#answerAt(call, this.awake(now) + verdict.after, verdict.status);
      else if (verdict.kind === 'reset') this.#answerAt(call, this.awake(now), 0);
    }
    if (!call.awaited) this.closed(call);
  }

  /** The worker that had this call is done. */
  served(call: Call): void {
    if (call.state === 'dropped' || call.life !== this.life) return;
    const trouble = this.#trouble;
    if (trouble?.standsStill(call)) return;
    const next = this.finish(call);
    if (next !== undefined) this.start(next);
    if (call.awaited) this.#carryOut(call);
    else this.unanswered(call);
    trouble?.workEnded();
  }

  /** The work on a call is done, and its balancer has given it up. */
  unanswered({ request }: Call): void {
    this.#ground.executed?.(request, this.spec.index);
  }

  /** An answer leaves that no worker gave; status 0 breaks the connection. */
  answer(call: Call): void {
    if (call.life !== this.life) return;
    const trouble = this.#trouble;
    if (trouble?.standsStill(call)) return;
    this.send(call, call.status === 0 ? step.broken : step.response);
    trouble?.workEnded();
  }

  /** The balancer has closed the call's connection, and its FIN is here. */
  closed(call: Call): void {
    if (this.#trouble?.misses(call)) return;
    if (!call.admitted) return; // On its way still: `receive` sees to it.
    const next = this.abandon(this.#timeline.now, call);
    if (next !== undefined) this.start(next);
  }

  /** A worker has begun with a call: its end is known. */
  start(call: Call): void {
    const trouble = this.#trouble;
    if (trouble === undefined) call.stall = 0;
    else {
      call.stall = trouble.stall;
      if (this.spec.work === 'burn')
        call.finish = call.start + (call.finish - call.start) * trouble.slowdown(this.busy);
    }
    call.step = step.served;
    this.#timeline.add(call, call.finish, rank.finish);
  }

  /** Something leaves for the balancer. */
  send(call: Call, next: Leaving): void {
    if (!call.awaited || this.#trouble?.swallows(call, next)) return;
    if (this.reports && next === step.response) call.report = this.meter!.report(this.#timeline.now);
    call.step = next;
    if (call.latency === 0) call.happen();
    else this.#timeline.add(call, this.#timeline.now + call.latency);
  }

  /**
   * What a health check that begins now finds: why it fails, empty where it passes, and after how long its answer comes,
   * ms; Infinity where none does, and only the checker's patience ends it.
   */
  healthCheck(
    latency: number,
    { type, statuses }: Pick<Exclude<BalancerSettings['health'], false>, 'type' | 'statuses'>,
  ): { error: string; after: number } {
    const { door } = this;
    if (door === 'refuses') return { error: 'ECONNREFUSED', after: 2 * latency };
    // The kernel of a frozen process accepts all the same.
    if (type === 'tcp' && door === 'open') return { error: '', after: 2 * latency };
    if (door === 'silent' || this.#trouble?.frozen) return { error: '', after: Number.POSITIVE_INFINITY };
    const { now } = this.#timeline;
    const { verdict, delay } = this.faults.judgeHealthCheck(now, this.#healthChecks++);
    const after = 4 * latency + this.awake(now) - now + delay;
    const judged = (status: number) => (statuses.includes(status) ? '' : `HTTP ${status}`);
    if (verdict.kind === 'pass') return { error: judged(200), after };
    if (verdict.kind === 'error') return { error: judged(verdict.status), after: after + verdict.after };
    if (verdict.kind === 'hang') return { error: '', after: Number.POSITIVE_INFINITY };
    if (verdict.kind === 'drip') return { error: judged(200), after: after + verdict.every * healthBody };
    if (verdict.kind === 'bad-length' && verdict.how === 'too-long')
      return { error: '', after: Number.POSITIVE_INFINITY };
    if (verdict.kind === 'bad-length' || verdict.kind === 'extra-bytes')
      return { error: 'HPE_INVALID', after }; // Node's parser, which reads checks, believes neither.
    return { error: 'ECONNRESET', after };
  }

  /** What a probe that arrives now is answered and when, ms from now; undefined where it is not. The faults of health checks hit it. */
  probe(): { sample: LoadSample; after: number } | undefined {
    if (this.door !== 'open' || this.#trouble?.frozen) return undefined;
    const { now } = this.#timeline;
    const { verdict, delay } = this.faults.judgeHealthCheck(now, this.#healthChecks++);
    if (verdict.kind !== 'pass') return undefined;
    return { sample: this.meter!.probe(now), after: this.awake(now) - now + delay };
  }

  /** Keeps track of what the oracle asks for. To be called before the first request. */
  foresee(): void {
    this.#foresight = new Foresight(this.spec.workers);
  }

  /** How long a request of that number and quantile would be here if it arrived now, ms; Infinity where it gets no good answer. */
  sojourn(request: number, quantile: number): number {
    const { spec } = this;
    if (this.door !== 'open' || this.#trouble?.frozen) return Number.POSITIVE_INFINITY;
    if (this.busy >= spec.workers && spec.queue !== 'unlimited' && this.waiting >= spec.queue)
      return Number.POSITIVE_INFINITY;
    const { now } = this.#timeline;
    return this.#foresight!.start(now) - now + this.#serviceOf(request, quantile);
  }

  /** The process is gone, and with it what it had. */
  end(): void {
    this.life++;
    this.#foresight?.clear();
  }

  /** All that was due has been put off by `ms`. */
  putOff(ms: number): void {
    this.#foresight?.putOff(ms);
  }

  /** What the service-level faults have made of the response. */
  #carryOut(call: Call): void {
    const verdict = this.standing(call);
    call.status = 200;
    if (verdict.kind === 'pass' || verdict.kind === 'error') this.send(call, step.response);
    else if (verdict.kind === 'drip') {
      const bytes = bodyOf(this.spec.body).length;
      call.due = this.#timeline.now + call.latency + verdict.every * (bytes - 1);
      this.send(call, step.head);
    } else if (verdict.kind === 'extra-bytes') {
      call.life = noLife; // Whoever reads it uses the connection no more.
      this.send(call, step.response);
    } else if (verdict.kind === 'bad-length' && verdict.how === 'too-long') {
      call.due = Number.POSITIVE_INFINITY;
      this.send(call, step.head);
    } else if (verdict.kind === 'bad-length') this.send(call, step.garbled);
    else if (verdict.kind !== 'hang') {
      // A share of the body, then the end of the connection: the balancer has the head, and breaks off.
      call.due = Number.NaN;
      this.send(call, step.head);
    }
  }

  #answerAt(call: Call, at: number, status: number): void {
    call.status = status;
    call.stall = this.#trouble?.stall ?? 0;
    if (at <= this.#timeline.now) {
      this.answer(call);
      return;
    }
    call.step = step.answers;
    call.due = at;
    this.#timeline.add(call, at);
  }

  /** ms; Infinity where a fault spoils the answer. */
  #serviceOf(request: number, quantile: number): number {
    const { contention, speed, workers } = this.spec;
    const nominal = this.#law.at(quantile) / speed;
    const { verdict, delay } = this.faults.judge(this.#timeline.now, request, nominal, quantile);
    if (verdict.kind !== 'pass') return Number.POSITIVE_INFINITY;
    return Math.max(0, nominal * (1 + contention * Math.min(this.busy, workers - 1)) + delay);
  }

  /** A started call says when it finishes; what a queued one takes is reckoned. */
  #foreseen(call: Call): number {
    if (call.state === 'running') return call.finish - this.#timeline.now;
    const service = this.#serviceOf(call.request, call.quantile);
    return Number.isFinite(service) ? service : this.#law.at(call.quantile) / this.spec.speed;
  }
}
