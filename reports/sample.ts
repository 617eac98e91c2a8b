/**
 * One pass over a trial's rows: how many ended how, and the latencies of the ok ones, for the whole window and for each phase.
 *
 * Only requests due in the measured window (intended ≥ 0) count; the warm-up's do not. A row belongs to the phase in which it
 * was due; what is counted per second belongs to the stretch in which the response arrived.
 */
import { causes, outcomes } from '../harness/recording.ts';
import type { Deadline, JudgedRows } from './deadline.ts';
import type { Latencies } from './histogram.ts';
import type { Phase, Requests } from './summary.ts';
import { phaseAt, phaseSeconds, type Stretch } from './windows.ts';

export interface Sample {
  seconds: number;
  requests: Requests;
  /** Complete responses received within the stretch. */
  complete: number;
  /** Of them, those ok and in time. */
  good: number;
  /** Latencies of ok responses, µs, sorted. */
  ok: Latencies;
  /** Ages of those in flight at the end, or when their clients went away, and younger than the deadline, µs, sorted. */
  open: Latencies;
  /** Requests that count at the deadline though they have no ok latency. */
  atDeadline: number;
}

const code = Object.fromEntries(outcomes.map((name, index) => [name, index])) as Record<
  (typeof outcomes)[number],
  number
>;

/** `ok`, `failed-503`, `lost-reset`, `aborted`, `in-flight` … */
export function wayToEnd(outcome: string, cause: string, status: number): string {
  if (outcome === 'ok' || outcome === 'aborted' || outcome === 'in-flight') return outcome;
  return `${outcome}-${cause === 'status' ? status : cause}`;
}

class Tally {
  private readonly counts = new Map<number, number>();
  private readonly latencies: number[] = [];
  private readonly ages: number[] = [];
  late = 0;
  atDeadline = 0;
  complete = 0;
  good = 0;
  readonly byCode = new Float64Array(outcomes.length);

  add(rows: JudgedRows, row: number, deadline: Deadline): void {
    const outcome = rows.outcome[row]!;
    const cause = rows.cause[row]!;
    this.byCode[outcome]!++;
    const key =
      (outcome * causes.length + cause) * 65_536 + (causes[cause] === 'status' ? rows.status[row]! : 0);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    if (outcome === code.ok) this.latencies.push(rows.latency[row]!);
    if (deadline.late(row)) this.late++;
    if (deadline.atDeadline(row)) this.atDeadline++;
    else if (outcome === code['in-flight'] || outcome === code.aborted)
      this.ages.push(deadline.ageUnanswered(row));
  }

  arrived(rows: JudgedRows, row: number, deadline: Deadline): void {
    if (rows.status[row]! === 0) return;
    this.complete++;
    if (deadline.ok(row) && !deadline.late(row)) this.good++;
  }

  finish(seconds: number): Sample {
    const of = (name: (typeof outcomes)[number]) => this.byCode[code[name]]!;
    const byOutcome: Record<string, number> = {};
    for (const [key, count] of [...this.counts].sort(([a], [b]) => a - b)) {
      const outcome = outcomes[Math.floor(key / 65_536 / causes.length)]!;
      const cause = causes[Math.floor(key / 65_536) % causes.length]!;
      if (outcome === 'not-sent') continue;
      const name = wayToEnd(outcome, cause, key % 65_536);
      byOutcome[name] = (byOutcome[name] ?? 0) + count;
    }
    return {
      seconds,
      requests: {
        sent: of('ok') + of('failed') + of('lost') + of('aborted') + of('in-flight'),
        ok: of('ok'),
        failed: of('failed'),
        lost: of('lost'),
        inFlightAtEnd: of('in-flight'),
        notSent: of('not-sent'),
        late: this.late,
        ...(of('aborted') > 0 ? { aborted: of('aborted') } : {}),
        byOutcome,
      },
      complete: this.complete,
      good: this.good,
      ok: Float64Array.from(this.latencies).sort(),
      open: Float64Array.from(this.ages).sort(),
      atDeadline: this.atDeadline,
    };
  }
}

/** The samples of one trial. `phases` is null when no fault took. */
export function samplesOf(
  rows: JudgedRows,
  deadline: Deadline,
  union: readonly Stretch[],
  windowMs: number,
): { whole: Sample; phases: Record<Phase, Sample> | null } {
  const whole = new Tally();
  const parts = { before: new Tally(), during: new Tally(), after: new Tally() };
  for (let row = 0; row < rows.length; row++) {
    const due = rows.intended[row]! / 1000;
    if (!(due >= 0)) continue;
    whole.add(rows, row, deadline);
    // Without a fault there are no phases, and five million latencies need not be kept twice.
    if (union.length > 0) parts[phaseAt(union, due)].add(rows, row, deadline);
    const arrived = due + rows.latency[row]! / 1000;
    if (!(arrived < windowMs)) continue;
    whole.arrived(rows, row, deadline);
    if (union.length > 0) parts[phaseAt(union, arrived)].arrived(rows, row, deadline);
  }
  const seconds = phaseSeconds(union, windowMs);
  return {
    whole: whole.finish(windowMs / 1000),
    phases:
      union.length === 0
        ? null
        : {
            before: parts.before.finish(seconds.before),
            during: parts.during.finish(seconds.during),
            after: parts.after.finish(seconds.after),
          },
  };
}
