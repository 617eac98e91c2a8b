/** The backend's cache: which keys it has, the least recently used going first. A Map keeps insertion order. */
export class Lru {
  readonly #entries: number;
  readonly #keys = new Map<string | number, true>();

  /** `entries` ≥ 1: how many keys it holds. */
  constructor(entries: number) {
    this.#entries = entries;
  }

  /** Whether the key is there; if so it is now the most recently used. */
  has(key: string | number): boolean {
    if (!this.#keys.delete(key)) return false;
    this.#keys.set(key, true);
    return true;
  }

  add(key: string | number): void {
    this.#keys.delete(key);
    this.#keys.set(key, true);
    if (this.#keys.size > this.#entries)
      for (const oldest of this.#keys.keys()) return void this.#keys.delete(oldest);
  }

  clear(): void {
    this.#keys.clear();
  }
}
