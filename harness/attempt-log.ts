/**
 * Every attempt a balancer makes, in a file of fixed-size records: written by the proxy without touching its hot path
 * (a record is 32 bytes of a buffer, handed to the file four times a second), read by the harness into columns.
 *
 * `attempt-chunk.ts` has the format. A torn last record is left out.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { AttemptChunk, attemptBytes, attemptLogHeader, attemptTimes } from './attempt-chunk.ts';
import type { AttemptObserver, Dispatch } from './dispatch.ts';
import { type AttemptColumns, type AttemptKind, attemptColumns, attemptKinds } from './recording.ts';

const chunkRows = 2048;
const flushEvery = 250;

export class AttemptLog implements AttemptObserver {
  readonly #file: WriteStream;
  readonly #timer: NodeJS.Timeout;
  readonly #inFlight = new Set<Dispatch>();
  #chunk = new AttemptChunk(chunkRows);

  /** Starts the file anew. An error of the file (a full disk) is thrown where nothing can catch it: the record would be a lie. */
  constructor(file: string) {
    this.#file = createWriteStream(file);
    this.#file.on('error', (error) => {
      throw new Error(`attempts cannot be recorded in ${file}: ${error.message}`, { cause: error });
    });
    this.#file.write(attemptLogHeader('absolute'));
    this.#timer = setInterval(() => this.#flush(), flushEvery).unref();
  }

  started(dispatch: Dispatch): void {
    this.#inFlight.add(dispatch);
  }

  ended(dispatch: Dispatch, kind: AttemptKind, status: number, at: number): void {
    this.#inFlight.delete(dispatch);
    this.#write(dispatch, kind, status, at);
  }

  /** Writes what is still in flight as such, and resolves once the file is complete. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const dispatch of this.#inFlight) this.#write(dispatch, 'in-flight', 0, Number.NaN);
    this.#inFlight.clear();
    this.#flush();
    this.#file.end();
    await finished(this.#file);
  }

  #write(dispatch: Dispatch, kind: AttemptKind, status: number, at: number): void {
    const { number, startedAt, backend, attempts } = dispatch;
    const code = attemptKinds.indexOf(kind);
    if (this.#chunk.append(number, startedAt, at, backend!.index, status, attempts, code)) this.#flush();
  }

  #flush(): void {
    if (this.#chunk.rows === 0) return;
    this.#file.write(this.#chunk.used());
    this.#chunk = new AttemptChunk(chunkRows);
  }
}

/** Reads a log into columns, in the order in which the attempts ended; `t0` (monotonic ms) becomes their zero, in µs, where their times are absolute. */
export async function readAttemptLog(file: string, t0: number): Promise<AttemptColumns> {
  const bytes = await readFile(file);
  const times = attemptTimes(bytes);
  if (bytes.length > 0 && times === undefined)
    throw new Error(`${file}: expected an attempt log of this version, got something else`);
  const length = Math.max(0, Math.floor(bytes.length / attemptBytes) - 1);
  const columns = attemptColumns(length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [zero, scale] = times === 'micros' ? [0, 1] : [t0, 1000];
  for (let i = 0, at = attemptBytes; i < length; i++, at += attemptBytes) {
    columns.request[i] = view.getFloat64(at, true);
    columns.picked[i] = (view.getFloat64(at + 8, true) - zero) * scale;
    columns.ended[i] = (view.getFloat64(at + 16, true) - zero) * scale;
    columns.backend[i] = view.getInt32(at + 24, true);
    columns.status[i] = view.getUint16(at + 28, true);
    columns.attempt[i] = view.getUint8(at + 30);
    columns.kind[i] = view.getUint8(at + 31);
  }
  return columns;
}
