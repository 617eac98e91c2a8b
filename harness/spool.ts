/**
 * Request rows as they come, one fixed-size binary record each, appended in chunks while the run goes: a generator that
 * is killed leaves what it had recorded, and recording a row costs well under a microsecond. `collect.ts` turns a spool
 * into Parquet once the load is over. Little-endian; a 16-byte header, then records of 56 bytes.
 */
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type RequestColumns, requestColumns } from './recording.ts';

const magic = 'STEELROW';
const version = 1;
const headerBytes = 16;
const recordBytes = 56;
const chunkRecords = 4096;
const flushEveryMs = 250;

interface Chunk {
  bytes: Buffer;
  view: DataView;
  used: number;
}

/** Writer. Rows reach the file within 250 ms; an error of the disk comes out of `close`, or ends the process. */
export class Spool {
  readonly #stream: WriteStream;
  readonly #timer: NodeJS.Timeout;
  /** Chunks the disk is done with. */
  readonly #spare: Chunk[] = [newChunk()];
  #chunk = newChunk();

  private constructor(stream: WriteStream) {
    this.#stream = stream;
    this.#timer = setInterval(() => this.#flush(), flushEveryMs).unref();
  }

  /** Creates or empties `file`. Rejects when it cannot be written. */
  static async create(file: string): Promise<Spool> {
    const stream = createWriteStream(file);
    await once(stream, 'open');
    const header = Buffer.alloc(headerBytes);
    header.write(magic, 'latin1');
    header.writeUInt32LE(version, 8);
    header.writeUInt32LE(recordBytes, 12);
    stream.write(header);
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
    const { view, used } = this.#chunk;
    view.setFloat64(used, index, true);
    view.setFloat64(used + 8, intended, true);
    view.setFloat64(used + 16, sent, true);
    view.setFloat64(used + 24, firstByte, true);
    view.setFloat64(used + 32, latency, true);
    view.setUint32(used + 40, keyHash, true);
    view.setInt32(used + 44, backend, true);
    view.setUint16(used + 48, status, true);
    view.setUint8(used + 50, outcome);
    view.setUint8(used + 51, cause);
    view.setUint8(used + 52, Math.min(attempts, 255));
    this.#chunk.used = used + recordBytes;
    if (this.#chunk.used === this.#chunk.bytes.length) this.#flush();
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
    if (chunk.used === 0) return;
    this.#chunk = this.#spare.pop() ?? newChunk();
    this.#stream.write(chunk.bytes.subarray(0, chunk.used), () => {
      chunk.used = 0;
      this.#spare.push(chunk);
    });
  }
}

function newChunk(): Chunk {
  const bytes = Buffer.alloc(chunkRecords * recordBytes);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), used: 0 };
}

/**
 * All rows, in the order their requests ended; what a killed writer tore, a last record or the header itself, is left out.
 * Rejects when `file` is missing or no spool.
 */
export async function readSpool(file: string): Promise<RequestColumns> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size < headerBytes) return requestColumns(0);
    await checkHeader(handle, file);
    const columns = requestColumns(Math.floor((size - headerBytes) / recordBytes));
    const block = newChunk();
    for (let row = 0; row < columns.length; row += chunkRecords) {
      const rows = Math.min(chunkRecords, columns.length - row);
      await handle.read(block.bytes, 0, rows * recordBytes, headerBytes + row * recordBytes);
      for (let i = 0; i < rows; i++) readRow(block.view, i * recordBytes, columns, row + i);
    }
    return columns;
  } finally {
    await handle.close();
  }
}

async function checkHeader(handle: FileHandle, file: string): Promise<void> {
  const header = Buffer.alloc(headerBytes);
  await handle.read(header, 0, headerBytes, 0);
  const found = `${header.toString('latin1', 0, 8)} ${header.readUInt32LE(8)} ${header.readUInt32LE(12)}`;
  if (found !== `${magic} ${version} ${recordBytes}`)
    throw new Error(`${file} is no spool of request rows of version ${version}`);
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
