/**
 * The schedule of an open load as arithmetic on the clock, not as timers: whenever it is asked, it hands out every
 * request whose time has come, with its intended time, however late that is. So a stall of this process makes requests
 * late, and seen to be late, but never fewer. After vegeta's lib/pacer.go. Pure: time is an argument.
 */
import type { Window } from './window.ts';

export class Pacer {
  readonly #arrivals: () => number;
  readonly #warmup: number;
  readonly #window: Window;
  readonly #send: (index: number, intended: number) => void;
  #index = 0;
  /** Intended time of request `index`; undefined when there is none. */
  #next: number | undefined;

  /** `arrivals`: Workload's. `send` takes the request's number and its intended time, ms from t = 0. */
  constructor(
    arrivals: () => number,
    warmup: number,
    window: Window,
    send: (index: number, intended: number) => void,
  ) {
    this.#arrivals = arrivals;
    this.#warmup = warmup;
    this.#window = window;
    this.#send = send;
    this.#advance();
  }

  /** Sends what is due at `t`, ms from t = 0. Returns when the next one is due, or undefined when that was the last. */
  poll(t: number): number | undefined {
    while (this.#next !== undefined && this.#next <= t) {
      const intended = this.#next;
      this.#send(this.#index++, intended);
      this.#advance();
    }
    return this.#next;
  }

  #advance(): void {
    const t = this.#arrivals() - this.#warmup;
    this.#next = this.#window.admits(t) ? t : undefined;
  }
}
