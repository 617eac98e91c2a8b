/**
 * Smooth weighted rotation: every pick gives each backend credit for its weight, the richest pays the total.
 *
 * Formula     cw += w for all; pick max cw, the first in the pool among equals; its cw −= Σw
 * Cost        O(distinct weights) per pick, O(n log n) when the pool changes
 * Source      nginx, ngx_http_upstream_round_robin (the article's section 2)
 *
 * All backends of one weight gain alike, so among them order never changes but by a pick: each weight has a queue
 * in order of credit, and only the heads compete. A credit is kept as offset + w·picks, so a pick changes one number.
 *
 * When the pool changes, those that stay keep their credits, relative to the total weight, less the average, so that
 * they sum to zero again: a backend that flaps would otherwise leave its debt behind, and a joiner at zero would
 * starve (or flood) until the rest came down to it.
 */
import type { Backend } from './strategy.ts';
import { allTried, wasTried } from './tried.ts';

interface Queue {
  readonly weight: number;
  /** Positions in `available`, richest first, from `head` on, wrapping around. */
  readonly order: Int32Array;
  head: number;
}

export class SmoothRotation {
  #available: readonly Backend[] = [];
  #weights: number[] = [];
  #queues: Queue[] = [];
  #offsets = new Float64Array(0);
  #total = 0;
  #scale = 1;
  #picks = 0;

  poolChanged(available: readonly Backend[]): void {
    const credits = new Map<string, number>();
    this.#available.forEach(({ id }, position) => {
      credits.set(id, this.#credit(position) / this.#total);
    });
    let sum = 0;
    let stayed = 0;
    for (const { id } of available) {
      const credit = credits.get(id);
      if (credit === undefined) continue;
      sum += credit;
      stayed++;
    }
    const mean = stayed === 0 ? 0 : sum / stayed;

    // Weights that people write are decimals: counted in millionths they are integers, and ties are exact.
    const exact = available.every(({ weight }) => Math.abs(weight * 1e6 - Math.round(weight * 1e6)) < 1e-3);
    this.#scale = exact && available.every(({ weight }) => weight >= 1e-6) ? 1e6 : 1;
    const unit = (value: number) => (this.#scale === 1 ? value : Math.round(value));
    this.#available = available;
    this.#weights = available.map(({ weight }) => unit(weight * this.#scale));
    this.#total = this.#weights.reduce((total, weight) => total + weight, 0);
    this.#picks = 0;
    this.#offsets = Float64Array.from(available, ({ id }) => {
      const credit = credits.get(id);
      return credit === undefined ? 0 : unit((credit - mean) * this.#total);
    });
    const byWeight = Map.groupBy(this.#weights.keys(), (position) => this.#weights[position]!);
    this.#queues = [...byWeight].map(([weight, positions]) => ({
      weight,
      order: Int32Array.from(positions.sort((a, b) => (this.#before(a, b) ? -1 : 1))),
      head: 0,
    }));
  }

  /** The position of the next backend, or -1. */
  next(tried: readonly Backend[]): number {
    if (this.#available.length === 0) return -1;
    const skip = tried.length > 0 && !allTried(this.#available, tried);
    this.#picks++;
    let richest: Queue | undefined;
    let richestDepth = 0;
    let position = -1;
    let most = 0;
    for (const queue of this.#queues) {
      let depth = 0;
      if (skip) {
        while (depth < queue.order.length && wasTried(this.#available[at(queue, depth)]!, tried)) depth++;
        if (depth === queue.order.length) continue;
      }
      const candidate = at(queue, depth);
      const credit = this.#credit(candidate);
      if (richest === undefined || credit > most || (credit === most && candidate < position)) {
        richest = queue;
        richestDepth = depth;
        position = candidate;
        most = credit;
      }
    }
    this.#offsets[position] = this.#offsets[position]! - this.#total;
    if (richest !== undefined) this.#requeue(richest, richestDepth);
    return position;
  }

  /** Picks after which the rotation repeats itself, at most `limit`. */
  cycle(limit: number): number {
    const divisor = this.#weights.reduce(greatestCommonDivisor, 0);
    return Math.min(limit, Math.ceil(this.#total / (divisor || 1)));
  }

  #credit(position: number): number {
    return this.#offsets[position]! + this.#weights[position]! * this.#picks;
  }

  #before(a: number, b: number): boolean {
    const difference = this.#offsets[a]! - this.#offsets[b]!;
    return difference > 0 || (difference === 0 && a < b);
  }

  /** Moves the one that has just paid behind all that are now richer: nearly always to the tail. */
  #requeue(queue: Queue, depth: number): void {
    const { order } = queue;
    const paid = at(queue, depth);
    for (let i = depth; i > 0; i--) order[place(queue, i)] = at(queue, i - 1);
    queue.head = queue.head + 1 === order.length ? 0 : queue.head + 1;
    let i = order.length - 1;
    for (; i > 0 && this.#before(paid, at(queue, i - 1)); i--) order[place(queue, i)] = at(queue, i - 1);
    order[place(queue, i)] = paid;
  }
}

function place({ head, order }: Queue, depth: number): number {
  const index = head + depth;
  return index < order.length ? index : index - order.length;
}

function at(queue: Queue, depth: number): number {
  return queue.order[place(queue, depth)]!;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
