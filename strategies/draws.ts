/**
 * Uniform draws among the available backends, without those tried and, if wanted, without those drawn before.
 *
 * The k-th of what is left is found by stepping over the sorted positions taken out, so a draw costs one random
 * number and O(tried + drawn) steps, is exactly uniform on any order of the pool (no reservoir, no rejection),
 * and allocates nothing. The trap: Caddy's random_choose sampled a reservoir wrongly, and a sorted test pool hid it
 * (caddy#7873).
 */
import { Positions } from './positions.ts';
import type { Backend, Env, Pool } from './strategy.ts';
import { allTried } from './tried.ts';

export class Draws {
  readonly #env: Env;
  readonly #positions = new Positions();
  #out = new Int32Array(16);
  #outCount = 0;
  #size = 0;

  constructor(env: Env) {
    this.#env = env;
  }

  poolChanged(pool: Pool): void {
    this.#positions.update(pool.available);
  }

  /** Starts a pick among the first `within` backends; returns how many can be drawn. */
  begin(available: readonly Backend[], tried: readonly Backend[], within = available.length): number {
    this.#size = within;
    this.#outCount = 0;
    if (tried.length > 0 && !allTried(available, tried)) {
      for (let i = 0; i < tried.length; i++) {
        const position = this.#positions.at(tried[i]!.index);
        if (position >= 0 && position < within) this.remove(position);
      }
    }
    return this.#size - this.#outCount;
  }

  /** A position in `available`, uniform over those left. */
  next(): number {
    let position = Math.floor(this.#env.random() * (this.#size - this.#outCount));
    // Plus one for each that stands before it; without a branch, as a coin decides it and would be guessed wrongly half the time.
    for (let i = 0; i < this.#outCount; i++) position += 1 + ((position - this.#out[i]!) >> 31);
    return position;
  }

  /** Takes a position out of the draws that follow. */
  remove(position: number): void {
    let at = this.#outCount;
    while (at > 0 && this.#out[at - 1]! > position) at--;
    if (at > 0 && this.#out[at - 1] === position) return;
    if (this.#outCount === this.#out.length) {
      const larger = new Int32Array(this.#out.length * 2);
      larger.set(this.#out);
      this.#out = larger;
    }
    // Not copyWithin: for the one or two that are out, the call alone took half the time of a pick of two choices.
    const out = this.#out;
    for (let i = this.#outCount; i > at; i--) out[i] = out[i - 1]!;
    out[at] = position;
    this.#outCount++;
  }
}
