/**
 * The good requests that a fault cost, as an area: what was missing from the mean of before, from the moment the fault took until service
 * had recovered (recovery.ts), or to the end of the window where it never did.
 *
 * The mean is of the bins that recovery takes for its reference, the last 2 s before the fault was asked for. Bins above the mean
 * count against those below it, so that chance adds nothing in the long run; what is left of that, √(bins · mean) requests or so, can
 * make a small number and never a large one, and a sum below 0 is 0. Under open load a request that was never good is missing from the
 * moment it was due; under closed load also those are missing that nobody got to send, which no count of errors shows.
 */
import type {} from '../harness/recording.ts';
import { type Bin, referenceIn } from './recovery.ts';

/**
 * Requests; null where there is too little before the fault to judge by.
 * @param asked when the fault was asked for, ms from taken (0 or negative)
 * @param recoverMs ms from taken; null for never
 */
export function lostGoodput(bins: readonly Bin[], asked: number, recoverMs: number | null): number | null {
  const reference = referenceIn(bins, asked);
  if (reference === undefined) return null;
  const mean = reference.reduce((sum, { good }) => sum + good, 0) / reference.length;
  const hurt = bins.filter(({ t }) => t >= 0 && t < (recoverMs ?? Number.POSITIVE_INFINITY));
  return Math.max(0, Math.round(hurt.reduce((sum, { good }) => sum + mean - good, 0)));
}
