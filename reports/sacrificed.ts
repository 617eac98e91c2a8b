/**
 * How many requests a fault cost: the bad ones (failed, lost, late, or never answered though their time was up) that the fault
 * explains. A bad request of the measured window is *sacrificed* to a fault when
 *   - one of its attempts was on a victim while the fault held, picked before the heal and not ended at the onset, and it went bad
 *     after the onset; or
 *   - it went bad between the onset and the detection (the heal, where it was never detected), whatever it touched.
 * The onset is when the fault was asked for: the driver sees it hold a little after it begins to hurt.
 * A request counts once per fault. Nothing is subtracted for errors that would have happened anyway: in a paired run every contender
 * meets the same ones. The second rule over-counts errors of another cause in that short time rather than missing any.
 */
import type { AttemptColumns } from '../harness/recording.ts';
import type { Deadline, JudgedRows } from './deadline.ts';

export interface Sacrifice {
  /** Backend indexes. */
  victims: ReadonlySet<number>;
  /** ms from t = 0. */
  onset: number;
  /** ms from t = 0; Infinity when it never was. */
  healed: number;
  /** ms from t = 0; Infinity when it never was. */
  detected: number;
}

/** Numbers of the requests that had an attempt on a victim while the fault held. */
export function touched(
  attempts: AttemptColumns,
  { victims, onset, healed }: Pick<Sacrifice, 'victims' | 'onset' | 'healed'>,
): Set<number> {
  const found = new Set<number>();
  for (let row = 0; row < attempts.length; row++) {
    if (!victims.has(attempts.backend[row]!)) continue;
    const ended = attempts.ended[row]! / 1000; // NaN, still in flight, is not before the onset
    if (attempts.picked[row]! / 1000 < healed && !(ended < onset)) found.add(attempts.request[row]!);
  }
  return found;
}

export function sacrificedTo(
  rows: JudgedRows,
  attempts: AttemptColumns,
  deadline: Deadline,
  fault: Sacrifice,
): number {
  const onVictim = touched(attempts, fault);
  const blind = Math.min(fault.detected, fault.healed);
  let count = 0;
  for (let row = 0; row < rows.length; row++) {
    if (!(rows.intended[row]! >= 0) || !deadline.bad(row)) continue;
    const wentBad = (rows.intended[row]! + rows.latency[row]!) / 1000;
    // What was bad before the fault is not explained by it, even where its attempt was given up a little later.
    if (wentBad < fault.onset) continue;
    if (onVictim.has(rows.index[row]!) || wentBad <= blind) count++;
  }
  return count;
}
