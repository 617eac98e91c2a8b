/**
 * A consistent-hash ring: points of every member on a circle of 2^32, a key belongs to the first point at or after
 * its hash.
 *
 * Formula     a member of weight w has round(virtualNodes·w) points (nginx's way: others' points do not move when it joins);
 *             its share deviates by √((n−1)/(n·virtualNodes+1)), relative standard deviation, at equal weights
 * Cost        lookup O(1) expected; availability change O(n); join, leave or weight change O(n·virtualNodes) copied in
 *             blocks, nothing sorted but the newcomer's points; nothing where nothing relevant has changed
 * Source      Karger et al., STOC '97; the article's ring of 150 virtual nodes
 *
 * Points of members that are down stay, and a lookup walks over them; only while less than half of the points are of
 * available members are those copied out, so that a walk stays short, at O(n·virtualNodes) per change.
 */
import { hashBits } from './hash.ts';
import { type Owner, RingPoints } from './ring-points.ts';
import { Roster } from './roster.ts';
import type { Backend, Pool } from './strategy.ts';
import { allTried, wasTried } from './tried.ts';

/** The option of every strategy that uses a ring. */
export const virtualNodes = {
  type: 'integer',
  default: 150,
  min: 1,
  max: 10_000,
  about: 'points on the ring for a weight of 1',
} as const;

const maxPoints = 2 ** 22;

export class Ring {
  readonly #virtualNodes: number;
  readonly #roster = new Roster();
  /** A member keeps its slot while it stays; freed ones are given to those who join. */
  readonly #slotOf = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #free: number[] = [];
  #owned = new Int32Array(0); // points by slot
  #all = RingPoints.of([], []);
  #points = this.#all; // those looked up: of all members, or of the available alone
  #positions = new Int32Array(0); // in `available`, by slot; -1 when not available

  constructor(virtualNodes: number) {
    this.#virtualNodes = virtualNodes;
  }

  poolChanged(pool: Pool): void {
    const change = this.#roster.update(pool);
    if (change === 'nothing') return;
    if (change === 'members') this.#place(pool.members);
    this.#positions = new Int32Array(this.#ids.length).fill(-1);
    let reachable = 0;
    pool.available.forEach(({ id }, position) => {
      const slot = this.#slotOf.get(id)!;
      this.#positions[slot] = position;
      reachable += this.#owned[slot]!;
    });
    this.#points = reachable * 2 < this.#all.length ? this.#all.keeping(this.#positions) : this.#all;
  }

  /** The owner of a key among the available, walking on past those tried while there is another. */
  find(key: string, available: readonly Backend[], tried: readonly Backend[]): Backend | undefined {
    if (available.length === 0) return undefined;
    const retry = tried.length > 0 && !allTried(available, tried);
    let at = this.first(hashBits(key));
    let backend = available[this.positionAt(at)]!;
    while (retry && wasTried(backend, tried)) {
      at = this.next(at);
      backend = available[this.positionAt(at)]!;
    }
    return backend;
  }

  /** Points there are to walk over; 0 when nobody is available. */
  get length(): number {
    return this.#points.length;
  }

  /** The first point of somebody available, at or after a hash (signed bits). */
  first(bits: number): number {
    return this.#reachable(this.#points.firstAt(bits));
  }

  /** The next point of somebody available, round the circle. */
  next(at: number): number {
    return this.#reachable(at + 1 === this.#points.length ? 0 : at + 1);
  }

  /** The position in `available` of a point's owner. */
  positionAt(at: number): number {
    return this.#positions[this.#points.slots[at]!]!;
  }

  /** The fraction of the circle that each position of `available` owns. */
  shares(available: readonly Backend[]): Record<string, number> {
    const shares = Object.fromEntries(available.map(({ id }) => [id, 0]));
    const { hashes, slots } = this.#points;
    const owners = [...slots.keys()].filter((at) => this.positionAt(at) >= 0);
    let previous = owners.length === 0 ? 0 : hashes[owners.at(-1)!]! - 2 ** 32;
    for (const at of owners) {
      const { id } = available[this.positionAt(at)]!;
      shares[id] = shares[id]! + (hashes[at]! - previous) / 2 ** 32;
      previous = hashes[at]!;
    }
    return shares;
  }

  #reachable(from: number): number {
    const { slots } = this.#points;
    let at = from;
    while (this.#positions[slots[at]!]! < 0) at = at + 1 === slots.length ? 0 : at + 1;
    return at;
  }

  /** Takes out the points of those who left and puts in those of who joined; a changed weight is both. */
  #place(members: readonly Backend[]): void {
    const scale = this.#scale(members);
    const kept = new Int32Array(this.#ids.length).fill(-1);
    const coming: { id: string; points: number }[] = [];
    for (const { id, weight } of members) {
      const points = Math.max(1, Math.round(weight * scale));
      const slot = this.#slotOf.get(id);
      if (slot !== undefined && this.#owned[slot] === points) kept[slot] = points;
      else coming.push({ id, points });
    }
    let leaving = 0;
    for (const [id, slot] of this.#slotOf) {
      if (kept[slot]! >= 0) continue;
      leaving += this.#owned[slot]!;
      this.#slotOf.delete(id);
      this.#free.push(slot);
    }
    if (leaving > 0) this.#all = this.#all.keeping(kept);
    if (coming.length === 0) return;
    const joining: Owner[] = coming.map(({ id, points }) => ({ slot: this.#slot(id), points }));
    const owned = new Int32Array(this.#ids.length);
    owned.set(this.#owned);
    for (const { slot, points } of joining) owned[slot] = points;
    this.#owned = owned;
    if (coming.length * 8 < members.length) {
      this.#all = this.#all.joinedBy(RingPoints.of(joining, this.#ids), this.#ids);
    } else {
      const owners = [...this.#slotOf.values()].map((slot) => ({ slot, points: owned[slot]! }));
      this.#all = RingPoints.of(owners, this.#ids);
    }
  }

  #slot(id: string): number {
    const slot = this.#free.pop() ?? this.#ids.length;
    this.#ids[slot] = id;
    this.#slotOf.set(id, slot);
    return slot;
  }

  /** Points for a weight of 1. Weights are relative: where all are below 1 the heaviest has the full number. */
  #scale(members: readonly Backend[]): number {
    const heaviest = members.reduce((most, { weight }) => Math.max(most, weight), 0);
    const scale = this.#virtualNodes / Math.min(1, heaviest || 1);
    const wanted = members.reduce((sum, { weight }) => sum + weight * scale, 0);
    // Memory is bounded by halving, and not by as much as is needed, so that few joins change the points of all.
    return scale * Math.min(1, 2 ** -Math.ceil(Math.log2(wanted / maxPoints)));
  }
}
