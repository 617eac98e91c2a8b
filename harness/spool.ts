/**
 * Request rows as they come, one fixed-size binary record each, appended in chunks while the run goes: a generator that
 * is killed leaves what it had recorded, and recording a row costs well under a microsecond. `collect.ts` turns a spool
 * into Parquet once the load is over. A 16-byte header, then the records of `spool-chunk.ts`.
 */
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { type RequestColumns, requestColumns } from './recording.ts';
import { checkSpoolHeader, RowChunk, rowBytes, spoolHeader, spoolHeaderBytes } from './spool-chunk.ts';

const chunkRows = 4096;
const flushEveryMs = 250;

/** Writer. Rows reach the file within 250 ms; an error of the disk comes out of `close`, or ends the process. */
export class Spool {
  readonly #stream: WriteStream;
  readonly #timer: NodeJS.Timeout;
  /** Chunks the disk is done with. */
  readonly #spare: RowChunk[] = [new RowChunk(chunkRows)];
  #chunk = new RowChunk(chunkRows);

  private constructor(stream: WriteStream) {
    this.#stream = stream;
    this.#timer = setInterval(() => this.#flush(), flushEveryMs).unref();
  }

  /** Creates or empties `file`. Rejects when it cannot be written. */
  static async create(file: string): Promise<Spool> {
    const stream = createWriteStream(file);
    await once(stream, 'open');
    stream.write(spoolHeader());
    return new Spool(stream);
  }

  /** Fields as in RequestRow; `outcome` and `cause` are positions in recording.ts's lists, times are µs from t = 0. */
  append(
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
    const full = this.#chunk.append(
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
    if (full) this.#flush();
  }

  /** Resolves once every row is in the file. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#flush();
    this.#stream.end();
    await once(this.#stream, 'close');
  }

  #flush(): void {
    const chunk = this.#chunk;
    if (chunk.rows === 0) return;
    this.#chunk = this.#spare.pop() ?? new RowChunk(chunkRows);
    this.#stream.write(chunk.used(), () => {
      chunk.rows = 0;
      this.#spare.push(chunk);
    });
  }
}

/**
 * All rows, in the order their requests ended; what a killed writer tore, a last record or the header itself, is left out.
 * Rejects when `file` is missing or no spool.
 */
export async function readSpool(file: string): Promise<RequestColumns> {
  const rows = Math.max(0, Math.floor(((await stat(file)).size - spoolHeaderBytes) / rowBytes));
  for await (const columns of readSpoolBlocks(file, rows)) return columns;
  return requestColumns(0);
}

/** As readSpool, by blocks of at most `most` rows; each is overwritten by the next. */
export async function* readSpoolBlocks(file: string, most: number): AsyncGenerator<RequestColumns> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size < spoolHeaderBytes) return;
    await checkHeader(handle, file);
    const rows = Math.floor((size - spoolHeaderBytes) / rowBytes);
    const columns = requestColumns(Math.min(rows, most));
    const chunk = Buffer.alloc(chunkRows * rowBytes);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let first = 0; first < rows; first += columns.length) {
      columns.length = Math.min(most, rows - first);
      for (let row = 0; row < columns.length; row += chunkRows) {
        const count = Math.min(chunkRows, columns.length - row);
        await handle.read(chunk, 0, count * rowBytes, spoolHeaderBytes + (first + row) * rowBytes);
        for (let i = 0; i < count; i++) readRow(view, i * rowBytes, columns, row + i);
      }
      yield columns;
    }
  } finally {
    await handle.close();
  }
}

async function checkHeader(handle: FileHandle, file: string): Promise<void> {
  const header = Buffer.alloc(spoolHeaderBytes);
  await handle.read(header, 0, spoolHeaderBytes, 0);
  checkSpoolHeader(header, file);
}

function readRow(view: DataView, at: number, columns: RequestColumns, row: number): void {
  columns.index[row] = view.getFloat64(at, true);
  columns.intended[row] = view.getFloat64(at + 8, true);
  columns.sent[row] = view.getFloat64(at + 16, true);
  columns.firstByte[row] = view.getFloat64(at + 24, true);
  columns.latency[row] = view.getFloat64(at + 32, true);
  columns.keyHash[row] = view.getUint32(at + 40, true);
  columns.backend[row] = view.getInt32(at + 44, true);
  columns.status[row] = view.getUint16(at + 48, true);
  columns.outcome[row] = view.getUint8(at + 50);
  columns.cause[row] = view.getUint8(at + 51);
  columns.attempts[row] = view.getUint8(at + 52);
}
