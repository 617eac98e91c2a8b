/**
 * From the order in which requests ended, which is a log's, to that in which they came. A request is let go once none that
 * came before it can follow: when the log is a horizon further on. Memory is bounded by that and by a count.
 */
import { DueHeap } from '../../scenarios/due-heap.ts';
import type { Logged } from './logged.ts';

/** No request is expected to take longer, ms. */
const horizon = 60_000;
/** Held at most. */
export const mostHeld = 100_000;

export class ArrivalOrder {
  readonly #next: (it: Logged) => void;
  readonly #heap = new DueHeap<Logged>();
  readonly #most: number;
  /** The latest time that the log has reached, ms of the epoch. */
  #reached = Number.NEGATIVE_INFINITY;
  #left = Number.NEGATIVE_INFINITY;
  /** Requests that came before one which had been let go, and by how much at most, ms: they are moved to its time. */
  late = 0;
  latest = 0;
  /** Held at once at most. */
  peak = 0;

  constructor(next: (it: Logged) => void, most = mostHeld) {
    this.#next = next;
    this.#most = most;
  }

  add(it: Logged): void {
    this.#heap.push(it);
    this.peak = Math.max(this.peak, this.#heap.size);
    this.#reached = Math.max(this.#reached, it.at);
    while (
      this.#heap.size > 0 &&
      (this.#heap.first!.at < this.#reached - horizon || this.#heap.size > this.#most)
    )
      this.#release();
  }

  flush(): void {
    while (this.#heap.size > 0) this.#release();
  }

  #release(): void {
    const it = this.#heap.pop();
    if (it.at < this.#left) {
      this.late++;
      this.latest = Math.max(this.latest, this.#left - it.at);
      it.at = this.#left;
    }
    this.#left = it.at;
    this.#next(it);
  }
}
