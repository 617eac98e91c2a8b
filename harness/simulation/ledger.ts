/**
 * What becomes of each flight, counted and recorded: the simulated client's side. Outcomes are judged by the same
 * table as the generators' (load/outcome.ts).
 */
import { type Verdict, verdicts } from '../load/outcome.ts';
import { dueMicros } from '../load/window.ts';
import type { Recorder } from '../recorder.ts';
import type { RequestCounts } from '../recording.ts';
import type { Flight } from './flight.ts';

export class Ledger {
  /** Of the measured window. */
  readonly counts: RequestCounts = { sent: 0, ok: 0, failed: 0, lost: 0, inFlightAtEnd: 0, notSent: 0 };
  /** Flights without an outcome. */
  inFlight = 0;
  /** Flights that have one. */
  all = 0;
  readonly #recorder: Pick<Recorder, 'request'>;
  /** When t = 0 is, ms. */
  readonly #zero: number;

  constructor(recorder: Pick<Recorder, 'request'>, zero: number) {
    this.#recorder = recorder;
    this.#zero = zero;
  }

  sent(intended: number): void {
    this.inFlight++;
    if (intended >= this.#zero) this.counts.sent++;
  }

  /** The flight has its outcome at `at`, ms. `backend` is −1 where none answered. */
  ended(flight: Flight, verdict: Verdict, at: number, status: number, backend: number): void {
    flight.over = true;
    this.inFlight--;
    this.all++;
    if (flight.sent >= this.#zero) {
      if (verdict.outcome === 'aborted') this.counts.aborted = (this.counts.aborted ?? 0) + 1;
      else this.counts[counted[verdict.outcome]]++;
    }
    let firstByte = Number.NaN;
    if (flight.headSent) firstByte = flight.firstByte;
    else if (status > 0) firstByte = at;
    const due = dueMicros(flight.sent - this.#zero);
    this.#recorder.request(
      flight.number,
      due,
      due,
      this.#micros(firstByte),
      verdict === verdicts.inFlight ? Number.NaN : Math.round((at - flight.sent) * 1000),
      verdict.outcomeCode,
      verdict.causeCode,
      status,
      backend,
      flight.attempts,
      flight.keyHash >>> 0,
    );
  }

  /** A request that found no connection left. */
  notSent(index: number, intended: number, keyHash: number): void {
    if (intended >= this.#zero) this.counts.notSent++;
    const { outcomeCode, causeCode } = verdicts.noConnectionLeft;
    const nothing = Number.NaN;
    this.#recorder.request(
      index,
      dueMicros(intended - this.#zero),
      nothing,
      nothing,
      nothing,
      outcomeCode,
      causeCode,
      0,
      -1,
      0,
      keyHash,
    );
  }

  #micros(at: number): number {
    return Math.round((at - this.#zero) * 1000);
  }
}

const counted = {
  ok: 'ok',
  failed: 'failed',
  lost: 'lost',
  'in-flight': 'inFlightAtEnd',
  'not-sent': 'notSent',
} as const;
