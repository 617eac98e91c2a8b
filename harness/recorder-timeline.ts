/**
 * What happened when: slots of 50 ms from t = 0. There are at most 4096 of them (fewer for a large fleet, as attempts are counted
 * for each backend in each step of five): when a trial outlives the last one, each two become one of twice the width.
 */
import { coarse, SlotLatencies, sparse } from './recorder-histogram.ts';
import type { ReasonFold, TimelineFold } from './recording-folds.ts';

const firstSlotMs = 50;
const slotsPerStep = 5;
const mostSlots = 4096;
/** Counts of attempts, over all steps and backends: 16 MiB. */
const mostPicks = 4 << 20;

/** Slots such that `backends` counts for each step stay within memory; a power of two. */
function slotsFor(backends: number): number {
  let slots = mostSlots;
  while (slots > 256 && (slots / slotsPerStep) * backends > mostPicks) slots /= 2;
  return slots;
}

export class Timeline {
  readonly #backends: number;
  readonly #slots: number;
  #width = firstSlotMs;
  /** The slot found last, and its time, ms. */
  #last = 0;
  #from = 0;
  #to = 0;
  /** Slots begun. */
  #used = 0;
  readonly #inFlight: Float64Array;
  readonly #late: Float64Array;
  readonly #atDeadline: Float64Array;
  /** By reason, then slot. */
  readonly #ended: Uint32Array[] = [];
  #ok: (SlotLatencies | undefined)[] = [];
  #open: (SlotLatencies | undefined)[] = [];
  /** By step, then backend. */
  #picks: Uint32Array[] = [];

  constructor(backends: number, slots = slotsFor(backends)) {
    this.#backends = backends;
    this.#slots = slots;
    this.#inFlight = new Float64Array(slots);
    this.#late = new Float64Array(slots);
    this.#atDeadline = new Float64Array(slots);
  }

  /** A request that was on its way from `sent` to `ended`, ms; NaN where it never ended. */
  flow(sent: number, ended: number): void {
    if (ended < 0) return;
    if (!Number.isNaN(ended)) this.#inFlight[this.#slotAt(ended)]!--;
    // Nothing is widened in between: it was sent before it ended.
    this.#inFlight[this.#slotAt(sent)]!++;
  }

  /** A request of the window ended, ms. */
  ended(reason: number, at: number): void {
    const slot = this.#slotAt(at);
    while (reason >= this.#ended.length) this.#ended.push(new Uint32Array(this.#slots));
    this.#ended[reason]![slot]!++;
  }

  /** A request due at `due`, ms, was ok after `micros`. */
  ok(due: number, micros: number): void {
    const slot = this.#slotAt(due);
    let latencies = this.#ok[slot];
    if (latencies === undefined) {
      latencies = new SlotLatencies();
      fill(this.#ok, slot, latencies);
    }
    latencies.add(micros);
  }

  open(due: number, micros: number): void {
    const slot = this.#slotAt(due);
    if (this.#open[slot] === undefined) fill(this.#open, slot, new SlotLatencies());
    this.#open[slot]!.add(micros);
  }

  late(due: number): void {
    this.#late[this.#slotAt(due)]!++;
  }

  atDeadline(due: number): void {
    this.#atDeadline[this.#slotAt(due)]!++;
  }

  /** A backend was picked at `at`, ms from t = 0 and not before it. */
  pick(at: number, backend: number): void {
    const step = (this.#slotAt(at) / slotsPerStep) | 0;
    while (step >= this.#picks.length) this.#picks.push(new Uint32Array(this.#backends));
    this.#picks[step]![backend]!++;
  }

  fold(reasons: readonly Omit<ReasonFold, 'count'>[]): TimelineFold {
    const used = <T>(values: ArrayLike<T>): T[] => Array.from(values).slice(0, this.#used);
    const cells = (all: readonly (SlotLatencies | undefined)[]) =>
      Array.from({ length: this.#used }, (_, slot) => sparse(all[slot]?.counts ?? []));
    return {
      slotMs: this.#width,
      slots: this.#used,
      ended: this.#ended.map((counts, reason) => ({ ...reasons[reason]!, counts: used(counts) })),
      inFlight: used(this.#inFlight),
      bits: coarse,
      ok: cells(this.#ok),
      open: cells(this.#open),
      late: used(this.#late),
      atDeadline: used(this.#atDeadline),
      picks: this.#picks.map((counts) => Array.from(counts)),
    };
  }

  /** The slot of a time in ms; what was before t = 0 is in the first. Widens the slots when it is beyond the last. */
  #slotAt(at: number): number {
    // Most times are in the slot of the one before: two comparisons instead of a division.
    if (at >= this.#from && at < this.#to) return this.#last;
    return this.#find(at);
  }

  #find(at: number): number {
    let slot = at > 0 ? Math.floor(at / this.#width) : 0;
    while (slot >= this.#slots) {
      this.#widen();
      slot = Math.floor(at / this.#width);
    }
    if (slot >= this.#used) this.#used = slot + 1;
    this.#last = slot;
    this.#from = slot * this.#width;
    this.#to = this.#from + this.#width;
    return slot;
  }

  #widen(): void {
    this.#width *= 2;
    this.#to = this.#from;
    this.#used = Math.ceil(this.#used / 2);
    for (const values of [this.#inFlight, this.#late, this.#atDeadline, ...this.#ended]) halve(values);
    this.#ok = merged(this.#ok);
    this.#open = merged(this.#open);
    const steps: Uint32Array[] = [];
    for (let step = 0; step < this.#picks.length; step += 2) {
      const [first, second] = [this.#picks[step]!, this.#picks[step + 1]];
      if (second !== undefined) for (let i = 0; i < first.length; i++) first[i]! += second[i]!;
      steps.push(first);
    }
    this.#picks = steps;
  }
}

/** Keeps the array without holes, which would make every later access slow. */
function fill<T>(all: (T | undefined)[], slot: number, value: T): void {
  while (all.length < slot) all.push(undefined);
  all[slot] = value;
}

/** Adds each two neighbours up into the first half. */
function halve(values: Float64Array | Uint32Array): void {
  for (let i = 0; i < values.length; i++)
    values[i] = 2 * i < values.length ? values[2 * i]! + values[2 * i + 1]! : 0;
}

function merged(all: (SlotLatencies | undefined)[]): (SlotLatencies | undefined)[] {
  const pairs: (SlotLatencies | undefined)[] = [];
  for (let slot = 0; slot < all.length; slot += 2) {
    const [first, second] = [all[slot], all[slot + 1]];
    if (first !== undefined && second !== undefined) first.merge(second);
    pairs.push(first ?? second);
  }
  return pairs;
}
