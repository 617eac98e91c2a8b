/**
 * Sessions and the backend index each is bound to, the least recently used forgotten first.
 *
 * A list threaded through typed arrays keeps the order of use, so that looking a session up allocates nothing (moving
 * keys to the end of a Map would make it rehash for ever). Memory is bounded by `capacity` sessions and grows as
 * they come.
 */
const end = -1;

export class SessionTable {
  readonly #capacity: number;
  readonly #slots = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #owner: number[] = [];
  readonly #seen: number[] = [];
  readonly #newer: number[] = [];
  readonly #older: number[] = [];
  #newest = end;
  #oldest = end;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The session's slot, now the most recently used; -1 when it is unknown. */
  find(key: string): number {
    const slot = this.#slots.get(key);
    if (slot === undefined) return -1;
    if (slot !== this.#newest) {
      this.#unlink(slot);
      this.#linkNewest(slot);
    }
    return slot;
  }

  /** A slot for a session that is not in the table; the least recently used makes room. */
  add(key: string): number {
    let slot = this.#keys.length;
    if (slot === this.#capacity) {
      slot = this.#oldest;
      this.#unlink(slot);
      this.#slots.delete(this.#keys[slot]!);
    }
    this.#keys[slot] = key;
    this.#owner[slot] = end;
    this.#seen[slot] = 0;
    this.#slots.set(key, slot);
    this.#linkNewest(slot);
    return slot;
  }

  /** Index of the backend the session is bound to; -1 when it is bound to none. */
  owner(slot: number): number {
    return this.#owner[slot]!;
  }

  /** When it was last bound or seen, in the caller's clock. */
  seen(slot: number): number {
    return this.#seen[slot]!;
  }

  bind(slot: number, owner: number): void {
    this.#owner[slot] = owner;
  }

  touch(slot: number, now: number): void {
    this.#seen[slot] = now;
  }

  /** Unbinds every session of an index: another backend has taken it. */
  release(owner: number): void {
    for (let slot = 0; slot < this.#owner.length; slot++)
      if (this.#owner[slot] === owner) this.#owner[slot] = end;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Calls back with the owner of every session that is bound. */
  forEachOwner(visit: (owner: number) => void): void {
    for (const owner of this.#owner) if (owner !== end) visit(owner);
  }

  #unlink(slot: number): void {
    const newer = this.#newer[slot]!;
    const older = this.#older[slot]!;
    if (newer === end) this.#newest = older;
    else this.#older[newer] = older;
    if (older === end) this.#oldest = newer;
    else this.#newer[older] = newer;
  }

  #linkNewest(slot: number): void {
    this.#newer[slot] = end;
    this.#older[slot] = this.#newest;
    if (this.#newest === end) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }
}
