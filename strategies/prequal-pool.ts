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
  index: number;
  /** Requests in flight there, as answered and raised by one for each request sent since. */
  inFlight: number;
  /** ms. */
  latency: number;
  /** When it came, ms. */
  at: number;
  /** Requests that were sent by it. */
  uses: number;
}

export class ProbePool {
  /** Oldest first; the first `size` are in the pool, the others wait to be used again. */
  readonly #answers: Answer[];
  size = 0;

  constructor(capacity: number) {
    this.#answers = Array.from({ length: capacity }, () => ({
      index: -1,
      inFlight: 0,
      latency: 0,
      at: 0,
      uses: 0,
    }));
  }

  /** The answer at a place below `size`; 0 is the oldest. */
  at(place: number): Answer {
    return this.#answers[place]!;
  }

  /** Answers are added in the order of their times. */
  add(index: number, inFlight: number, latency: number, at: number): void {
    this.drop(index);
    if (this.size === this.#answers.length) this.remove(0);
    const answer = this.#answers[this.size++]!;
    answer.index = index;
    answer.inFlight = inFlight;
    answer.latency = latency;
    answer.at = at;
    answer.uses = 0;
  }

  remove(place: number): void {
    const answers = this.#answers;
    const removed = answers[place]!;
    this.size--;
    for (let i = place; i < this.size; i++) answers[i] = answers[i + 1]!;
    answers[this.size] = removed;
  }

  /** The place of a backend's answer, or -1. */
  find(index: number): number {
    for (let place = 0; place < this.size; place++) if (this.#answers[place]!.index === index) return place;
    return -1;
  }

  /** Removes a backend's answer, if there is one. */
  drop(index: number): void {
    const place = this.find(index);
    if (place >= 0) this.remove(place);
  }

  /** Removes those that came before this time, ms. */
  expire(before: number): void {
    while (this.size > 0 && this.#answers[0]!.at < before) this.remove(0);
  }

  /** How many are of backends that were not tried. */
  untried(tried: readonly Backend[]): number {
    if (tried.length === 0) return this.size;
    let count = 0;
    for (let place = 0; place < this.size; place++) if (!skipped(this.#answers[place]!.index, tried)) count++;
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
      const { index, inFlight, latency } = this.#answers[place]!;
      const cold = inFlight <= hot;
      if (bestIsCold && !cold) continue;
      const cost = cold ? latency : inFlight;
      if (best >= 0 && cold === bestIsCold && cost >= least) continue;
      if (skip.length > 0 && skipped(index, skip)) continue;
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
      const { inFlight, latency } = this.#answers[place]!;
      const isHot = inFlight > hot;
      if (worstIsHot && !isHot) continue;
      const cost = isHot ? inFlight : latency;
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
