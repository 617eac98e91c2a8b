/**
 * Earliest deadline first: each backend is due every 1/w; the one due first is next.
 *
 * Formula     deadline += 1/w at each pick; pick the least deadline, the first in the pool among equals
 * Cost        O(log n) per pick (a tournament tree), O(n) when the pool changes
 * Source      Envoy's EdfScheduler, gRPC's static stride scheduler; exact shares, but heavy backends burst (aaaaabc)
 *
 * When the pool changes, those that stay keep the fraction of their period that is left; a joiner is due after a
 * whole one.
 */
import { Positions } from './positions.ts';
import type { Backend } from './strategy.ts';
import { Tournament } from './tournament.ts';
import { allTried } from './tried.ts';

export class DeadlineRotation {
  readonly #tree = new Tournament();
  readonly #positions = new Positions();
  #available: readonly Backend[] = [];
  #weights = new Float64Array(0);
  /** Deadline = periods/w: one division, so that rounding does not build up and equal deadlines stay equal. */
  #periods = new Float64Array(0);

  /** `weights`: by position, where they are not the backends' own. */
  poolChanged(
    available: readonly Backend[],
    weights = Float64Array.from(available, ({ weight }) => weight),
  ): void {
    const now = this.#available.length === 0 ? 0 : this.#tree.least();
    const left = new Map<string, number>();
    this.#available.forEach(({ id }, position) => {
      left.set(id, (this.#tree.score(position) - now) * this.#weights[position]!);
    });
    this.#available = available;
    this.#positions.update(available);
    this.#weights = weights.slice();
    this.#periods = Float64Array.from(available, ({ id }) => left.get(id) ?? 1);
    this.#tree.resize(available.length);
    this.#enter();
  }

  /** New weights for the same backends, by position; each keeps the fraction of its period that is left. Allocates nothing. */
  reweigh(weights: Float64Array): void {
    const now = this.#tree.least();
    for (let position = 0; position < this.#available.length; position++) {
      this.#periods[position] = (this.#tree.score(position) - now) * this.#weights[position]!;
    }
    this.#weights.set(weights);
    this.#enter();
  }

  /** Draws the fraction of its first period, in (0, 1], that each has left, so that they do not all fall due together (gRPC A58). */
  scatter(draw: () => number): void {
    for (let position = 0; position < this.#available.length; position++) this.#periods[position] = draw();
    this.#enter();
  }

  /** The position of the next backend, or -1. */
  next(tried: readonly Backend[]): number {
    if (this.#available.length === 0) return -1;
    const skip = tried.length > 0 && !allTried(this.#available, tried);
    if (skip) this.#tree.hide(tried, this.#positions);
    const position = this.#tree.first();
    if (skip) this.#tree.restore();
    this.#periods[position] = this.#periods[position]! + 1;
    this.#tree.scores[position] = this.#periods[position]! / this.#weights[position]!;
    this.#tree.changed(position);
    return position;
  }

  /** Picks in which every backend has had a turn in proportion, at most `limit`. */
  cycle(limit: number): number {
    const lightest = this.#weights.reduce((least, weight) => Math.min(least, weight), Infinity);
    const total = this.#weights.reduce((sum, weight) => sum + weight, 0);
    return Math.min(limit, Math.ceil(total / lightest));
  }

  #enter(): void {
    for (let position = 0; position < this.#available.length; position++) {
      const weight = this.#weights[position]!;
      this.#tree.enter(position, this.#periods[position]! / weight, weight);
    }
    this.#tree.build();
  }
}
