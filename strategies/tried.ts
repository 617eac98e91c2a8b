/**
 * What a retry must avoid: the backends earlier attempts of the same request have used.
 *
 * Compared by index, because a pool may hold snapshots of the backends that were tried.
 */
import type { Backend } from './strategy.ts';

export function wasTried(backend: Backend, tried: readonly Backend[]): boolean {
  for (let i = 0; i < tried.length; i++) if (tried[i]!.index === backend.index) return true;
  return false;
}

/** True when skipping would leave nobody; then a strategy picks as if nothing had been tried. */
export function allTried(available: readonly Backend[], tried: readonly Backend[]): boolean {
  if (tried.length < available.length) return false; // the usual case, at no cost
  for (let i = 0; i < available.length; i++) if (!wasTried(available[i]!, tried)) return false;
  return true;
}
