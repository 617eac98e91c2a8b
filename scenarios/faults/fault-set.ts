/**
 * The service-level faults that are on at one backend, and what they make of a request together: delays add, and the
 * first verdict that is not a delay wins, in the order of the faults' numbers (their positions in the scenario).
 */
import { Pauses } from '../pauses.ts';
import { draw, stream } from '../random.ts';
import { isUnworked, pass, type ServiceFault, type Verdict, type Victim } from './fault.ts';

/** What all faults together make of one request. */
export interface Judgement {
  /** Never a delay. */
  readonly verdict: Verdict;
  /** The number of the fault that is behind the verdict; −1 where it is to pass. */
  readonly fault: number;
  /** ms by which service takes longer, where there is service; below 0 where it takes less. */
  readonly delay: number;
}

interface Active {
  readonly number: number;
  readonly kind: string;
  readonly onset: number;
  readonly seed: number;
  readonly judge: (victim: Victim) => Verdict;
  readonly pauses: Pauses | undefined;
  /** How many requests had been taken in at its onset. */
  readonly before: number;
}

const spared: Judgement = { verdict: pass, fault: -1, delay: 0 };
const brokenOff: Verdict = { kind: 'reset', sent: 0 };

export class FaultSet {
  readonly #backend: number;
  #active: Active[] = [];
  /** Requests taken in while any fault was on. */
  #taken = 0;

  /** `backend` is its index in the fleet: two backends under one fault draw apart. */
  constructor(backend: number) {
    this.#backend = backend;
  }

  /** Whether any fault is on: the cheap question before the dear one. */
  get any(): boolean {
    return this.#active.length > 0;
  }

  has(number: number): boolean {
    return this.#active.some((it) => it.number === number);
  }

  get kinds(): { fault: number; kind: string }[] {
    return this.#active.map(({ number, kind }) => ({ fault: number, kind }));
  }

  /** Switches a fault on from `onset` (ms); one of the same number is replaced. */
  set(
    number: number,
    kind: string,
    fault: ServiceFault,
    options: Record<string, unknown>,
    onset: number,
    seed: number,
  ): void {
    const law = fault.pauses?.(options as never);
    const lane = (number + 1) * 16_384 + this.#backend;
    const active = {
      ...{ number, kind, onset, seed, before: this.#taken },
      judge: fault.create(options as never),
      pauses: law && new Pauses(law, seed, lane, onset),
    };
    this.#active = [...this.#active.filter((it) => it.number !== number), active];
    this.#active.sort((a, b) => a.number - b.number);
  }

  /** Switches a fault off; false when it was not on. */
  clear(number: number): boolean {
    const before = this.#active.length;
    this.#active = this.#active.filter((it) => it.number !== number);
    return this.#active.length < before;
  }

  clearAll(): void {
    this.#active = [];
  }

  /** A request is taken in. */
  take(): void {
    this.#taken++;
  }

  /**
   * The first moment from `now` on when none of them has the process stand still. `now` never decreases from call to call.
   * Each is asked by itself: where one begins in another and outlasts it, its rest is not seen.
   */
  awake(now: number): number {
    let at = now;
    for (const { pauses } of this.#active) if (pauses !== undefined) at = Math.max(at, pauses.awake(now));
    return at;
  }

  /** When work is done that begins at `start`, an awake moment, and would be done at `finish`. Pauses that overlap count twice. */
  through(start: number, finish: number): number {
    let at = finish;
    for (const { pauses } of this.#active) if (pauses !== undefined) at = pauses.finish(start, at - start);
    return at;
  }

  /**
   * What is left of a judgement when its answer is due: a fault that has been healed meanwhile makes nothing of work that is done. What
   * was never worked on does not become an answer by that: an error stays one, and what was to hang is broken off, as all that hung is.
   */
  standing({ verdict, fault }: Pick<Judgement, 'verdict' | 'fault'>): Verdict {
    if (verdict.kind === 'pass' || this.has(fault)) return verdict;
    if (verdict.kind === 'hang') return brokenOff;
    return isUnworked(verdict) ? verdict : pass;
  }

  /** `service` is the time the request would take without faults, ms, and `quantile` where it inverts its law. */
  judge(now: number, request: number, service: number, quantile: number): Judgement {
    return this.any ? this.#judge(now, request, request, false, service, quantile) : spared;
  }

  /** `ordinal` counts this backend's health checks, so that a fault with a share hits some of them. */
  judgeHealthCheck(now: number, ordinal: number): Judgement {
    return this.any ? this.#judge(now, -1, ordinal, true, 0, 0.5) : spared;
  }

  #judge(
    now: number,
    request: number,
    luck: number,
    healthCheck: boolean,
    service: number,
    quantile: number,
  ): Judgement {
    let verdict = pass;
    let fault = -1;
    let delay = 0;
    for (const it of this.#active) {
      // Four draws apart: the backend and the kind of request share the attempt's 32 bits with the fault.
      const attempt = (it.number * 16_384 + this.#backend) * 2 + (healthCheck ? 1 : 0);
      const random = draw(it.seed, stream.faults, luck, attempt);
      const victim = {
        elapsed: now - it.onset,
        taken: this.#taken - it.before,
        request,
        healthCheck,
        service,
        quantile,
        random,
      };
      const one = it.judge(victim);
      if (one.kind === 'delay') delay += one.ms;
      else if (verdict.kind === 'pass' && one.kind !== 'pass') {
        verdict = one;
        fault = it.number;
      }
    }
    return { verdict, fault, delay };
  }
}
