/**
 * What is to happen in virtual time, earliest first: a heap of four children each, its times in an array of their own so that sifting
 * touches numbers and not objects. Among equal times the lower rank goes first, then what was added first, so that a
 * run is the same every time.
 */

/** Something that happens at a time. It is in the agenda at most once. */
export interface Due {
  /** Its position among equal times; written by the agenda. */
  order: number;
  happen(): void;
  /** Reads what `happen` will, one step ahead, so that it is in the cache by then. */
  touch(): number;
}

/**
 * What goes first at equal times: a worker that gets free is free for whoever arrives at that moment (the backend
 * model's law), and a response in time is in time.
 */
export const rank = { finish: 0, message: 1, rest: 2 } as const;
export type Rank = (typeof rank)[keyof typeof rank];
/** Above any number of things added to one agenda. */
const rankStep = 2 ** 48;

export class Agenda {
  #times = new Float64Array(1024);
  readonly #items: Due[] = [];
  #size = 0;
  #added = 0;
  /** What touching has read. It means nothing; kept, so that the reading is not optimised away. */
  touched = 0;

  /** When the next thing happens, ms; Infinity when there is none. */
  get due(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!;
  }

  get size(): number {
    return this.#size;
  }

  add(item: Due, at: number, first: Rank): void {
    item.order = first * rankStep + this.#added++;
    if (this.#size === this.#times.length) {
      const larger = new Float64Array(this.#size * 2);
      larger.set(this.#times);
      this.#times = larger;
    }
    this.#rise(this.#size++, at, item);
  }

  /** Takes the next thing out. Only to be called where there is one. */
  next(): Due {
    const times = this.#times;
    const items = this.#items;
    const first = items[0]!;
    const size = --this.#size;
    const at = times[size]!;
    const item = items[size]!;
    items[size] = nothing;
    if (size === 0) return first;
    // Down to the bottom along the earliest children, then up: what came from the bottom belongs near it.
    let hole = 0;
    for (let child = 1; child < size; child = 4 * hole + 1) {
      const end = child + 4 < size ? child + 4 : size;
      let least = child;
      let time = times[child]!;
      for (let other = child + 1; other < end; other++) {
        const it = times[other]!;
        if (it < time || (it === time && items[other]!.order < items[least]!.order)) {
          least = other;
          time = it;
        }
      }
      times[hole] = time;
      items[hole] = items[least]!;
      hole = least;
    }
    this.#rise(hole, at, item);
    // What happens next is brought nearer while this happens: the next thing's surroundings, and those that may follow it.
    this.touched += items[0]!.touch();
    if (size > 4)
      this.touched +=
        (items[1]!.order & 1) + (items[2]!.order & 1) + (items[3]!.order & 1) + (items[4]!.order & 1);
    return first;
  }

  /** Puts an item into a hole, or above it where it belongs. */
  #rise(from: number, at: number, item: Due): void {
    const times = this.#times;
    const items = this.#items;
    let hole = from;
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      const time = times[parent]!;
      if (time < at || (time === at && items[parent]!.order < item.order)) break;
      times[hole] = time;
      items[hole] = items[parent]!;
      hole = parent;
    }
    times[hole] = at;
    items[hole] = item;
  }
}

/** Keeps the array free of holes and of things past. */
const nothing: Due = { order: 0, happen: () => undefined, touch: () => 0 };

/** Something rare that happens once. */
export class Task implements Due {
  order = 0;
  readonly happen: () => void;

  constructor(happen: () => void) {
    this.happen = happen;
  }

  touch(): number {
    return 0;
  }
}
