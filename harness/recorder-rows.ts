/**
 * Every request and every attempt as a row, written synchronously in big chunks: a simulation never yields to the event
 * loop, so a stream would pile up in memory until the trial is over. The files are the spools of a real trial
 * (`spool-chunk.ts`, `attempt-log.ts`); `collect.ts` makes Parquet of them.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { AttemptChunk, attemptLogHeader } from './attempt-chunk.ts';
import { writeExecutionLog } from './execution-log.ts';
import { RowChunk, spoolHeader } from './spool-chunk.ts';
import { spools } from './spools.ts';

const chunkRows = 16_384;

export class RowRecorder {
  readonly #requests: number;
  readonly #attempts: number;
  readonly #rows = new RowChunk(chunkRows);
  readonly #tries = new AttemptChunk(chunkRows);
  readonly #executedFile: string;
  /** Request, backend, request, backend … */
  readonly #executed: number[] = [];

  /** Starts both spools anew in `dir`, a trial's directory that exists. */
  constructor(dir: string) {
    this.#executedFile = join(dir, spools.executed);
    this.#requests = openSync(join(dir, spools.requests), 'w');
    write(this.#requests, spoolHeader());
    this.#attempts = openSync(join(dir, spools.attempts), 'w');
    write(this.#attempts, attemptLogHeader('micros'));
  }

  /** Fields as in RequestRow; `outcome` and `cause` are positions in the recording's lists, times µs from t = 0. */
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
    const full = this.#rows.append(
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
    if (full) this.#flushRows();
  }

  /** Fields as in AttemptRow; `kind` is a position in `attemptKinds`, times are µs from t = 0. */
  attempt(
    request: number,
    picked: number,
    ended: number,
    backend: number,
    status: number,
    attempt: number,
    kind: number,
  ): void {
    if (this.#tries.append(request, picked, ended, backend, status, attempt, kind)) this.#flushAttempts();
  }

  /** A backend executed a request of which no attempt tells that: rare, and so kept in memory. */
  executed(request: number, backend: number): void {
    this.#executed.push(request, backend);
  }

  close(): void {
    if (this.#executed.length > 0) writeExecutionLog(this.#executedFile, this.#executed);
    this.#flushRows();
    this.#flushAttempts();
    closeSync(this.#requests);
    closeSync(this.#attempts);
  }

  #flushRows(): void {
    write(this.#requests, this.#rows.used());
    this.#rows.rows = 0;
  }

  #flushAttempts(): void {
    write(this.#attempts, this.#tries.used());
    this.#tries.rows = 0;
  }
}

/** writeSync may write less than it was given, as when the disk fills: it then throws on the next call. */
function write(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
