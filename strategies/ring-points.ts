/**
 * The points of a ring: sorted hashes on a circle of 2^32, each with the slot of the backend that owns it.
 *
 * Hashes are uniform, so their leading bits are a near-perfect sort: one counting pass puts every point within a step
 * or two of its place, and the same table of where each run of leading bits starts answers a lookup in O(1) expected,
 * where a binary search through 1.5 million points misses the cache twenty times.
 *
 * Values never change once made: a join or a leave gives new points, copied in blocks between those that differ.
 * Points that coincide (32 bits, so it happens in large fleets) are in order of their owners' ids, whatever the order
 * of the pool.
 */
import { avalanche, hashBits } from './hash.ts';

/** A backend's slot and how many points it has. */
export interface Owner {
  readonly slot: number;
  readonly points: number;
}

export class RingPoints {
  readonly hashes: Uint32Array;
  readonly slots: Int32Array;
  readonly #starts: Uint32Array;
  readonly #shift: number;

  private constructor(hashes: Uint32Array, slots: Int32Array) {
    this.hashes = hashes;
    this.slots = slots;
    const { length } = hashes;
    const bits = leadingBits(length);
    this.#shift = 32 - bits;
    this.#starts = startsOf(hashes, bits);
  }

  get length(): number {
    return this.hashes.length;
  }

  /** The first point at or after a hash, walking round the circle. Meaningless where there is no point. */
  firstAt(bits: number): number {
    const hash = bits >>> 0;
    const { hashes } = this;
    let at = this.#starts[hash >>> this.#shift]!;
    while (at < hashes.length && hashes[at]! < hash) at++;
    return at === hashes.length ? 0 : at;
  }

  /** The points of these owners. `ids` by slot. */
  static of(owners: readonly Owner[], ids: readonly string[]): RingPoints {
    const total = owners.reduce((sum, { points }) => sum + points, 0);
    const drawn = new Uint32Array(total);
    let count = 0;
    for (const { slot, points } of owners) {
      // Two hashes of the id, so that owners whose first ones coincide do not lose every point to each other.
      const start = hashBits(ids[slot]!, 1);
      const stride = hashBits(ids[slot]!, 2) | 1;
      for (let i = 0; i < points; i++) {
        drawn[count++] = avalanche((start + Math.imul(i, stride)) | 0);
      }
    }

    const shift = 32 - leadingBits(total);
    const next = startsOf(drawn, 32 - shift);
    const hashes = new Uint32Array(total);
    const slots = new Int32Array(total);
    count = 0;
    for (const { slot, points } of owners) {
      for (let i = 0; i < points; i++) {
        const hash = drawn[count++]!;
        const leading = hash >>> shift;
        const at = next[leading]!;
        next[leading] = at + 1;
        hashes[at] = hash;
        slots[at] = slot;
      }
    }
    // What is left is order within equal leading bits: an insertion sort moves each by a step or two.
    for (let i = 1; i < total; i++) {
      const hash = hashes[i]!;
      if (hashes[i - 1]! < hash) continue;
      const slot = slots[i]!;
      let at = i;
      while (at > 0 && follows(hashes[at - 1]!, ids[slots[at - 1]!]!, hash, ids[slot]!)) {
        hashes[at] = hashes[at - 1]!;
        slots[at] = slots[at - 1]!;
        at--;
      }
      hashes[at] = hash;
      slots[at] = slot;
    }
    return new RingPoints(hashes, slots);
  }

  /** Those whose slot is kept (a number of 0 or more there). */
  keeping(kept: Int32Array): RingPoints {
    const hashes = new Uint32Array(this.length);
    const slots = new Int32Array(this.length);
    let count = 0;
    for (let i = 0; i < this.length; i++) {
      const slot = this.slots[i]!;
      hashes[count] = this.hashes[i]!;
      slots[count] = slot;
      count += 1 + (kept[slot]! >> 31); // no branch: it would be guessed wrong half of the time
    }
    return new RingPoints(hashes.subarray(0, count), slots.subarray(0, count));
  }

  /** These and those of others, whose slots are new. */
  joinedBy(others: RingPoints, ids: readonly string[]): RingPoints {
    const hashes = new Uint32Array(this.length + others.length);
    const slots = new Int32Array(hashes.length);
    let from = 0;
    for (let i = 0; i <= others.length; i++) {
      const to = i === others.length ? this.length : this.#placeOf(others, i, ids, from);
      hashes.set(this.hashes.subarray(from, to), from + i);
      slots.set(this.slots.subarray(from, to), from + i);
      if (i < others.length) {
        hashes[to + i] = others.hashes[i]!;
        slots[to + i] = others.slots[i]!;
      }
      from = to;
    }
    return new RingPoints(hashes, slots);
  }

  /** The first point that follows another ring's i-th, from a point on; the length where none does. */
  #placeOf(others: RingPoints, i: number, ids: readonly string[], from: number): number {
    const hash = others.hashes[i]!;
    const id = ids[others.slots[i]!]!;
    let at = Math.max(from, this.#starts[hash >>> this.#shift]!);
    while (at < this.length && !follows(this.hashes[at]!, ids[this.slots[at]!]!, hash, id)) at++;
    return at;
  }
}

/** How many hashes have smaller leading bits, for each value of those. The hashes need not be sorted. */
function startsOf(hashes: Uint32Array, bits: number): Uint32Array {
  const shift = 32 - bits;
  const starts = new Uint32Array(2 ** bits);
  for (let i = 0; i < hashes.length; i++) {
    const leading = hashes[i]! >>> shift;
    starts[leading] = starts[leading]! + 1;
  }
  let before = 0;
  for (let leading = 0; leading < starts.length; leading++) {
    const here = starts[leading]!;
    starts[leading] = before;
    before += here;
  }
  return starts;
}

/** Whether one point comes after another on the circle. */
function follows(hash: number, id: string, otherHash: number, otherId: string): boolean {
  return hash > otherHash || (hash === otherHash && id > otherId);
}

/** So many that a run of equal leading bits holds one to two points. */
function leadingBits(points: number): number {
  return Math.max(1, 31 - Math.clz32(Math.max(1, points)));
}
