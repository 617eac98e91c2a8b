/** Bursts of errors: runs of windows in which a backend failed far more of its requests than it usually does, while it still answered some. */
import type { Cell, Failed } from './timeline.ts';

export interface Burst {
  /** Windows, the last excluded. */
  readonly from: number;
  readonly to: number;
  readonly attempts: number;
  readonly failed: number;
  /** The failure there was most of. */
  readonly most: Failed;
}

/** Of the attempts of a window, for it to be a bad one. */
const leastShare = 0.05;
/** Good windows within a burst at most, in a row. */
const gap = 3;
const leastFailures = 8;
/** Standard deviations above what is usual. */
const deviations = 6;

/** Of one backend; `passedOver` says which windows lie in a silence. */
export function burstsOf(
  cells: readonly (Cell | undefined)[],
  passedOver: (window: number) => boolean,
): Burst[] {
  const counted = cells.map((cell, i) =>
    cell === undefined || passedOver(i) ? { failed: 0, all: 0 } : countOf(cell),
  );
  const usual = usualShare(counted);
  const bad = ({ failed, all }: Counted) => failed > 0 && failed / all >= Math.max(leastShare, 3 * usual);
  const bursts: Burst[] = [];
  for (let i = 0; i < counted.length; i++) {
    if (!bad(counted[i]!)) continue;
    let last = i;
    for (let k = i + 1; k < counted.length && k - last <= gap + 1; k++) if (bad(counted[k]!)) last = k;
    const burst = burstOf(cells, counted, i, last + 1);
    const expected = usual * burst.attempts;
    const unlikely = burst.failed - expected >= deviations * Math.sqrt(Math.max(1, expected));
    if (burst.failed >= leastFailures && unlikely) bursts.push(burst);
    i = last;
  }
  return bursts;
}

interface Counted {
  readonly failed: number;
  readonly all: number;
}

function countOf({ ok, failures }: Cell): Counted {
  let failed = 0;
  for (const { failure, count } of failures.values()) if (failure !== 'abandoned') failed += count;
  return { failed, all: ok + failed };
}

/** The failed share of the middle one of the windows that have attempts: a burst does not move it. */
function usualShare(counted: readonly Counted[]): number {
  const shares = counted.filter(({ all }) => all > 0).map(({ failed, all }) => failed / all);
  return shares.sort((a, b) => a - b)[shares.length >> 1] ?? 0;
}

function burstOf(
  cells: readonly (Cell | undefined)[],
  counted: readonly Counted[],
  from: number,
  to: number,
): Burst {
  const kinds = new Map<string, Failed>();
  let attempts = 0;
  let failed = 0;
  for (let i = from; i < to; i++) {
    attempts += counted[i]!.all;
    failed += counted[i]!.failed;
    if (counted[i]!.all === 0) continue;
    for (const [kind, it] of cells[i]!.failures) {
      if (it.failure === 'abandoned') continue;
      const known = kinds.get(kind) ?? { ...it, count: 0, took: 0 };
      kinds.set(kind, { ...known, count: known.count + it.count, took: known.took + it.took });
    }
  }
  const most = [...kinds.values()].sort((a, b) => b.count - a.count)[0]!;
  return { from, to, attempts, failed, most };
}
