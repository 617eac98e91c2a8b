/** Which phase of its faults a trial is in, told as they take and heal: what `faultTime` in reports/windows.ts makes of them afterwards. */

import { Latencies } from './recorder-histogram.ts';
import type { PhaseFold, ReasonFold } from './recording-folds.ts';
import { causes, outcomes } from './recording-rows.ts';

export const phaseNames = ['before', 'during', 'after'] as const;

export class FaultTime {
  /** ms from t = 0; disjoint, ascending. */
  readonly stretches: { from: number; to: number }[] = [];
  #standing = 0;
  #first = Number.POSITIVE_INFINITY;

  took(t: number): void {
    if (this.#standing++ > 0) return;
    const last = this.stretches.at(-1);
    if (last?.to === t) last.to = Number.POSITIVE_INFINITY;
    else this.stretches.push({ from: Math.max(0, t), to: Number.POSITIVE_INFINITY });
    this.#first = this.stretches[0]!.from;
  }

  healed(t: number): void {
    if (this.#standing === 0 || --this.#standing > 0) return;
    const last = this.stretches.at(-1)!;
    last.to = t;
    if (last.from >= t) this.stretches.pop();
    this.#first = this.stretches[0]?.from ?? Number.POSITIVE_INFINITY;
  }

  /** 0 before, 1 during, 2 after; `t` in ms, of something that has happened by now. */
  at(t: number): 0 | 1 | 2 {
    if (t < this.#first) return 0;
    // What is recorded lies close behind the present, so the search begins there.
    for (let i = this.stretches.length - 1; i >= 0; i--) {
      const { from, to } = this.stretches[i]!;
      if (t >= to) return 2;
      if (t >= from) return 1;
    }
    return 2;
  }
}

/** Ways to end, numbered as they are first met. A status has ten bits. */
export class Reasons {
  readonly all: Omit<ReasonFold, 'count'>[] = [];
  readonly #numbers = new Int16Array((outcomes.length * causes.length) << 10).fill(-1);
  readonly #statusCause = causes.indexOf('status');

  number(outcome: number, cause: number, status: number): number {
    const counted = cause === this.#statusCause ? status & 1023 : 0;
    const key = ((outcome * causes.length + cause) << 10) | counted;
    const known = this.#numbers[key]!;
    if (known >= 0) return known;
    this.all.push({ outcome: outcomes[outcome]!, cause: causes[cause]!, status: counted });
    this.#numbers[key] = this.all.length - 1;
    return this.all.length - 1;
  }
}

/** Requests due in one phase; the fields are PhaseFold's. */
export class PhaseTally {
  readonly ok: Latencies;
  readonly open: Latencies;
  late = 0;
  atDeadline = 0;
  complete = 0;
  good = 0;
  /** By reason. */
  readonly #counts: number[] = [];

  /** @param cap µs */
  constructor(cap: number) {
    this.ok = new Latencies(cap);
    this.open = new Latencies(cap);
  }

  count(reason: number): void {
    while (reason >= this.#counts.length) this.#counts.push(0);
    this.#counts[reason]!++;
  }

  fold(reasons: readonly Omit<ReasonFold, 'count'>[]): PhaseFold {
    const { late, atDeadline, complete, good } = this;
    return {
      reasons: this.#counts.flatMap((count, i) => (count === 0 ? [] : [{ ...reasons[i]!, count }])),
      ...{ late, atDeadline, complete, good, ok: this.ok.fold(), open: this.open.fold() },
    };
  }
}
