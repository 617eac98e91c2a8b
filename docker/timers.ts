/**
 * Everything that is due at some time, in one heap behind one timer. `setTimeout` counts whole milliseconds, so it is
 * asked for the whole ones and the rest is rounded: what is due within half a millisecond runs, what is not waits on.
 * The error is then centred on zero instead of adding up to a millisecond to each answer, and no core is burnt.
 *
 * A process that was stopped for a while made no progress meanwhile: where the first thing due is later than any busy
 * machine makes it, everything is put off by as much, so that a thawed backend has not done its queue in its sleep.
 */
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
  readonly #heap: Due[] = [];
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
    return this.#heap.length;
  }

  /** Runs `run` at `at`, ms of the clock; it is told when it was due, which a stall has put off. */
  add(at: number, run: (at: number) => void): void {
    const heap = this.#heap;
    let i = heap.length;
    const due = { at, run };
    heap.push(due);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent]!.at <= at) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = due;
    if (at < this.#armed) this.#arm();
  }

  /** Runs whatever is due by `time`, earliest first, including what that adds. */
  runDue(time: number): void {
    const late = time - (this.#heap[0]?.at ?? Infinity);
    if (late > this.#stall) for (const due of this.#heap) due.at += late;
    while (this.#heap.length > 0 && this.#heap[0]!.at <= time) {
      const { at, run } = this.#pop();
      run(at);
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#heap.length = 0;
    this.#arm();
  }

  #pop(): Due {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    const length = heap.length;
    if (length > 0) {
      let i = 0;
      for (let child = 1; child < length; child = 2 * i + 1) {
        if (child + 1 < length && heap[child + 1]!.at < heap[child]!.at) child++;
        if (heap[child]!.at >= last.at) break;
        heap[i] = heap[child]!;
        i = child;
      }
      heap[i] = last;
    }
    return first;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#armed = this.#heap[0]?.at ?? Infinity;
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
