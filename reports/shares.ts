/**
 * Who got how much: attempts picked within the measured window, per backend, and how even that is.
 * An attempt belongs to the window and to the phase in which its backend was picked.
 */
import { type AttemptColumns, attemptKinds, type Run } from '../harness/recording.ts';
import { type EjectionCounts, ejectionsOf } from './ejections.ts';
import type { BackendShare, Phase } from './summary.ts';
import { phaseAt, type Stretch } from './windows.ts';

/** Counts of one trial; several are added up before shares are taken. */
export interface AttemptCounts {
  /** Per backend index. */
  picks: Float64Array;
  errors: Float64Array;
  phases: Record<Phase, Float64Array>;
  /** Attempts that were not the first of their request. */
  retries: number;
  /** Attempts are connections, of which requests know nothing (layer 4): those counted here are requests that were answered. */
  ofConnections?: boolean;
}

const spared = new Set(['ok', 'cancelled', 'in-flight'].map((kind) => attemptKinds.indexOf(kind as 'ok')));

export function countAttempts(
  attempts: AttemptColumns,
  backends: number,
  union: readonly Stretch[],
  windowMs: number,
): AttemptCounts {
  const counts = noAttempts(backends);
  for (let row = 0; row < attempts.length; row++) {
    const at = attempts.picked[row]! / 1000;
    const backend = attempts.backend[row]!;
    if (!(at >= 0 && at < windowMs) || backend < 0 || backend >= backends) continue;
    counts.picks[backend]!++;
    counts.phases[phaseAt(union, at)][backend]!++;
    if (!spared.has(attempts.kind[row]!)) counts.errors[backend]!++;
    if (attempts.attempt[row]! > 1) counts.retries++;
  }
  return counts;
}

export function noAttempts(backends: number): AttemptCounts {
  const zero = () => new Float64Array(backends);
  return {
    picks: zero(),
    errors: zero(),
    phases: { before: zero(), during: zero(), after: zero() },
    retries: 0,
  };
}

export function addAttempts(all: readonly AttemptCounts[], backends: number): AttemptCounts {
  const sum = noAttempts(backends);
  const add = (to: Float64Array, from: Float64Array) => {
    for (let i = 0; i < backends; i++) to[i]! += from[i]!;
  };
  for (const one of all) {
    add(sum.picks, one.picks);
    add(sum.errors, one.errors);
    for (const phase of ['before', 'during', 'after'] as const) add(sum.phases[phase], one.phases[phase]);
    sum.retries += one.retries;
    if (one.ofConnections) sum.ofConnections = true;
  }
  return sum;
}

/** weight ÷ sum of weights, by backend index. */
export function fairShares(backends: Run['backends']): number[] {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  return backends.map(({ weight }) => weight / total);
}

export const total = (counts: Float64Array) => counts.reduce((sum, count) => sum + count, 0);

export function sharesOf(
  counts: AttemptCounts,
  backends: Run['backends'],
  ejections: EjectionCounts,
): BackendShare[] {
  const fair = fairShares(backends);
  const all = total(counts.picks);
  const within = {
    before: total(counts.phases.before),
    during: total(counts.phases.during),
    after: total(counts.phases.after),
  };
  return backends.map(({ id, weight, zone }, index) => {
    const share = all === 0 ? null : counts.picks[index]! / all;
    const phases: BackendShare['phases'] = {};
    for (const phase of ['before', 'during', 'after'] as const)
      if (within[phase] > 0) phases[phase] = counts.phases[phase][index]! / within[phase];
    return {
      id,
      weight,
      ...(zone === undefined ? {} : { zone }),
      attempts: counts.picks[index]!,
      share,
      fairShare: fair[index]!,
      shareOverFair: share === null ? null : share / fair[index]!,
      errors: counts.errors[index]!,
      phases,
      ejections: ejectionsOf(ejections, index),
    };
  });
}

/** Jain's fairness index (Σx)² ÷ (n·Σx²) over x = attempts ÷ weight; null when nothing was picked. */
export function jain(attempts: readonly number[], weights: readonly number[]): number | null {
  const x = attempts.map((count, index) => count / weights[index]!);
  const sum = x.reduce((a, b) => a + b, 0);
  const squares = x.reduce((a, b) => a + b * b, 0);
  return squares === 0 ? null : (sum * sum) / (x.length * squares);
}
