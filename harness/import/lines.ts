/** The lines of a log, from a file or standard input, unpacked where it is gzip or zstd, in bounded memory whatever it holds. */
import { createReadStream } from 'node:fs';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

/** Bytes of a line; no log of requests has longer ones, and a file without newlines must not fill memory. */
export const longestLine = 65_536;

const newline = 10;

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** It was longer than `longestLine`, and `text` is how it began. */
  readonly tooLong: boolean;
}

/** What is read, and whether its compression ended before its end. */
export interface Bytes {
  readonly stream: AsyncIterable<Buffer>;
  readonly state: { cutOff: boolean };
}

/** `-` is standard input. Rejects where the file cannot be opened. */
export async function openBytes(file: string): Promise<Bytes> {
  const source: Readable = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 18 });
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await iterator.next();
  const head = first.done ? Buffer.alloc(0) : Buffer.from(first.value);
  const state = { cutOff: false };
  async function* whole() {
    yield head;
    for (let it = await iterator.next(); !it.done; it = await iterator.next()) yield it.value;
  }
  const unpacker = unpackerOf(head);
  return { stream: unpacker === undefined ? whole() : unpacked(whole(), unpacker, state), state };
}

function unpackerOf(head: Buffer): Transform | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return createGunzip();
  if (head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528) return createZstdDecompress();
  return undefined;
}

/** What could be unpacked of a file that is cut off, as of a log that is still being written, is good all the same. */
async function* unpacked(source: AsyncIterable<Buffer>, unpacker: Transform, state: { cutOff: boolean }) {
  const out = pipeline(source, unpacker, () => undefined) as Transform;
  try {
    for await (const chunk of out) yield chunk as Buffer;
  } catch (error) {
    if (!/^(Z_|ERR_ZSTD|ZSTD_)/.test((error as NodeJS.ErrnoException).code ?? '')) throw error;
    state.cutOff = true;
  }
}

/** Batches of lines, as many as a chunk holds; an empty one at the very end is none. */
export async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Line[]> {
  let number = 0;
  let pending: Buffer[] = [];
  let length = 0;
  let first = true;
  const take = (): Line => {
    const bytes = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
    const tooLong = length > longestLine;
    let text = bytes.toString('utf8', 0, Math.min(bytes.length, longestLine));
    if (first && text.startsWith('\ufeff')) text = text.slice(1);
    first = false;
    pending = [];
    length = 0;
    return { number: ++number, text: text.endsWith('\r') ? text.slice(0, -1) : text, tooLong };
  };
  const add = (part: Buffer) => {
    // Beyond the longest only how long it is counts.
    if (length <= longestLine && part.length > 0) pending.push(part.subarray(0, longestLine + 1));
    length += part.length;
  };
  for await (const chunk of stream) {
    const batch: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      add(chunk.subarray(from, end));
      batch.push(take());
      from = end + 1;
    }
    add(chunk.subarray(from));
    if (batch.length > 0) yield batch;
  }
  if (length > 0) yield [take()];
}
