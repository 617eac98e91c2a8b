/**
 * A tournament tree: who has the least score, kept in O(log n) per change, whatever order the changes come in.
 *
 * Each inner node holds the least score below it and the total weight of those that share it, so that ties can be
 * drawn by weight, taken in rotation, or given to the first, all in O(log n). Positions may be hidden for one pick
 * (a retry) and restored. Nothing is allocated after `resize`.
 */
import type { Positions } from './positions.ts';
import type { Backend } from './strategy.ts';

export class Tournament {
  #half = 1; // leaves are at #half + position
  #least = new Float64Array(2);
  #weight = new Float64Array(2);
  /** By position. Write one, then call `changed`. */
  scores = new Float64Array(0);
  readonly #hidden: number[] = [];
  #hiddenCount = 0;

  /** Empties the tree and makes room for n positions. Follow by `enter` for each, then `build`. */
  resize(n: number): void {
    this.#half = 1;
    while (this.#half < n) this.#half *= 2;
    this.#least = new Float64Array(2 * this.#half).fill(Infinity);
    this.#weight = new Float64Array(2 * this.#half);
    this.scores = new Float64Array(n);
    this.#hiddenCount = 0;
  }

  /** Sets a leaf; the tree is not in order until `build`. */
  enter(position: number, score: number, weight: number): void {
    this.scores[position] = score;
    this.#least[this.#half + position] = score;
    this.#weight[this.#half + position] = weight;
  }

  build(): void {
    for (let node = this.#half - 1; node >= 1; node--) this.#settle(node);
  }

  score(position: number): number {
    return this.scores[position]!;
  }

  /** `scores[position] = score`, then `changed`, in one. */
  update(position: number, score: number): void {
    this.scores[position] = score;
    this.changed(position);
  }

  /**
   * A score was written. On the path of a pick rather than `update`: a number handed to a function that is not compiled
   * into its caller is put on the heap, at every call.
   */
  changed(position: number): void {
    const leaf = this.#half + position;
    this.#least[leaf] = this.scores[position]!;
    this.#raise(leaf);
  }

  /** Takes the positions of those tried out, until `restore`. */
  hide(tried: readonly Backend[], positions: Positions): void {
    for (let i = 0; i < tried.length; i++) {
      const position = positions.at(tried[i]!.index);
      if (position < 0) continue;
      this.#hidden[this.#hiddenCount++] = position;
      this.#least[this.#half + position] = Infinity;
      this.#raise(this.#half + position);
    }
  }

  restore(): void {
    while (this.#hiddenCount > 0) {
      const position = this.#hidden[--this.#hiddenCount]!;
      this.#least[this.#half + position] = this.scores[position]!;
      this.#raise(this.#half + position);
    }
  }

  /** The least score of all. */
  least(): number {
    return this.#least[1]!;
  }

  /** The first position with the least score. */
  first(): number {
    return this.#descend(1);
  }

  /** The first position with the least score at `from` or after it, wrapping around. */
  firstFrom(from: number): number {
    const least = this.#least[1]!;
    let node = this.#half + from;
    if (from >= this.#half || from < 0) return this.first();
    if (this.#least[node] === least) return from;
    for (; node > 1; node >>= 1) {
      if ((node & 1) === 0 && this.#least[node + 1] === least) return this.#descend(node + 1);
    }
    return this.first();
  }

  /** One of the positions with the least score, drawn in proportion to weight by u in [0, 1). */
  draw(u: number): number {
    const least = this.#least[1]!;
    let rest = u * this.#weight[1]!;
    let node = 1;
    while (node < this.#half) {
      node *= 2;
      if (this.#least[node] !== least) node++;
      else if (rest >= this.#weight[node]! && this.#least[node + 1] === least) {
        rest -= this.#weight[node]!;
        node++;
      }
    }
    return node - this.#half;
  }

  #descend(from: number): number {
    const least = this.#least[from]!;
    let node = from;
    while (node < this.#half) {
      node *= 2;
      if (this.#least[node] !== least) node++;
    }
    return node - this.#half;
  }

  /** Settles what is above a leaf, as far up as something changes: for most updates that is not far. */
  #raise(leaf: number): void {
    const least = this.#least;
    const weight = this.#weight;
    for (let node = leaf >> 1; node >= 1; node >>= 1) {
      const before = least[node]!;
      const weighed = weight[node]!;
      this.#settle(node);
      if (least[node] === before && weight[node] === weighed) return;
    }
  }

  #settle(node: number): void {
    const leasts = this.#least;
    const weights = this.#weight;
    const left = leasts[2 * node]!;
    const right = leasts[2 * node + 1]!;
    if (left < right) {
      leasts[node] = left;
      weights[node] = weights[2 * node]!;
    } else if (left > right) {
      leasts[node] = right;
      weights[node] = weights[2 * node + 1]!;
    } else {
      leasts[node] = left;
      weights[node] = weights[2 * node]! + weights[2 * node + 1]!;
    }
  }
}
