/**
 * Stamps that are cut to whole seconds, told apart again: the lines of one second, in their order, are spread evenly over it.
 * Logs are written as requests end, so their order is right, and only where in the second each ended is a guess.
 */
import type { Logged } from './logged.ts';

/** Held at most; a second with more is spread in parts. */
const most = 50_000;

export class Spread {
  readonly #next: (it: Logged) => void;
  #held: Logged[] = [];

  constructor(next: (it: Logged) => void) {
    this.#next = next;
  }

  get held(): number {
    return this.#held.length;
  }

  add(it: Logged): void {
    if (it.blur === 0) {
      this.flush();
      this.#next(it);
      return;
    }
    if (this.#held.length > 0 && (this.#held[0]!.stamp !== it.stamp || this.#held.length === most))
      this.flush();
    this.#held.push(it);
  }

  flush(): void {
    const held = this.#held;
    this.#held = [];
    for (const [i, it] of held.entries()) {
      it.at += (it.blur * (i + 0.5)) / held.length;
      this.#next(it);
    }
  }
}
