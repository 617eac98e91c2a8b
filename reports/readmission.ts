/**
 * How a victim came back: how hard it was hit, and how long until it carried its part again.
 *
 * The victims' share of the attempts is taken in bins of 250 ms; bins with fewer than 20 attempts say nothing and are passed over.
 * *Overshoot* is the largest share after the last victim was taken back (its first health transition to `healthy` after the heal; the
 * heal itself where there is none), divided by their fair share by weight. 1 is a return without a herd.
 * *Returned share* is their share of all attempts from then to the end of the window.
 * *Fair again* is the time from the heal to the start of the first four bins in a row (1 s) in which the share is at least three quarters of its
 * reference: the fair share, or what the victims had before the fault where that is less (hashing never gives exactly the fair share).
 */
import type { AttemptColumns } from '../harness/recording.ts';

export const returnBinMs = 250;
const binMs = returnBinMs;
const leastAttempts = 20;
const fairAgain = { bins: 4, part: 0.75 };

export interface Return {
  victims: ReadonlySet<number>;
  /** Of the victims together, by weight. */
  fairShare: number;
  /** ms from t = 0. */
  taken: number;
  healed: number;
  readmitted: number;
  windowMs: number;
}

/** The victims' share of the attempts picked in whole bins from `from` on; NaN where there are too few to say. */
export function shareBins(
  attempts: AttemptColumns,
  victims: ReadonlySet<number>,
  from: number,
  to: number,
): number[] {
  const bins = Math.max(0, Math.floor((to - from) / binMs));
  const all = new Float64Array(bins);
  const theirs = new Float64Array(bins);
  for (let row = 0; row < attempts.length; row++) {
    const bin = Math.floor((attempts.picked[row]! / 1000 - from) / binMs);
    if (bin < 0 || bin >= bins) continue;
    all[bin]!++;
    if (victims.has(attempts.backend[row]!)) theirs[bin]!++;
  }
  return sharesIn(all, theirs);
}

/** As shareBins, of attempts counted already. */
export function sharesIn(all: ArrayLike<number>, theirs: ArrayLike<number>): number[] {
  return Array.from(all, (count, bin) => (count < leastAttempts ? Number.NaN : theirs[bin]! / count));
}

export function readmission(
  attempts: AttemptColumns,
  { victims, fairShare, taken, healed, readmitted, windowMs }: Return,
): { overshoot: number | null; returnedShare: number | null; fairAgainMs: number | null } {
  const since = (from: number) => shareBins(attempts, victims, from, windowMs);
  return {
    overshoot: overshootOf(since(readmitted), fairShare),
    returnedShare: shareOf(attempts, victims, readmitted, windowMs),
    fairAgainMs: fairAgainAt(since(healed), shareBins(attempts, victims, 0, taken), fairShare),
  };
}

/** @param back the victims' share in each bin from their return on */
export function overshootOf(back: readonly number[], fairShare: number): number | null {
  const shares = back.filter((share) => !Number.isNaN(share));
  return shares.length === 0 ? null : shares.reduce((a, b) => Math.max(a, b)) / fairShare;
}

/**
 * ms from the heal, or null.
 * @param since the victims' share in each bin from the heal on; @param before in each bin from t = 0 to the fault
 */
export function fairAgainAt(
  since: readonly number[],
  before: readonly number[],
  fairShare: number,
): number | null {
  const earlier = before.filter((share) => !Number.isNaN(share));
  const own = earlier.length === 0 ? fairShare : earlier.reduce((a, b) => a + b, 0) / earlier.length;
  const enough = Math.min(fairShare, own) * fairAgain.part;
  let run = 0;
  for (const [bin, share] of since.entries()) {
    if (Number.isNaN(share)) continue;
    run = share >= enough ? run + 1 : 0;
    if (run === fairAgain.bins) return (bin - fairAgain.bins + 1) * binMs;
  }
  return null;
}

/** The victims' share of the attempts picked in [from, to), ms; null where there was none. */
export function shareOf(
  attempts: AttemptColumns,
  victims: ReadonlySet<number>,
  from: number,
  to: number,
): number | null {
  let [all, theirs] = [0, 0];
  for (let row = 0; row < attempts.length; row++) {
    const picked = attempts.picked[row]! / 1000;
    if (picked < from || picked >= to) continue;
    all++;
    if (victims.has(attempts.backend[row]!)) theirs++;
  }
  return all === 0 ? null : theirs / all;
}
