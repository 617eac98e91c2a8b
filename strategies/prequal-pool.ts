/**
 * Prequal's pool of answers to probes: few, recent, at most one per backend, from which a request's backend is chosen.
 *
 * A new answer takes the place of its backend's older one, else, in a full pool, of the oldest. Ties go to the newest
 * answer where the best is looked for and to the oldest where the worst is: newer ones are truer, and as probes are
 * drawn at random no backend is favoured by it. Answers are few (16), so that every step over them is short. Nothing is
 * allocated after construction.
 */
import type { Backend } from './strategy.ts';

export interface Answer {
  /** Of the backend. */
  readonly index: number;
  /** Requests in flight there, as answered and raised by one for each request sent since. */
  readonly inFlight: number;
  /** ms. */
  readonly latency: number;
  /** When it came, ms. */
  readonly at: number;
  /** Requests that were sent by it. */
  readonly uses: number;
}

export class ProbePool {
  /** The slots, oldest answer first; the first `size` are in the pool, the others wait to be used again. */
  readonly #slots: Int32Array;
  // By slot. Not objects: a number with a fraction written to one would be a new one on the heap.
  readonly #index: Int32Array;
  readonly #inFlight: Float64Array;
  readonly #latency: Float64Array;
  readonly #at: Float64Array;
  readonly #uses: Int32Array;
  size = 0;

  constructor(capacity: number) {
    this.#slots = Int32Array.from({ length: capacity }, (_, slot) => slot);
    this.#index = new Int32Array(capacity);
    this.#inFlight = new Float64Array(capacity);
    this.#latency = new Float64Array(capacity);
    this.#at = new Float64Array(capacity);
    this.#uses = new Int32Array(capacity);
  }

  /** All that are in the pool, oldest first. A copy, for tests. */
  answers(): Answer[] {
    return Array.from(this.#slots.subarray(0, this.size), (slot) => ({
      index: this.#index[slot]!,
      inFlight: this.#inFlight[slot]!,
      latency: this.#latency[slot]!,
      at: this.#at[slot]!,
      uses: this.#uses[slot]!,
    }));
  }

  /** Whose answer is at a place below `size`: the backend's index. */
  backendAt(place: number): number {
    return this.#index[this.#slots[place]!]!;
  }

  /** Answers are added in the order of their times. */
  add(index: number, inFlight: number, latency: number, at: number): void {
    this.drop(index);
    if (this.size === this.#slots.length) this.remove(0);
    const slot = this.#slots[this.size++]!;
    this.#index[slot] = index;
    this.#inFlight[slot] = inFlight;
    this.#latency[slot] = latency;
    this.#at[slot] = at;
    this.#uses[slot] = 0;
  }

  /** A request is sent by the answer at this place; returns how many that makes. */
  use(place: number): number {
    const slot = this.#slots[place]!;
    this.#inFlight[slot] = this.#inFlight[slot]! + 1;
    const uses = this.#uses[slot]! + 1;
    this.#uses[slot] = uses;
    return uses;
  }

  remove(place: number): void {
    const slots = this.#slots;
    const removed = slots[place]!;
    this.size--;
    for (let i = place; i < this.size; i++) slots[i] = slots[i + 1]!;
    slots[this.size] = removed;
  }

  /** The place of a backend's answer, or -1. */
  find(index: number): number {
    for (let place = 0; place < this.size; place++) if (this.backendAt(place) === index) return place;
    return -1;
  }

  /** Removes a backend's answer, if there is one. */
  drop(index: number): void {
    const place = this.find(index);
    if (place >= 0) this.remove(place);
  }

  /** Removes those that came before this time, ms. */
  expire(before: number): void {
    while (this.size > 0 && this.#at[this.#slots[0]!]! < before) this.remove(0);
  }

  /** How many are of backends that were not tried. */
  untried(tried: readonly Backend[]): number {
    if (tried.length === 0) return this.size;
    let count = 0;
    for (let place = 0; place < this.size; place++) if (!skipped(this.backendAt(place), tried)) count++;
    return count;
  }

  /**
   * Hot-cold lexicographic: of the cold (in flight at most `hot`) the one with the lowest latency, where all are hot the one
   * with the fewest in flight. -1 where all were tried.
   */
  best(hot: number, skip: readonly Backend[]): number {
    let best = -1;
    let bestIsCold = false;
    let least = 0;
    for (let place = this.size - 1; place >= 0; place--) {
      const slot = this.#slots[place]!;
      const inFlight = this.#inFlight[slot]!;
      const cold = inFlight <= hot;
      if (bestIsCold && !cold) continue;
      const cost = cold ? this.#latency[slot]! : inFlight;
      if (best >= 0 && cold === bestIsCold && cost >= least) continue;
      if (skip.length > 0 && skipped(this.#index[slot]!, skip)) continue;
      best = place;
      bestIsCold = cold;
      least = cost;
    }
    return best;
  }

  /** The contrary: of the hot the one with the most in flight, where none is the one with the highest latency. */
  worst(hot: number): number {
    let worst = -1;
    let worstIsHot = false;
    let most = 0;
    for (let place = 0; place < this.size; place++) {
      const slot = this.#slots[place]!;
      const inFlight = this.#inFlight[slot]!;
      const isHot = inFlight > hot;
      if (worstIsHot && !isHot) continue;
      const cost = isHot ? inFlight : this.#latency[slot]!;
      if (worst >= 0 && isHot === worstIsHot && cost <= most) continue;
      worst = place;
      worstIsHot = isHot;
      most = cost;
    }
    return worst;
  }
}

function skipped(index: number, skip: readonly Backend[]): boolean {
  for (let i = 0; i < skip.length; i++) if (skip[i]!.index === index) return true;
  return false;
}
