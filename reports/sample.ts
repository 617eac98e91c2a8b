/**
 * One pass over a trial's rows: how many ended how, and the latencies of the ok ones, for the whole window and for each phase.
 *
 * Only requests due in the measured window (intended ≥ 0) count; the warm-up's do not. A row belongs to the phase in which it
 * was due; what is counted per second belongs to the stretch in which the response arrived.
 */
import { causes, outcomes, type RequestColumns } from '../harness/recording.ts';
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
  ok: Float64Array;
  /** Requests that count at the deadline though they have no ok latency. */
  atDeadline: number;
}

const code = Object.fromEntries(outcomes.map((name, index) => [name, index])) as Record<
  (typeof outcomes)[number],
  number
>;

/** What a request comes to, judged by one deadline. All times in µs. */
export class Judge {
  readonly deadline: number;
  /** Where latency is capped: the deadline, or the client's timeout when there is none. */
  readonly cap: number;
  private readonly rows: RequestColumns;
  private readonly end: number;

  constructor(
    rows: RequestColumns,
    { deadline, timeout }: { deadline?: number | undefined; timeout: number },
    windowMs: number,
  ) {
    this.rows = rows;
    this.deadline = (deadline ?? Number.POSITIVE_INFINITY) * 1000;
    this.cap = (deadline ?? timeout) * 1000;
    this.end = windowMs * 1000;
  }

  ok(row: number): boolean {
    return this.rows.outcome[row] === code.ok;
  }

  late(row: number): boolean {
    return this.ok(row) && this.rows.latency[row]! > this.deadline;
  }

  /** Ended, and not ok: or still in flight when it was already older than the cap at the end of the window. */
  atDeadline(row: number): boolean {
    const outcome = this.rows.outcome[row];
    if (outcome === code.failed || outcome === code.lost) return true;
    return outcome === code['in-flight'] && this.end - this.rows.intended[row]! >= this.cap;
  }

  /** Failed, lost, late, or never answered though its time was up. */
  bad(row: number): boolean {
    return this.atDeadline(row) || this.late(row);
  }

  /** µs, at most the cap; NaN for what neither ended nor ran out of time, and for what was never sent. */
  cappedLatency(row: number): number {
    if (this.atDeadline(row)) return this.cap;
    return this.ok(row) ? Math.min(this.rows.latency[row]!, this.cap) : Number.NaN;
  }
}

class Tally {
  private readonly counts = new Map<number, number>();
  private readonly latencies: number[] = [];
  late = 0;
  atDeadline = 0;
  complete = 0;
  good = 0;
  readonly byCode = new Float64Array(outcomes.length);

  add(rows: RequestColumns, row: number, judge: Judge): void {
    const outcome = rows.outcome[row]!;
    const cause = rows.cause[row]!;
    this.byCode[outcome]!++;
    const key =
      (outcome * causes.length + cause) * 65_536 + (causes[cause] === 'status' ? rows.status[row]! : 0);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    if (outcome === code.ok) this.latencies.push(rows.latency[row]!);
    if (judge.late(row)) this.late++;
    if (judge.atDeadline(row)) this.atDeadline++;
  }

  arrived(rows: RequestColumns, row: number, judge: Judge): void {
    if (rows.status[row]! === 0) return;
    this.complete++;
    if (judge.ok(row) && !judge.late(row)) this.good++;
  }

  finish(seconds: number): Sample {
    const of = (name: (typeof outcomes)[number]) => this.byCode[code[name]]!;
    const byOutcome: Record<string, number> = {};
    for (const [key, count] of [...this.counts].sort(([a], [b]) => a - b)) {
      const outcome = outcomes[Math.floor(key / 65_536 / causes.length)]!;
      const cause = causes[Math.floor(key / 65_536) % causes.length]!;
      if (outcome === 'not-sent') continue;
      const plain = outcome === 'ok' || outcome === 'in-flight';
      const name = plain ? outcome : `${outcome}-${cause === 'status' ? key % 65_536 : cause}`;
      byOutcome[name] = (byOutcome[name] ?? 0) + count;
    }
    return {
      seconds,
      requests: {
        sent: of('ok') + of('failed') + of('lost') + of('in-flight'),
        ok: of('ok'),
        failed: of('failed'),
        lost: of('lost'),
        inFlightAtEnd: of('in-flight'),
        notSent: of('not-sent'),
        late: this.late,
        byOutcome,
      },
      complete: this.complete,
      good: this.good,
      ok: Float64Array.from(this.latencies).sort(),
      atDeadline: this.atDeadline,
    };
  }
}

/** The samples of one trial. `phases` is null when no fault took. */
export function samplesOf(
  rows: RequestColumns,
  judge: Judge,
  union: readonly Stretch[],
  windowMs: number,
): { whole: Sample; phases: Record<Phase, Sample> | null } {
  const whole = new Tally();
  const parts = { before: new Tally(), during: new Tally(), after: new Tally() };
  for (let row = 0; row < rows.length; row++) {
    const due = rows.intended[row]! / 1000;
    if (!(due >= 0)) continue;
    whole.add(rows, row, judge);
    parts[phaseAt(union, due)].add(rows, row, judge);
    const arrived = due + rows.latency[row]! / 1000;
    if (!(arrived < windowMs)) continue;
    whole.arrived(rows, row, judge);
    parts[phaseAt(union, arrived)].arrived(rows, row, judge);
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
