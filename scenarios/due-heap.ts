/** What is due at some time, earliest first: a binary heap. Backends answer by it, and generators send by it where clients are far away. */
export class DueHeap<T extends { readonly at: number }> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The earliest; undefined where there is none. */
  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let hole = items.length;
    items.push(item);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (items[parent]!.at <= item.at) break;
      items[hole] = items[parent]!;
      hole = parent;
    }
    items[hole] = item;
  }

  /** Takes the earliest out. Only to be called where there is one. */
  pop(): T {
    const items = this.#items;
    const first = items[0]!;
    const last = items.pop()!;
    const { length } = items;
    if (length === 0) return first;
    let hole = 0;
    for (let child = 1; child < length; child = 2 * hole + 1) {
      if (child + 1 < length && items[child + 1]!.at < items[child]!.at) child++;
      if (items[child]!.at >= last.at) break;
      items[hole] = items[child]!;
      hole = child;
    }
    items[hole] = last;
    return first;
  }

  clear(): void {
    this.#items.length = 0;
  }

  /** In no order. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#items[Symbol.iterator]();
  }
}
