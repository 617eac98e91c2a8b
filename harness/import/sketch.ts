/**
 * A histogram of times in geometric buckets, 4% wide: quantiles within 2%, whatever their size, in 2 kB. Sketches add up.
 * As DDSketch has it: Masson, Rim, Lee, VLDB 2019.
 */
const ratio = 1.04;
const least = 0.01;
const buckets = 512;

const bucketOf = (ms: number): number =>
  ms <= least ? 0 : Math.min(buckets - 1, 1 + Math.floor(Math.log(ms / least) / Math.log(ratio)));
const middleOf = (bucket: number): number => (bucket === 0 ? least : least * ratio ** (bucket - 0.5));

export class Sketch {
  readonly #counts = new Uint32Array(buckets);
  count = 0;

  add(ms: number): void {
    this.#counts[bucketOf(ms)]!++;
    this.count++;
  }

  merge(other: Sketch): void {
    for (let i = 0; i < buckets; i++) this.#counts[i]! += other.#counts[i]!;
    this.count += other.count;
  }

  /** The time at quantile u, ms; NaN where there is none. */
  at(u: number): number {
    const rank = u * this.count;
    let seen = 0;
    for (let i = 0; i < buckets; i++) {
      seen += this.#counts[i]!;
      if (seen >= rank && seen > 0) return middleOf(i);
    }
    return Number.NaN;
  }

  /** So many times that are equally likely: the mean of each n-th part, ascending, ms. */
  times(n: number): number[] {
    const times: number[] = [];
    const part = this.count / n;
    let room = part;
    let sum = 0;
    for (let i = 0; i < buckets && times.length < n; i++) {
      for (let left = this.#counts[i]!; left > 0; ) {
        const taken = Math.min(left, room);
        sum += taken * middleOf(i);
        left -= taken;
        room -= taken;
        if (room > 1e-9 * part) continue;
        times.push(sum / part);
        room = part;
        sum = 0;
      }
    }
    while (times.length < n && this.count > 0) times.push(this.at(1));
    return times.slice(0, n);
  }

  /**
   * This sketch less `before`, which is part of it, held against the rest of `all`: the largest distance between both
   * distribution functions (Kolmogorov and Smirnov's).
   */
  distanceSince(before: Sketch, all: Sketch): number {
    const inside = this.count - before.count;
    const outside = all.count - inside;
    let mine = 0;
    let its = 0;
    let most = 0;
    for (let i = 0; i < buckets; i++) {
      const here = this.#counts[i]! - before.#counts[i]!;
      mine += here;
      its += all.#counts[i]! - here;
      most = Math.max(most, Math.abs(mine / inside - its / outside));
    }
    return most;
  }

  /** All but a part of it. */
  without(part: Sketch): Sketch {
    const rest = new Sketch();
    for (let i = 0; i < buckets; i++) rest.#counts[i] = this.#counts[i]! - part.#counts[i]!;
    rest.count = this.count - part.count;
    return rest;
  }
}
