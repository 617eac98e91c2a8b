/**
 * Every attempt a balancer makes, in a file of fixed-size records: written by the proxy without touching its hot path
 * (a record is 32 bytes of a buffer, handed to the file four times a second), read by the harness into columns.
 *
 * `attempt-chunk.ts` has the format. A torn last record is left out.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
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
    if (this.#chunk.append(number, startedAt, at, backend!.fleetIndex, status, attempts, code)) this.#flush();
  }

  #flush(): void {
    if (this.#chunk.rows === 0) return;
    this.#file.write(this.#chunk.used());
    this.#chunk = new AttemptChunk(chunkRows);
  }
}

/** Reads a log into columns, in the order in which the attempts ended; `t0` (monotonic ms) becomes their zero, in µs, where their times are absolute. */
export async function readAttemptLog(file: string, t0: number): Promise<AttemptColumns> {
  const attempts = Math.max(0, Math.floor((await stat(file)).size / attemptBytes) - 1);
  for await (const columns of readAttemptBlocks(file, t0, attempts)) return columns;
  return attemptColumns(0);
}

/** As readAttemptLog, by blocks of at most `most` attempts; each is overwritten by the next. */
export async function* readAttemptBlocks(
  file: string,
  t0: number,
  most: number,
): AsyncGenerator<AttemptColumns> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size === 0) return;
    const header = Buffer.alloc(Math.min(size, attemptBytes));
    await handle.read(header, 0, header.length, 0);
    const times = attemptTimes(header);
    if (times === undefined)
      throw new Error(`${file}: expected an attempt log of this version, got something else`);
    const [zero, scale] = times === 'micros' ? [0, 1] : [t0, 1000];
    const attempts = Math.floor(size / attemptBytes) - 1;
    const columns = attemptColumns(Math.max(0, Math.min(attempts, most)));
    const chunk = Buffer.alloc(chunkRows * attemptBytes);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let first = 0; first < attempts; first += columns.length) {
      columns.length = Math.min(most, attempts - first);
      for (let row = 0; row < columns.length; row += chunkRows) {
        const count = Math.min(chunkRows, columns.length - row);
        await handle.read(chunk, 0, count * attemptBytes, (1 + first + row) * attemptBytes);
        for (let i = 0; i < count; i++) readAttempt(view, i * attemptBytes, columns, row + i, zero, scale);
      }
      yield columns;
    }
  } finally {
    await handle.close();
  }
}

function readAttempt(
  view: DataView,
  at: number,
  columns: AttemptColumns,
  row: number,
  zero: number,
  scale: number,
): void {
  columns.request[row] = view.getFloat64(at, true);
  columns.picked[row] = (view.getFloat64(at + 8, true) - zero) * scale;
  columns.ended[row] = (view.getFloat64(at + 16, true) - zero) * scale;
  columns.backend[row] = view.getInt32(at + 24, true);
  columns.status[row] = view.getUint16(at + 28, true);
  columns.attempt[row] = view.getUint8(at + 30);
  columns.kind[row] = view.getUint8(at + 31);
}
