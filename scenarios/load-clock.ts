/**
 * Load that comes faster or slower for a while, as time that runs faster or slower for the load: what would have come at s on the
 * load's own clock comes at `timeOf(s)`. The two clocks agree until the first change, so that what comes before it is the same
 * as without it; and a Poisson stream stays one, at so many times the rate (the time-rescaling theorem).
 * Pure; all times are ms from t = 0.
 */

/** So many times the rate: `from` at `at`, linearly to `to` over `over` ms, then `to` until `until`. */
export interface RateChange {
  readonly at: number;
  /** Infinity: to the end. */
  readonly until: number;
  readonly from: number;
  readonly to: number;
  readonly over: number;
}

/** A time in which the rate is so many times what it was, growing or falling steadily. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly factor: number;
  /** Of the factor, per ms. */
  readonly growth: number;
  /** Of the load's clock, at `from`. */
  readonly load: number;
}

export class LoadClock {
  /** When the rate begins to be another than it was; Infinity for never. */
  readonly first: number;
  readonly #before: Stretch;
  readonly #stretches: Stretch[] = [];

  /** Changes that hold together multiply; of those that grow, one at a time is exact. */
  constructor(changes: readonly RateChange[]) {
    const edges = changes.flatMap(({ at, until, over }) => [at, Math.min(at + over, until), until]);
    const starts = [...new Set(edges.filter(Number.isFinite))].sort((a, b) => a - b);
    const first = starts[0] ?? Number.POSITIVE_INFINITY;
    this.first = first;
    this.#before = {
      from: Number.NEGATIVE_INFINITY,
      to: first,
      factor: 1,
      growth: 0,
      load: Number.NEGATIVE_INFINITY,
    };
    let load = first;
    for (const [i, from] of starts.entries()) {
      const to = starts[i + 1] ?? Number.POSITIVE_INFINITY;
      const holding = changes.filter(({ at, until }) => at <= from && until > from);
      const factor = product(holding, from);
      const growth = Number.isFinite(to) ? (product(holding, to) - factor) / (to - from) : 0;
      this.#stretches.push({ from, to, factor, growth, load });
      load += (to - from) * (factor + (growth * (to - from)) / 2);
    }
  }

  /** When comes what would have come at `load`. */
  timeOf(load: number): number {
    const it = this.#last((stretch) => stretch.load <= load);
    if (it === this.#before) return load;
    const rest = load - it.load;
    if (it.growth === 0) return it.from + rest / it.factor;
    // The root that stays exact where the growth is next to nothing.
    return it.from + (2 * rest) / (it.factor + Math.sqrt(Math.max(0, it.factor ** 2 + 2 * it.growth * rest)));
  }

  /** What the load's clock shows at `time`. */
  loadAt(time: number): number {
    const it = this.#last((stretch) => stretch.from <= time);
    if (it === this.#before) return time;
    const rest = time - it.from;
    return it.load + rest * (it.factor + (it.growth * rest) / 2);
  }

  /** How many times the rate it is at `time`. */
  factorAt(time: number): number {
    return factorOf(
      this.#last((stretch) => stretch.from <= time),
      time,
    );
  }

  /** The most times the rate it comes to within [from, to). */
  mostWithin(from: number, to: number): number {
    const met = [this.#before, ...this.#stretches].filter((it) => it.from < to && it.to > from);
    const ends = met.flatMap((it) => [
      factorOf(it, Math.max(from, it.from)),
      factorOf(it, Math.min(to, it.to)),
    ]);
    return Math.max(...ends);
  }

  /** The first time from `time` on at which the rate is at least so many times what it was; Infinity for never. */
  reaches(factor: number, time: number): number {
    // What is reached by a sum of products is reached, whatever rounding makes of it.
    const enough = factor - 1e-9;
    for (let i = this.#at((stretch) => stretch.from <= time); i < this.#stretches.length; i++) {
      const it = this.#stretches[i] ?? this.#before;
      const from = Math.max(time, it.from);
      if (factorOf(it, from) >= enough) return from;
      const then = it.growth > 0 ? it.from + (factor - it.factor) / it.growth : it.to;
      if (then < it.to) return Math.max(from, then);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** The last stretch of which it is true, as of all before it. */
  #last(is: (stretch: Stretch) => boolean): Stretch {
    return this.#stretches[this.#at(is)] ?? this.#before;
  }

  /** Its index; −1 for the time before all stretches. */
  #at(is: (stretch: Stretch) => boolean): number {
    let low = 0;
    let high = this.#stretches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (is(this.#stretches[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

const factorOf = ({ from, factor, growth }: Stretch, time: number) =>
  growth === 0 ? factor : factor + growth * (time - from);

/** What changes make of the rate together, at `time` or just before it. */
function product(changes: readonly RateChange[], time: number): number {
  return changes.reduce((all, { at, from, to, over }) => {
    const grown = over > 0 ? Math.min(1, (time - at) / over) : 1;
    return all * (from + grown * (to - from));
  }, 1);
}
