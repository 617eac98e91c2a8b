/**
 * What a request would take that arrived now: the latency estimate a backend answers probes with. After Prequal
 * (Wydrowski et al., "Load is not what you should balance", NSDI '24): each latency is noted together with the number in
 * flight that the request met as it arrived, and a probe is answered with the median of recent latencies at or near the
 * number now in flight. So the estimate follows load at once, before any response of the new load is there.
 *
 * What the paper leaves open is settled so: of the last 128 latencies, those of the last 5 s; of these, the 9 that met
 * the numbers nearest to the one asked about, the later first among equals; their median. 9 shrug off an outlier, 128
 * reach over all the numbers a backend usually meets, and after 5 s without requests a slow past is forgotten, so that
 * a backend nobody picked for its old latency is tried again.
 *
 * Cost: noting is O(1), asking O(128) at most; neither allocates. 2.5 KB per backend.
 */
const kept = 128;
const memory = 5_000;
const nearest = 9;

// Of one question, which is over before the next one is asked.
const distances = new Float64Array(nearest);
const chosen = new Float64Array(nearest);

export class LatencyByLoad {
  readonly #at = new Float64Array(kept);
  readonly #found = new Int32Array(kept);
  readonly #latency = new Float64Array(kept);
  #count = 0;
  /** Where the next one goes: the oldest. */
  #next = 0;

  /** A request is done at `at` that met `found` others as it arrived and took `latency` ms, from arrival to end. */
  add(at: number, found: number, latency: number): void {
    const i = this.#next;
    this.#at[i] = at;
    this.#found[i] = found;
    this.#latency[i] = latency;
    this.#next = (i + 1) % kept;
    if (this.#count < kept) this.#count++;
  }

  /** Median latency of the recent requests that met about `inFlight` others, ms; 0 where there was none in 5 s. */
  estimate(now: number, inFlight: number): number {
    const since = now - memory;
    let size = 0;
    for (let k = 1, i = this.#next; k <= this.#count; k++) {
      i = i === 0 ? kept - 1 : i - 1;
      if (this.#at[i]! < since) break;
      const distance = Math.abs(this.#found[i]! - inFlight);
      if (size < nearest) size++;
      else if (distance >= distances[nearest - 1]!) continue;
      let place = size - 1;
      for (; place > 0 && distances[place - 1]! > distance; place--) {
        distances[place] = distances[place - 1]!;
        chosen[place] = chosen[place - 1]!;
      }
      distances[place] = distance;
      chosen[place] = this.#latency[i]!;
      // Nothing older can be nearer than nine that met the very number.
      if (size === nearest && distances[nearest - 1] === 0) break;
    }
    return size === 0 ? 0 : median(size);
  }

  clear(): void {
    this.#count = this.#next = 0;
  }
}

/** Of the first `size` of `chosen`, which it sorts. */
function median(size: number): number {
  for (let i = 1; i < size; i++) {
    const value = chosen[i]!;
    let place = i;
    for (; place > 0 && chosen[place - 1]! > value; place--) chosen[place] = chosen[place - 1]!;
    chosen[place] = value;
  }
  const half = size >> 1;
  return size % 2 === 1 ? chosen[half]! : (chosen[half - 1]! + chosen[half]!) / 2;
}
