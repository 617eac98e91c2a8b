/** Whom a fault hits: `app-2`, `zone:a`, `random:2`, `50%` or `all`; the same backends for every contender of a round. */
import { permutation, stream } from './random.ts';
import { parseShare } from './units.ts';

export interface Target {
  readonly id: string;
  readonly zone?: string | undefined;
}

/**
 * The backends that `on` names, in fleet order. Empty when it names none: an unknown id or zone,
 * or no `on`, as faults of the load have none.
 * `random:2` and shares draw from (seed, number of the fault, `draw`), which tells the times apart that a fault draws anew; a share is
 * rounded to the nearest whole backend, at least one.
 */
export function targetsOf(
  on: string | readonly string[] | undefined,
  fleet: readonly Target[],
  seed: number,
  fault: number,
  draw = 0,
): string[] {
  if (on === undefined) return [];
  const counter = fault + draw * mostFaults;
  const chosen = new Set(
    (typeof on === 'string' ? [on] : on).flatMap((one) => single(one, fleet, seed, counter)),
  );
  return fleet.map(({ id }) => id).filter((id) => chosen.has(id));
}

/** More than a scenario of 1 MB holds. */
const mostFaults = 65_536;

function single(on: string, fleet: readonly Target[], seed: number, counter: number): string[] {
  if (on === 'all') return fleet.map(({ id }) => id);
  if (on.startsWith('zone:')) return fleet.filter(({ zone }) => zone === on.slice(5)).map(({ id }) => id);
  const random = /^random:(\d+)$/.exec(on);
  const share = random ? undefined : parseShare(on);
  if (!random && share === undefined) return fleet.some(({ id }) => id === on) ? [on] : [];
  const count = random ? Number(random[1]) : Math.max(1, Math.round(share! * fleet.length));
  return permutation(fleet.length, seed, stream.faults, counter)
    .slice(0, count)
    .map((i) => fleet[i]!.id);
}
