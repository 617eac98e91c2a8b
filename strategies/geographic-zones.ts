/**
 * The zones of a pool: each a pool of its own for its own inner strategy, which it keeps for as long as it has a member.
 */
import { Positions } from './positions.ts';
import type { Backend, Env, Pool, Strategy } from './strategy.ts';

/** Those who name no zone are together in this one. */
const unnamed = '';

export interface Zone extends Pool {
  readonly name: string;
  readonly inner: Strategy;
  members: Backend[];
  available: Backend[];
  /** Of the available members. */
  weight: number;
}

export class Zones {
  /** By name, in order. */
  list: readonly Zone[] = [];
  readonly #create: () => Strategy;
  readonly #byName = new Map<string, Zone>();
  readonly #positions = new Positions();
  #zoneAt = new Int32Array(0); // index of the zone, by position in `available`
  #left = new Int32Array(0); // available and untried, by zone
  #marks = new Uint32Array(0); // by position: the retry that last met it among the tried
  #retry = 0;

  /** `create` makes an inner strategy. */
  constructor(create: () => Strategy) {
    this.#create = create;
  }

  poolChanged({ members, available }: Pool): void {
    for (const zone of this.list) {
      zone.members = [];
      zone.available = [];
      zone.weight = 0;
    }
    for (const backend of members) this.#enter(backend).members.push(backend);
    for (const backend of available) {
      const zone = this.of(backend)!;
      zone.available.push(backend);
      zone.weight += backend.weight;
    }
    for (const { name, members: left } of this.list) if (left.length === 0) this.#byName.delete(name);
    this.list = [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));

    this.#positions.update(available);
    const indices = new Map(this.list.map(({ name }, index) => [name, index]));
    this.#zoneAt = Int32Array.from(available, ({ zone }) => indices.get(zone ?? unnamed)!);
    this.#left = new Int32Array(this.list.length);
    this.#marks = new Uint32Array(available.length);
    this.#retry = 0;
    for (const zone of this.list) zone.inner.poolChanged?.(zone);
  }

  /** The zone a backend is in; undefined when it has no member any more. */
  of(backend: Backend): Zone | undefined {
    return this.#byName.get(backend.zone ?? unnamed);
  }

  /** For a retry: counts whom each zone has left besides those tried. */
  leave(tried: readonly Backend[]): void {
    for (let zone = 0; zone < this.list.length; zone++) {
      this.#left[zone] = this.list[zone]!.available.length;
    }
    this.#retry++;
    for (let i = 0; i < tried.length; i++) {
      const position = this.#positions.at(tried[i]!.index);
      if (position < 0 || this.#marks[position] === this.#retry) continue;
      this.#marks[position] = this.#retry;
      const zone = this.#zoneAt[position]!;
      this.#left[zone] = this.#left[zone]! - 1;
    }
  }

  /** One of some zones (indices), drawn by available weight; on a retry among those with somebody untried. Undefined when there is none. */
  draw(among: readonly number[], retry: boolean, env: Env): Zone | undefined {
    let total = 0;
    let open = 0;
    let last: Zone | undefined;
    for (let i = 0; i < among.length; i++) {
      if (!this.#open(among[i]!, retry)) continue;
      last = this.list[among[i]!]!;
      total += last.weight;
      open++;
    }
    if (open < 2) return last;
    let at = env.random() * total;
    for (let i = 0; i < among.length; i++) {
      if (!this.#open(among[i]!, retry)) continue;
      at -= this.list[among[i]!]!.weight;
      if (at < 0) return this.list[among[i]!]!;
    }
    return last; // where rounding has left a crumb
  }

  #open(zone: number, retry: boolean): boolean {
    return retry ? this.#left[zone]! > 0 : this.list[zone]!.available.length > 0;
  }

  #enter({ zone = unnamed }: Backend): Zone {
    const known = this.#byName.get(zone);
    if (known !== undefined) return known;
    const entered = { name: zone, inner: this.#create(), members: [], available: [], weight: 0 };
    this.#byName.set(zone, entered);
    return entered;
  }
}
