/**
 * Wilcoxon's signed-rank test of paired differences, exact, and the Hodges-Lehmann estimate that belongs to it.
 *
 * Under the hypothesis that differences lie symmetrically around 0, each of the 2ⁿ ways to sign their ranks is equally likely. Equal
 * sizes share the mean of their ranks, and the distribution is then that of these ranks, still exact; differences of 0 say nothing
 * about a side and are left out (Wilcoxon 1945). Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3rd ed., ch. 3.1–3.3.
 */

import { normalQuantile } from '../../scenarios/service-times/normal.ts';
import { normalBelow } from './normal.ts';

/** Up to so many differences the distribution is counted out; beyond, it is as good as normal, and that is what is taken. */
export const mostExact = 200;

export interface SignedRank {
  /** Differences other than 0. */
  readonly n: number;
  /** Sum of the ranks of the positive ones. */
  readonly w: number;
  /** P(W ≥ w): small where differences lie above 0. 1 for no differences. */
  readonly greater: number;
  /** P(W ≤ w): small where they lie below 0. */
  readonly less: number;
  /** Twice the smaller of both, at most 1. */
  readonly twoSided: number;
}

/** Infinite differences rank last, among themselves as equals; NaN is a RangeError. */
export function signedRank(differences: readonly number[]): SignedRank {
  if (differences.some(Number.isNaN)) throw new RangeError('expected differences, got NaN');
  const sized = differences.filter((it) => it !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const n = sized.length;
  if (n === 0) return { n, w: 0, greater: 1, less: 1, twoSided: 1 };
  const ranks = midRanks(sized.map(Math.abs));
  const w = ranks.reduce((sum, rank, i) => sum + (sized[i]! > 0 ? rank : 0), 0);
  const { atMost, atLeast } = n > mostExact ? normalTails(ranks, w) : exactTails(ranks, w);
  return { n, w, greater: atLeast, less: atMost, twoSided: Math.min(1, 2 * Math.min(atLeast, atMost)) };
}

/** Of ascending values; equal ones share the mean of their ranks. */
function midRanks(ascending: readonly number[]): number[] {
  const ranks: number[] = [];
  for (let from = 0; from < ascending.length; ) {
    let to = from;
    while (to < ascending.length && ascending[to] === ascending[from]) to++;
    for (let i = from; i < to; i++) ranks.push((from + 1 + to) / 2);
    from = to;
  }
  return ranks;
}

/** P(sum of a random half of the ranks = s / 2), for each s. Ranks are halves at the finest, so twice a rank is whole. */
function distribution(ranks: readonly number[]): Float64Array {
  const twice = ranks.map((rank) => Math.round(2 * rank));
  const chances = new Float64Array(twice.reduce((sum, rank) => sum + rank, 0) + 1);
  chances[0] = 1;
  let reached = 0;
  for (const rank of twice) {
    reached += rank;
    for (let s = reached; s >= 0; s--) chances[s] = (chances[s]! + (s >= rank ? chances[s - rank]! : 0)) / 2;
  }
  return chances;
}

function exactTails(ranks: readonly number[], w: number): { atMost: number; atLeast: number } {
  const chances = distribution(ranks);
  const at = Math.round(2 * w);
  let below = 0;
  for (let s = 0; s < at; s++) below += chances[s]!;
  let above = 0;
  for (let s = chances.length - 1; s > at; s--) above += chances[s]!;
  return { atMost: Math.min(1, below + chances[at]!), atLeast: Math.min(1, above + chances[at]!) };
}

function normalTails(ranks: readonly number[], w: number): { atMost: number; atLeast: number } {
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / 2;
  const deviation = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0) / 4);
  return {
    atMost: normalBelow((w - mean + 0.5) / deviation),
    atLeast: normalBelow((mean - w + 0.5) / deviation),
  };
}

/** The median of all means of two (each with itself too): where the differences lie. NaN for none. */
export function hodgesLehmann(differences: readonly number[]): number {
  const means = walsh(differences);
  if (means.length === 0) return Number.NaN;
  const middle = means.length >> 1;
  return means.length % 2 === 1 ? means[middle]! : (means[middle - 1]! + means[middle]!) / 2;
}

/**
 * One-sided bounds on where differences lie: each, on its own, holds with at least `confidence`; both together, with twice the
 * doubt, are a two-sided interval. Infinite where so few differences cannot say it with that confidence. Tukey's counting of Walsh
 * averages, for differences without ties; with ties they are a little wide.
 */
export function bounds(differences: readonly number[], confidence: number): { lower: number; upper: number } {
  const skip = criticalValue(differences.length, 1 - confidence);
  if (skip === 0) return { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
  const means = walsh(differences);
  return { lower: means[skip - 1]!, upper: means[means.length - skip]! };
}

/** The largest count c for which P(W ≤ c − 1) ≤ `doubt` among n differences without ties; 0 where there is none. */
export function criticalValue(n: number, doubt: number): number {
  if (n > mostExact) {
    const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
    return Math.max(0, Math.floor((n * (n + 1)) / 4 - normalQuantile(1 - doubt) * deviation));
  }
  const chances = distribution(Array.from({ length: n }, (_, i) => i + 1));
  let below = 0;
  let c = 0;
  while (2 * c < chances.length && below + chances[2 * c]! <= doubt) below += chances[2 * c++]!;
  return c;
}

/** Fewest differences that can show anything with that much doubt, 2⁻ⁿ ≤ doubt. */
export function fewest(doubt: number): number {
  return Math.max(1, Math.ceil(-Math.log2(doubt) - 1e-12));
}

function walsh(differences: readonly number[]): Float64Array {
  const n = differences.length;
  const means = new Float64Array((n * (n + 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) means[at++] = (differences[i]! + differences[j]!) / 2;
  return means.sort();
}
