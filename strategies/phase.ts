/**
 * Where in its cycle a balancer begins, as a fraction in [0, 1).
 *
 * The trap: balancers of one fleet, started together from one seed, all send their first requests to the same backend
 * and walk in step from there. Each therefore begins at its own share of the cycle (index ÷ count), so that they are
 * apart even where they draw the same luck; `random` adds a draw, which sets apart those that do not know of each other.
 * `together` is the trap itself, to be measured: all begin with the first.
 */
import type { Env } from './strategy.ts';

export function phase(env: Env, start: string): number {
  if (start === 'together') return 0;
  const place = env.balancers === undefined ? 0 : env.balancers.index / env.balancers.count;
  return (place + (start === 'random' ? env.random() : 0)) % 1;
}

/** The option of every strategy that walks in a cycle. */
export const startOption = {
  type: 'choice',
  default: 'first',
  of: ['first', 'random', 'together'],
  about:
    'where the rotation begins: with the first backend (in a fleet each balancer at its own share of the rotation), anywhere, or in a fleet too with the first, as those do that know of no others',
} as const;
