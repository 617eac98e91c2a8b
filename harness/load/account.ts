/**
 * The books of a generator: how many requests were sent and what became of them, kept apart from the rows, so that each
 * can be held against the other. Nothing is counted but here.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { RequestCounts } from '../recording.ts';
import type { Spool } from '../spool.ts';
import { type Verdict, verdicts } from './outcome.ts';
import { dueMicros } from './window.ts';

/** What is known of a request when it ends; times in ms from t = 0, NaN for what never was. */
export interface Ended {
  readonly index: number;
  readonly intended: number;
  readonly sent: number;
  readonly firstByte: number;
  readonly status: number;
  readonly backend: string | undefined;
  readonly attempts: number;
}

const micros = (ms: number) => Math.round(ms * 1000);

export class Account {
  /** Of the measured window: requests whose intended time is not before t = 0. */
  readonly counts: RequestCounts = { sent: 0, ok: 0, failed: 0, lost: 0, inFlightAtEnd: 0, notSent: 0 };
  /** Requests sent and not ended, those of the warm-up included. */
  inFlight = 0;
  /** Called whenever `inFlight` falls to 0. */
  onIdle: () => void = () => undefined;
  readonly #spool: Pick<Spool, 'append'>;
  readonly #backends: ReadonlyMap<string, number>;
  readonly #keyHash: (index: number, intended: number) => number;
  /** Of what ended since the last `interval`: latencies of ok responses, µs. */
  readonly #latency: RecordableHistogram = createHistogram({ figures: 3 });
  #ended = 0;

  /** `backends`: id → index; `keyHash`: of the key of request i, due at a time, ms from t = 0. */
  constructor(
    spool: Pick<Spool, 'append'>,
    backends: Readonly<Record<string, number>>,
    keyHash: (index: number, intended: number) => number,
  ) {
    this.#spool = spool;
    this.#backends = new Map(Object.entries(backends));
    this.#keyHash = keyHash;
  }

  /** A request has been handed to a connection, or to one that is being made: from here on it ends exactly once. */
  sent(intended: number): void {
    this.inFlight++;
    if (intended >= 0) this.counts.sent++;
  }

  /** The end of a request that was `sent`; `t`, ms from t = 0, is when. */
  ended(request: Ended, verdict: Verdict, t: number): void {
    this.inFlight--;
    if (request.intended >= 0) {
      if (verdict.outcome === 'ok') this.counts.ok++;
      else if (verdict.outcome === 'failed') this.counts.failed++;
      else if (verdict.outcome === 'lost') this.counts.lost++;
      else if (verdict.outcome === 'aborted') this.counts.aborted = (this.counts.aborted ?? 0) + 1;
      else if (verdict.outcome === 'in-flight') this.counts.inFlightAtEnd++;
      else {
        this.counts.notSent++;
        this.counts.sent--;
      }
    }
    const open = verdict.outcome === 'in-flight' || verdict.outcome === 'not-sent';
    const latency = open ? Number.NaN : micros(t - request.intended);
    if (verdict.outcome !== 'in-flight') this.#ended++;
    if (verdict.outcome === 'ok') this.#latency.record(Math.max(1, latency));
    this.#spool.append(
      request.index,
      dueMicros(request.intended),
      verdict.outcome === 'not-sent' ? Number.NaN : micros(request.sent),
      micros(request.firstByte),
      latency,
      verdict.outcomeCode,
      verdict.causeCode,
      request.status,
      this.#backends.get(request.backend ?? '') ?? -1,
      request.attempts,
      this.#keyHash(request.index, request.intended),
    );
    if (this.inFlight === 0) this.onIdle();
  }

  /** A request for which no connection was left. */
  notSent(index: number, intended: number): void {
    const { outcomeCode, causeCode } = verdicts.noConnectionLeft;
    if (intended >= 0) this.counts.notSent++;
    const at = dueMicros(intended);
    const nothing = Number.NaN;
    this.#spool.append(
      index,
      at,
      nothing,
      nothing,
      nothing,
      outcomeCode,
      causeCode,
      0,
      -1,
      0,
      this.#keyHash(index, intended),
    );
  }

  /** Requests ended since the last call, and the p99 of the ok ones among them, ms (0 when there was none). */
  interval(): { ended: number; p99Ms: number } {
    const { count } = this.#latency;
    const summary = {
      ended: this.#ended,
      p99Ms: Number(count) === 0 ? 0 : this.#latency.percentile(99) / 1000,
    };
    this.#latency.reset();
    this.#ended = 0;
    return summary;
  }
}
