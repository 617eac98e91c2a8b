/**
 * Everything that is due at some time, in one heap behind one timer. `setTimeout` counts whole milliseconds, so it is
 * asked for the whole ones and the rest is rounded: what is due within half a millisecond runs, what is not waits on.
 * The error is then centred on zero instead of adding up to a millisecond to each answer, and no core is burnt.
 *
 * A process that was stopped for a while made no progress meanwhile: where the first thing due is later than any busy
 * machine makes it, everything is put off by as much, so that a thawed backend has not done its queue in its sleep.
 */
import { DueHeap } from '../scenarios/due-heap.ts';

/** What setTimeout can count. */
const longest = 2 ** 31 - 1;

interface Due {
  at: number;
  readonly run: (at: number) => void;
}

export class Timers {
  readonly #now: () => number;
  readonly #slack: number;
  readonly #stall: number;
  readonly #heap = new DueHeap<Due>();
  #armed = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  /** `now` in ms; what is due within `slack` ms counts as due; lateness beyond `stall` ms means we were stopped. */
  constructor(now: () => number, { slack = 0.5, stall = Infinity } = {}) {
    this.#now = now;
    this.#slack = slack;
    this.#stall = stall;
  }

  get size(): number {
    return this.#heap.size;
  }

  /** Runs `run` at `at`, ms of the clock; it is told when it was due, which a stall has put off. */
  add(at: number, run: (at: number) => void): void {
    this.#heap.push({ at, run });
    if (at < this.#armed) this.#arm();
  }

  /** Runs whatever is due by `time`, earliest first, including what that adds. */
  runDue(time: number): void {
    const late = time - (this.#heap.first?.at ?? Infinity);
    if (late > this.#stall) for (const due of this.#heap) due.at += late;
    while (this.#heap.size > 0 && this.#heap.first!.at <= time) {
      const { at, run } = this.#heap.pop();
      run(at);
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#heap.clear();
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#armed = this.#heap.first?.at ?? Infinity;
    if (this.#armed === Infinity) return;
    const wait = this.#armed - this.#slack - this.#now();
    if (wait <= 0) this.#immediate = setImmediate(() => this.#fire());
    else this.#timer = setTimeout(() => this.#fire(), Math.min(Math.ceil(wait), longest));
  }

  #fire(): void {
    this.#armed = -Infinity; // What is added meanwhile need not arm.
    this.runDue(this.#now() + this.#slack);
    this.#arm();
  }
}
