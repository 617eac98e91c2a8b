/**
 * What a request comes to, held against the deadline: late, bad, and the latency it counts with where errors count at the deadline.
 * Percentiles of ok responses alone flatter a balancer that fails fast; these do not. All times in µs.
 */
import { outcomes, type RequestColumns } from '../harness/recording.ts';

/** The columns that judging takes; the rest of a request's row is for whoever opens the file. */
export const judged = ['index', 'intended', 'sent', 'latency', 'outcome', 'cause', 'status'] as const;
export type JudgedRows = Pick<RequestColumns, 'length' | (typeof judged)[number]>;

const code = Object.fromEntries(outcomes.map((name, index) => [name, index])) as Record<
  (typeof outcomes)[number],
  number
>;

export class Deadline {
  /** µs; Infinity when there is none. */
  readonly at: number;
  /** Where latency is capped, µs: the deadline, or the client's timeout when there is none. */
  readonly cap: number;
  private readonly rows: JudgedRows;
  private readonly end: number;

  constructor(
    rows: JudgedRows,
    { deadline, timeout }: { deadline?: number | undefined; timeout: number },
    windowMs: number,
  ) {
    this.rows = rows;
    this.at = (deadline ?? Number.POSITIVE_INFINITY) * 1000;
    this.cap = (deadline ?? timeout) * 1000;
    this.end = windowMs * 1000;
  }

  ok(row: number): boolean {
    return this.rows.outcome[row] === code.ok;
  }

  late(row: number): boolean {
    return this.ok(row) && this.rows.latency[row]! > this.at;
  }

  /** Ended, and not ok: or without an answer when it was already older than the cap, at the end of the window or as its client left. */
  atDeadline(row: number): boolean {
    const outcome = this.rows.outcome[row];
    if (outcome === code.failed || outcome === code.lost) return true;
    return this.ageUnanswered(row) >= this.cap;
  }

  /** Failed, lost, late, or never answered though its time was up. */
  bad(row: number): boolean {
    return this.atDeadline(row) || this.late(row);
  }

  /**
   * How old a request in flight at the end was when the window closed, or one whose client went away by itself when it did: its
   * latency is at least that. NaN for any other.
   */
  ageUnanswered(row: number): number {
    const outcome = this.rows.outcome[row];
    if (outcome === code.aborted) return this.rows.latency[row]!;
    return outcome === code['in-flight'] ? Math.max(0, this.end - this.rows.intended[row]!) : Number.NaN;
  }

  /** µs, at most the cap; what was never answered counts at its age; NaN for what was never sent. */
  cappedLatency(row: number): number {
    if (this.atDeadline(row)) return this.cap;
    return this.ok(row) ? Math.min(this.rows.latency[row]!, this.cap) : this.ageUnanswered(row);
  }
}
