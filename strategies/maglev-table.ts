/**
 * The table of Maglev hashing: filled by the backends in turn, each at the first free entry of its own permutation.
 *
 * A backend of weight w takes its k-th turn in round ⌈k·heaviest/w⌉ (Envoy's rule; the first is everybody's, so that
 * the lightest is not left out). Envoy asks every backend in every round; here each is queued in the round of its
 * next turn, so that 10,000 backends of which one is a thousand times as heavy cost no more than equal ones. A round
 * keeps the order of the others when somebody leaves, which is what keeps entries where they are.
 */
import { hashBits } from './hash.ts';
import { Roster } from './roster.ts';
import type { Backend, Pool } from './strategy.ts';

const end = -1;

interface Seat {
  readonly id: string;
  readonly weight: number;
  /** Where its permutation starts and how far it steps, coprime to the size because that is prime. */
  readonly offset: number;
  readonly skip: number;
}

export class MaglevTable {
  readonly size: number;
  readonly #entries: Int32Array;
  readonly #roster = new Roster();
  #seats: Seat[] = []; // of all members, by id
  #available: readonly Backend[] = [];

  /** `size` is prime. */
  constructor(size: number) {
    this.size = size;
    this.#entries = new Int32Array(size);
  }

  poolChanged(pool: Pool): void {
    const change = this.#roster.update(pool);
    if (change === 'nothing') return;
    if (change === 'members') this.#seats = this.#seated(pool.members);
    this.#available = pool.available;
    const positions = new Map(pool.available.map(({ id }, position) => [id, position]));
    const seats = this.#seats.filter(({ id }) => positions.has(id));
    this.#fill(
      seats,
      Int32Array.from(seats, ({ id }) => positions.get(id)!),
    );
  }

  /** The position in `available` of an entry's backend. Meaningless while nobody is available. */
  positionAt(entry: number): number {
    return this.#entries[entry]!;
  }

  /** The fraction of the table each of the available has. */
  shares(): Record<string, number> {
    const counts = new Float64Array(this.#available.length);
    if (counts.length > 0) for (const position of this.#entries) counts[position] = counts[position]! + 1;
    return Object.fromEntries(this.#available.map(({ id }, position) => [id, counts[position]! / this.size]));
  }

  #seated(members: readonly Backend[]): Seat[] {
    const known = new Map(this.#seats.map((seat) => [seat.id, seat]));
    const seats = members.map(({ id, weight }): Seat => {
      const seat = known.get(id);
      if (seat !== undefined) return seat.weight === weight ? seat : { ...seat, weight };
      const offset = (hashBits(id, 1) >>> 0) % this.size;
      const skip = ((hashBits(id, 2) >>> 0) % (this.size - 1)) + 1;
      return { id, weight, offset, skip };
    });
    return seats.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #fill(seats: readonly Seat[], positions: Int32Array): void {
    const { size } = this;
    const entries = this.#entries.fill(end);
    if (seats.length === 0) return;
    const heaviest = seats.reduce((most, { weight }) => Math.max(most, weight), 0);
    const wanted = Int32Array.from(seats, ({ offset }) => offset);
    const skips = Int32Array.from(seats, ({ skip }) => skip);
    const gaps = Float64Array.from(seats, ({ weight }) => heaviest / weight);
    const turns = new Int32Array(seats.length);
    // Who is due in each round, in order: a list threaded through `after`. The heaviest takes one entry a round.
    const firsts = new Int32Array(size + 1).fill(end);
    const lasts = new Int32Array(size + 1).fill(end);
    const after = new Int32Array(seats.length).fill(end);
    const queue = (seat: number, round: number) => {
      if (firsts[round] === end) firsts[round] = seat;
      else after[lasts[round]!] = seat;
      lasts[round] = seat;
      after[seat] = end;
    };
    for (let seat = 0; seat < seats.length; seat++) queue(seat, 1);

    for (let round = 1, filled = 0; filled < size; round++) {
      for (let seat = firsts[round]!; seat !== end && filled < size; ) {
        const following = after[seat]!;
        let entry = wanted[seat]!;
        while (entries[entry] !== end) entry = step(entry, skips[seat]!, size);
        entries[entry] = positions[seat]!;
        wanted[seat] = step(entry, skips[seat]!, size);
        filled++;
        const turn = turns[seat]! + 1;
        turns[seat] = turn;
        const due = Math.max(round + 1, Math.ceil(turn * gaps[seat]!));
        if (due <= size) queue(seat, due);
        seat = following;
      }
    }
  }
}

function step(entry: number, skip: number, size: number): number {
  const next = entry + skip;
  return next < size ? next : next - size;
}
