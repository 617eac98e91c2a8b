/**
 * One fault followed while it is lived through: the numbers that `reports/failover.ts` takes from rows, folded as they come. Each
 * definition stands there (sacrificed.ts, readmission.ts, failover.ts); here is only what it takes to keep it without the rows.
 */
import type { TrialEvent } from './recorder.ts';
import type { FaultFold, ReturnFold } from './recording-folds.ts';

type FaultEvent = Extract<TrialEvent, { type: 'fault' }>;

const binMs = 250;
/** Bins of a return: over an hour. */
const mostBins = 16_384;
/** Requests remembered for one fault. Beyond that its sacrifices are unknown. */
const mostRemembered = 1_000_000;
/** A pick and the transition that forbids it can share a millisecond. */
const toleranceMs = 1;

class Return implements ReturnFold {
  readonly from: number;
  readonly all: number[] = [];
  readonly victims: number[] = [];

  constructor(from: number) {
    this.from = from;
  }

  add(at: number, onVictim: boolean): void {
    const bin = Math.floor((at - this.from) / binMs);
    if (bin < 0 || bin >= mostBins) return;
    while (bin >= this.all.length) {
      this.all.push(0);
      this.victims.push(0);
    }
    this.all[bin]!++;
    if (onVictim) this.victims[bin]!++;
  }
}

export class FaultWatch {
  readonly fault: number;
  readonly backends: readonly string[];
  /** 1 for a victim, by backend index. */
  readonly #victims: Uint8Array;
  readonly #asked: number;
  #taken: number | undefined;
  #healAsked = Number.POSITIVE_INFINITY;
  #healed = Number.POSITIVE_INFINITY;
  #detected = Number.POSITIVE_INFINITY;
  /** Victims not yet seen gone, and not yet seen back. */
  readonly #unseen: Set<string>;
  readonly #missing: Set<string>;
  /** Requests on their way that had an attempt on a victim while the fault held. */
  readonly #touched = new Set<number>();
  /** Requests that went bad for no reason known yet: an attempt of theirs may still be told of. */
  readonly #unexplained = new Set<number>();
  #sacrificed = 0;
  #forgot = false;
  #lastPicked = Number.NEGATIVE_INFINITY;
  readonly #held = { all: 0, victims: 0 };
  #after = { count: 0, first: Number.POSITIVE_INFINITY };
  #sinceHealed: Return | undefined;
  #sinceReadmitted: Return | undefined;

  /** @param first `asked`, or `taken` where nobody asked; @param indexes of the backends it names */
  constructor(first: FaultEvent, indexes: readonly number[], backends: number) {
    this.fault = first.fault;
    this.backends = first.backends;
    this.#asked = first.t;
    this.#victims = new Uint8Array(backends);
    for (const index of indexes) this.#victims[index] = 1;
    this.#unseen = new Set(first.backends);
    this.#missing = new Set(first.backends);
  }

  is({ fault, backends }: FaultEvent): boolean {
    return fault === this.fault && backends.join() === this.backends.join();
  }

  get open(): boolean {
    return this.#healed === Number.POSITIVE_INFINITY;
  }

  get took(): boolean {
    return this.#taken !== undefined;
  }

  happened({ phase, t }: FaultEvent): void {
    if (phase === 'taken') this.#taken = t;
    else if (phase === 'heal-asked') this.#healAsked = t;
    else if (phase === 'healed') {
      this.#healed = t;
      this.#sinceHealed = new Return(t);
    }
  }

  health(backend: string, to: string, t: number): void {
    if (to === 'unhealthy' && t >= this.#asked && t <= this.#healed) {
      if (this.#unseen.delete(backend) && this.#unseen.size === 0) this.#detected = t;
    } else if (to === 'healthy' && t >= Math.min(this.#healAsked, this.#healed)) {
      if (this.#missing.delete(backend) && this.#missing.size === 0) this.#sinceReadmitted = new Return(t);
    }
  }

  /** Times in ms; `counted` says whether it was picked within the window. */
  attempt(request: number, picked: number, ended: number, backend: number, counted: boolean): void {
    const onVictim = this.#victims[backend] === 1;
    if (counted && this.#taken !== undefined && picked >= this.#taken && picked < this.#healed) {
      this.#held.all++;
      if (onVictim) this.#held.victims++;
    }
    if (counted) {
      this.#sinceHealed?.add(picked, onVictim);
      this.#sinceReadmitted?.add(picked, onVictim);
    }
    if (!onVictim) return;
    const until = Math.min(this.#healAsked, this.#healed);
    if (picked >= this.#onset && picked < until && picked > this.#lastPicked) this.#lastPicked = picked;
    if (picked > this.#detected + toleranceMs && picked < until) {
      this.#after.count++;
      if (picked < this.#after.first) this.#after.first = picked;
    }
    if (picked < this.#healed && !(ended < this.#asked)) {
      if (this.#unexplained.delete(request)) this.#sacrificed++;
      else this.#remember(this.#touched, request);
    }
  }

  /** A request of the window or the warm-up ended; `wentBad` is when, ms, where it was bad and of the window. */
  request(index: number, bad: boolean, wentBad: number): void {
    const touched = this.#touched.size > 0 && this.#touched.delete(index);
    if (!bad) return;
    if (touched || (wentBad >= this.#asked && wentBad <= Math.min(this.#detected, this.#healed)))
      this.#sacrificed++;
    else this.#remember(this.#unexplained, index);
  }

  fold(): FaultFold {
    const { count, first } = this.#after;
    return {
      fault: this.fault,
      backends: this.backends,
      taken: this.#onset,
      sacrificed: this.#forgot ? null : this.#sacrificed,
      held: this.#held,
      lastPicked: Number.isFinite(this.#lastPicked) ? this.#lastPicked : null,
      afterDetection: { count, first: Number.isFinite(first) ? first : null },
      healed: this.#sinceHealed ?? null,
      readmitted: this.#sinceReadmitted ?? null,
    };
  }

  /** As reports have it: `asked` stands in for a `taken` that never came. */
  get #onset(): number {
    return this.#taken ?? this.#asked;
  }

  #remember(set: Set<number>, request: number): void {
    if (set.size < mostRemembered) set.add(request);
    else this.#forgot = true;
  }
}
