/**
 * A consistent-hash ring: points of every member on a circle of 2^32, a key belongs to the first point at or after
 * its hash.
 *
 * Formula     a member of weight w has round(virtualNodes·w) points (nginx's way: others' points do not move when it joins);
 *             its share deviates by √((n−1)/(n·virtualNodes+1)), relative standard deviation, at equal weights
 * Cost        lookup O(log(n·virtualNodes)); membership or weight change O(n·virtualNodes·log), availability change
 *             O(n·virtualNodes), without sorting
 * Source      Karger et al., STOC '97; the article's ring of 150 virtual nodes, `server:i`
 *
 * Points that coincide (32 bits, so it happens in large fleets) go to the lower id, whatever the order of the pool.
 */
import { hashBits, hashString } from './hash.ts';
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
const ranks = 2 ** 21; // hash·2^21 + rank is exact in a double, and sorts natively

export class Ring {
  readonly #virtualNodes: number;
  #members: { id: string; weight: number }[] = [];
  #rankOf = new Map<string, number>();
  #points = new Float64Array(0); // of all members, sorted
  #hashes = new Uint32Array(0); // of the available ones
  #owners = new Int32Array(0); // their positions in `available`

  constructor(virtualNodes: number) {
    this.#virtualNodes = virtualNodes;
  }

  poolChanged({ members, available }: Pool): void {
    if (!this.#holds(members)) this.#place(members);
    const positionOf = new Int32Array(members.length).fill(-1);
    available.forEach(({ id }, position) => {
      positionOf[this.#rankOf.get(id)!] = position;
    });
    const hashes = new Uint32Array(this.#points.length);
    const owners = new Int32Array(this.#points.length);
    let count = 0;
    for (const point of this.#points) {
      const position = positionOf[point % ranks]!;
      if (position < 0) continue;
      hashes[count] = Math.floor(point / ranks);
      owners[count++] = position;
    }
    this.#hashes = hashes.subarray(0, count);
    this.#owners = owners.subarray(0, count);
  }

  /** The owner of a key among the available, walking on past those tried while there is another. */
  find(key: string, available: readonly Backend[], tried: readonly Backend[]): Backend | undefined {
    const count = this.#hashes.length;
    if (count === 0) return undefined;
    let at = this.#firstAt(hashBits(key));
    if (tried.length > 0 && !allTried(available, tried)) {
      while (wasTried(available[this.#owners[at]!]!, tried)) at = at + 1 === count ? 0 : at + 1;
    }
    return available[this.#owners[at]!];
  }

  /** The fraction of the circle that each position of `available` owns. */
  shares(available: readonly Backend[]): Record<string, number> {
    const shares = Object.fromEntries(available.map(({ id }) => [id, 0]));
    this.#owners.forEach((owner, i) => {
      const previous = i === 0 ? this.#hashes.at(-1)! - 2 ** 32 : this.#hashes[i - 1]!;
      const id = available[owner]!.id;
      shares[id] = shares[id]! + (this.#hashes[i]! - previous) / 2 ** 32;
    });
    return shares;
  }

  #firstAt(bits: number): number {
    const hash = bits >>> 0;
    let low = 0;
    let high = this.#hashes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#hashes[middle]! < hash) low = middle + 1;
      else high = middle;
    }
    return low === this.#hashes.length ? 0 : low;
  }

  #holds(members: readonly Backend[]): boolean {
    return (
      members.length === this.#members.length &&
      members.every(({ id, weight }, i) => id === this.#members[i]!.id && weight === this.#members[i]!.weight)
    );
  }

  #place(members: readonly Backend[]): void {
    this.#members = members.map(({ id, weight }) => ({ id, weight }));
    const sorted = [...this.#members].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#rankOf = new Map(sorted.map(({ id }, rank) => [id, rank]));
    // Weights are relative: where all are below 1 the heaviest has the full number. Memory is bounded.
    const heaviest = sorted.reduce((most, { weight }) => Math.max(most, weight), 0);
    const perWeight = this.#virtualNodes / Math.min(1, heaviest || 1);
    const wanted = sorted.reduce((sum, { weight }) => sum + weight * perWeight, 0);
    const scale = perWeight * Math.min(1, maxPoints / wanted);
    const counts = sorted.map(({ weight }) => Math.max(1, Math.round(weight * scale)));
    this.#points = new Float64Array(counts.reduce((sum, count) => sum + count, 0));
    let next = 0;
    sorted.forEach(({ id }, rank) => {
      for (let i = 0; i < counts[rank]!; i++) this.#points[next++] = hashString(id, i + 1) * ranks + rank;
    });
    this.#points.sort();
  }
}
