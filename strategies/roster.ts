/**
 * What has changed since a table was built, so that it is not built again for nothing: a load board that was refreshed
 * brings new objects with the ids, weights and availability of the old ones.
 *
 * O(n) per `poolChanged`. The order of the pool counts as a change, because tables name backends by their position.
 */
import type { Backend, Pool } from './strategy.ts';

export class Roster {
  #ids: string[] = [];
  #weights: number[] = [];
  #available: string[] = [];
  #fresh = true;

  /** Compares the pool with the last one and remembers it. `members` (who, in which order, with what weight) implies that availability may have changed too. */
  update({ members, available }: Pool): 'nothing' | 'availability' | 'members' {
    const same = !this.#fresh && this.#holds(members);
    if (!same) {
      this.#fresh = false;
      this.#ids = members.map(({ id }) => id);
      this.#weights = members.map(({ weight }) => weight);
    } else if (sameIds(this.#available, available)) return 'nothing';
    this.#available = available.map(({ id }) => id);
    return same ? 'availability' : 'members';
  }

  #holds(members: readonly Backend[]): boolean {
    if (!sameIds(this.#ids, members)) return false;
    for (let i = 0; i < members.length; i++) if (members[i]!.weight !== this.#weights[i]) return false;
    return true;
  }
}

function sameIds(ids: readonly string[], backends: readonly Backend[]): boolean {
  if (ids.length !== backends.length) return false;
  for (let i = 0; i < ids.length; i++) if (backends[i]!.id !== ids[i]) return false;
  return true;
}
