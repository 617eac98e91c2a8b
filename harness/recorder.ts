/**
 * What a simulated trial is recorded with: called once per request and once per attempt, synchronously, as they end.
 *
 * Up to 5 million planned requests every one becomes a row (`recorder-rows.ts`). Beyond that rows would fill the disk, and the
 * numbers of a report are folded as they come (`recorder-folds.ts`), in memory that grows with backends and with what is in
 * flight and never with the number of requests. Where nobody can know the number beforehand (a closed loop), both are kept until
 * the row that is one too many; then the rows are dropped, and so are the folds if that row never comes. Either way `run.json`'s
 * trial says which: `rows: 'all' | 'folded'`.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { FoldRecorder } from './recorder-folds.ts';
import { RowRecorder } from './recorder-rows.ts';
import type { Event } from './recording.ts';
import { foldsFile, writeFolds } from './recording-folds.ts';
import { spools } from './spools.ts';

/** Rows a recording keeps at most. */
export const mostRows = 5_000_000;

export interface RecorderOptions {
  /** The trial's directory; it exists. */
  dir: string;
  /** Ids, in the order of their indexes. */
  backends: readonly string[];
  /** Requests of the whole trial, warm-up included, as planned; undefined when nobody can know. */
  planned: number | undefined;
  /** As in the scenario's load, ms. */
  deadline?: number | undefined;
  timeout: number;
  /** Rows kept at most; 0 folds whatever comes. */
  most?: number;
}

/** An event of the trial, without its name. */
export type TrialEvent = Event extends infer E ? (E extends Event ? Omit<E, 'trial'> : never) : never;

/** What a trial is told to. */
export type TrialRecorder = Pick<Recorder, 'request' | 'attempt' | 'event' | 'window'> &
  Partial<Pick<Recorder, 'executed'>>;

export class Recorder {
  readonly #dir: string;
  readonly #most: number;
  #rows: RowRecorder | undefined;
  #folds: FoldRecorder | undefined;
  #count = 0;

  /** Starts the trial's files anew. Throws when they cannot be written, here and in every call below. */
  constructor(options: RecorderOptions) {
    const { dir, planned, most = mostRows } = options;
    this.#dir = dir;
    this.#most = planned === undefined ? most : Number.POSITIVE_INFINITY;
    for (const name of [...Object.values(spools), foldsFile]) rmSync(join(dir, name), { force: true });
    if (planned === undefined || planned <= most) this.#rows = new RowRecorder(dir);
    if (planned === undefined || planned > most) this.#folds = new FoldRecorder(options);
  }

  /**
   * A request ended, or the run did with the request in flight. Fields as in RequestRow; `outcome` and `cause` are positions in
   * recording.ts's lists, times are µs from t = 0.
   */
  request(
    index: number,
    intended: number,
    sent: number,
    firstByte: number,
    latency: number,
    outcome: number,
    cause: number,
    status: number,
    backend: number,
    attempts: number,
    keyHash: number,
  ): void {
    this.#folds?.request(index, intended, sent, latency, outcome, cause, status);
    if (this.#rows === undefined) return;
    if (++this.#count > this.#most) this.#dropRows();
    else
      this.#rows.request(
        index,
        intended,
        sent,
        firstByte,
        latency,
        outcome,
        cause,
        status,
        backend,
        attempts,
        keyHash,
      );
  }

  /**
   * An attempt ended, or the run did with the attempt in flight (`ended` is NaN then). Fields as in AttemptRow; `kind` is a
   * position in `attemptKinds`, times are µs from t = 0. In any order with the request's own end.
   */
  attempt(
    request: number,
    picked: number,
    ended: number,
    backend: number,
    status: number,
    attempt: number,
    kind: number,
  ): void {
    this.#folds?.attempt(request, picked, ended, backend, attempt, kind);
    this.#rows?.attempt(request, picked, ended, backend, status, attempt, kind);
  }

  /** A backend executed a request, and no attempt that ended ok tells of it. Folds do not keep it. */
  executed(request: number, backend: number): void {
    this.#rows?.executed(request, backend);
  }

  /**
   * A fault or a health transition happened: folds cannot look back, so they are told as things happen, and before any request
   * or attempt that ends at the same moment. The event itself is not written here.
   */
  event(event: TrialEvent): void {
    this.#folds?.event(event);
  }

  /**
   * The measured window is [0, `ms`) from t = 0. Said as soon as it is known: at the start where the load has a duration, at
   * the last arrival where it has a number of requests; in any case before a request that ends after it, and before `close`.
   */
  window(ms: number): void {
    this.#folds?.window(ms);
  }

  /** Writes what is left. Says what the recording holds, for the trial's `rows`. */
  close(): 'all' | 'folded' {
    if (this.#rows === undefined) {
      writeFolds(this.#dir, this.#folds!.fold());
      return 'folded';
    }
    this.#rows.close();
    return 'all';
  }

  /** They became too many. */
  #dropRows(): void {
    this.#rows?.close();
    this.#rows = undefined;
    for (const name of [spools.requests, spools.attempts, spools.executed])
      rmSync(join(this.#dir, name), { force: true });
  }
}
