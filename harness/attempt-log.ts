/**
 * Every attempt a balancer makes, in a file of fixed-size records: written by the proxy without touching its hot path
 * (a record is 32 bytes of a buffer, handed to the file four times a second), read by the harness into columns.
 *
 * The file: 32 bytes of header (the magic, then zeros), then records, little-endian:
 *   0 request f64 · 8 picked f64 · 16 ended f64 · 24 backend i32 · 28 status u16 · 30 attempt u8 · 31 kind u8
 * Times are absolute monotonic ms (clock.ts), since the proxy knows nothing of t = 0. A torn last record is left out.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import type { AttemptObserver, Dispatch } from './dispatch.ts';
import { type AttemptColumns, type AttemptKind, attemptColumns, attemptKinds } from './recording.ts';

const magic = 'steelyard attempts 1\n';
const recordBytes = 32;
const chunkBytes = 2048 * recordBytes;
const flushEvery = 250;

export class AttemptLog implements AttemptObserver {
  readonly #file: WriteStream;
  readonly #timer: NodeJS.Timeout;
  readonly #inFlight = new Set<Dispatch>();
  #chunk = new DataView(new ArrayBuffer(chunkBytes));
  #used = 0;

  /** Starts the file anew. An error of the file (a full disk) is thrown where nothing can catch it: the record would be a lie. */
  constructor(file: string) {
    this.#file = createWriteStream(file);
    this.#file.on('error', (error) => {
      throw new Error(`attempts cannot be recorded in ${file}: ${error.message}`, { cause: error });
    });
    const header = Buffer.alloc(recordBytes);
    header.write(magic);
    this.#file.write(header);
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
    const to = this.#chunk;
    const from = this.#used;
    to.setFloat64(from, dispatch.number, true);
    to.setFloat64(from + 8, dispatch.startedAt, true);
    to.setFloat64(from + 16, at, true);
    to.setInt32(from + 24, dispatch.backend!.index, true);
    to.setUint16(from + 28, status, true);
    to.setUint8(from + 30, dispatch.attempts);
    to.setUint8(from + 31, attemptKinds.indexOf(kind));
    this.#used += recordBytes;
    if (this.#used === chunkBytes) this.#flush();
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#file.write(new Uint8Array(this.#chunk.buffer, 0, this.#used));
    this.#chunk = new DataView(new ArrayBuffer(chunkBytes));
    this.#used = 0;
  }
}

/** Reads a log into columns, in the order in which the attempts ended; `t0` (monotonic ms) becomes their zero, in µs. */
export async function readAttemptLog(file: string, t0: number): Promise<AttemptColumns> {
  const bytes = await readFile(file);
  if (bytes.length > 0 && bytes.toString('latin1', 0, magic.length) !== magic)
    throw new Error(`${file}: expected an attempt log of this version, got something else`);
  const length = Math.max(0, Math.floor(bytes.length / recordBytes) - 1);
  const columns = attemptColumns(length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0, at = recordBytes; i < length; i++, at += recordBytes) {
    columns.request[i] = view.getFloat64(at, true);
    columns.picked[i] = (view.getFloat64(at + 8, true) - t0) * 1000;
    columns.ended[i] = (view.getFloat64(at + 16, true) - t0) * 1000;
    columns.backend[i] = view.getInt32(at + 24, true);
    columns.status[i] = view.getUint16(at + 28, true);
    columns.attempt[i] = view.getUint8(at + 30);
    columns.kind[i] = view.getUint8(at + 31);
  }
  return columns;
}
