/** Attempts that come in the order of their requests' arrivals, handed on in the order in which they ended: each once nothing that ends before it can follow. */
import { DueHeap } from '../../scenarios/due-heap.ts';
import type { Failure } from './logged.ts';

export interface Answered {
  readonly backend: number;
  /** ms from t = 0. */
  readonly sent: number;
  /** When it ended, ms from t = 0. */
  readonly at: number;
  readonly failure: Failure | undefined;
}

export class AnswerOrder {
  readonly #next: (it: Answered) => void;
  readonly #most: number;
  readonly #heap = new DueHeap<Answered>();
  /** Held at once at most. */
  peak = 0;

  /** Beyond `most` the earliest is handed on at once. */
  constructor(next: (it: Answered) => void, most = 200_000) {
    this.#next = next;
    this.#most = most;
  }

  add(it: Answered): void {
    this.#heap.push(it);
    this.peak = Math.max(this.peak, this.#heap.size);
    if (this.#heap.size > this.#most) this.#next(this.#heap.pop());
  }

  /** No attempt that ends before `time` will follow. */
  reached(time: number): void {
    while (this.#heap.size > 0 && this.#heap.first!.at <= time) this.#next(this.#heap.pop());
  }
}
