/** Ids for the backends of a log: servers' names stay where they are names; addresses are numbered. */
import { namePattern } from '../../scenarios/names.ts';

/** In the order of `names`, all different. */
export function backendIds(names: readonly string[]): string[] {
  const pools = new Set(names.map((name) => poolOf(name)));
  const ids = new Map<string, string>();
  const taken = new Set(['all']);
  let number = 0;
  for (const name of [...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))) {
    const told = toldName(name, pools.size > 1);
    let id = told;
    while (id === undefined || taken.has(id)) id = `app-${++number}`;
    taken.add(id);
    ids.set(name, id);
  }
  return names.map((name) => ids.get(name)!);
}

/** HAProxy says `pool/server`. */
const poolOf = (name: string): string | undefined => /^([^/:]+)\/[^/]+$/.exec(name)?.[1];

/** Undefined for addresses, which say who somebody is. */
function toldName(name: string, withPool: boolean): string | undefined {
  const pool = poolOf(name);
  const server = pool === undefined ? name : name.slice(pool.length + 1);
  if (/[:./]/.test(server)) return undefined;
  const id = (withPool && pool !== undefined ? `${pool}-${server}` : server).toLowerCase();
  return namePattern.test(id) ? id : undefined;
}
