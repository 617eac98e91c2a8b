/**
 * Periods in which a backend's service times followed one law each: the stretch of windows is taken out that differs most
 * from all beside it (Kolmogorov and Smirnov's distance, weighed by how much was seen), then the same is done to the parts, for
 * as long as the difference is no luck and one that somebody would notice. A stretch, and not a single cut, as what goes wrong
 * mostly heals: circular binary segmentation, Olshen, Venkatraman, Lucito, Wigler, Biostatistics 2004.
 */
import { Sketch } from './sketch.ts';
import type { Cell } from './timeline.ts';

export interface Period {
  /** Windows, the last excluded. */
  readonly from: number;
  readonly to: number;
  readonly times: Sketch;
}

/** Cut no finer than into so many windows. */
const mostWindows = 1024;
/** Stretches begin and end at so many places first, and at windows between them then: all pairs are compared. */
const places = 64;
/** Times on either side of a cut at least. */
const leastTimes = 30;
/** D·√(nm/(n+m)) from which two samples differ: by chance alone one in 10⁷, but times that follow each other are alike. */
const significant = 3;
/** By which factor the median, p90 or p99 differs at least. */
const noticeable = 1.2;
const mostPeriods = 16;

/** Of one backend; empty where nothing is known of its times. */
export function periodsOf(cells: readonly (Cell | undefined)[]): Period[] {
  const group = Math.ceil(cells.length / mostWindows);
  const until = [new Sketch()];
  for (let i = 0; i < cells.length; i += group) {
    const sum = until.at(-1)!.without(new Sketch());
    for (const cell of cells.slice(i, i + group)) if (cell?.times !== undefined) sum.merge(cell.times);
    until.push(sum);
  }
  const periods: Period[] = [];
  if (until.at(-1)!.count === 0) return periods;
  const todo = [{ from: 0, to: until.length - 1 }];
  while (todo.length > 0) {
    const { from, to } = todo.pop()!;
    const cut = periods.length + todo.length < mostPeriods ? stretchOf(until, from, to) : undefined;
    if (cut === undefined) {
      periods.push({ from, to, times: until[to]!.without(until[from]!) });
      continue;
    }
    const edges = [...new Set([from, cut.from, cut.to, to])];
    for (let i = 1; i < edges.length; i++) todo.push({ from: edges[i - 1]!, to: edges[i]! });
  }
  return joined(periods.sort((a, b) => a.from - b.from)).map(({ from, to, times }) => ({
    from: from * group,
    to: Math.min(cells.length, to * group),
    times,
  }));
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly score: number;
}

/** `until[i]` holds all times before window i. */
function stretchOf(until: readonly Sketch[], from: number, to: number): Stretch | undefined {
  const step = Math.max(1, Math.ceil((to - from) / places));
  let best: Stretch = { from, to, score: 0 };
  const all = until[to]!.without(until[from]!);
  const weigh = (a: number, b: number) => {
    const score = scoreOf(all, until[a]!, until[b]!);
    if (score > best.score) best = { from: a, to: b, score };
  };
  for (let a = from; a < to; a += step) for (let b = a + step; b <= to; b += step) weigh(a, b);
  for (let a = from + step; a < to; a += step) weigh(a, to);
  // To the window, one edge after the other.
  const { from: begin } = best;
  if (begin > from)
    for (let a = Math.max(from, begin - step); a <= Math.min(best.to - 1, begin + step); a++)
      weigh(a, best.to);
  const { to: end } = best;
  if (end < to)
    for (let b = Math.max(best.from + 1, end - step); b <= Math.min(to, end + step); b++) weigh(best.from, b);
  return best.score >= significant ? best : undefined;
}

/** How much the times between two places differ from the rest of them all; 0 where either is too few. */
function scoreOf(all: Sketch, before: Sketch, after: Sketch): number {
  const inside = after.count - before.count;
  const outside = all.count - inside;
  if (inside < leastTimes || outside < leastTimes) return 0;
  return after.distanceSince(before, all) * Math.sqrt((inside * outside) / all.count);
}

/** Whether somebody would notice that one law is not the other. p99 counts where it is more than a few requests. */
export function differ(a: Sketch, b: Sketch): boolean {
  const levels = Math.min(a.count, b.count) >= 500 ? [0.5, 0.9, 0.99] : [0.5, 0.9];
  return levels.some((u) => Math.abs(Math.log(a.at(u) / b.at(u))) > Math.log(noticeable));
}

/** Neighbours that hardly differ are one period, and so are those too few to tell. */
function joined(periods: readonly Period[]): Period[] {
  const all: Period[] = [];
  for (const it of periods) {
    const before = all.at(-1);
    if (before !== undefined && !differ(before.times, it.times)) {
      const times = before.times.without(new Sketch());
      times.merge(it.times);
      all[all.length - 1] = { from: before.from, to: it.to, times };
    } else all.push(it);
  }
  return all;
}
