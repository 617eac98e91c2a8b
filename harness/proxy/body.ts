/**
 * Where a message body ends, and the bytes in it with their framing taken off. Chunks are put on anew by `frame.ts`, so
 * nothing a sender hid in sizes or extensions reaches the other side. Trailers are checked, and kept but for those that
 * must not come after a body (trailers.ts). RFC 9112 §6, §7.
 */
import { hexValue, inValue } from './characters.ts';
import { incomplete } from './fields.ts';
import { trailerLines, trailerScanner } from './trailers.ts';

const CR = 13;
const LF = 10;
const SEMICOLON = 59;

export const bodyMode = { none: 0, length: 1, chunked: 2, untilClose: 3 } as const;
export type BodyMode = (typeof bodyMode)[keyof typeof bodyMode];

const step = {
  firstDigit: 0,
  size: 1,
  extension: 2,
  sizeEnd: 3,
  data: 4,
  dataCr: 5,
  dataLf: 6,
  trailer: 7,
} as const;

export const badChunk = -400;
export const chunkTooLarge = -413;
/** Of all chunk extensions of a body together, bytes. */
const extensionBytes = 4_096;
const trailerBytes = 8_192;

const scanner = trailerScanner(100);
/** Where the data of several chunks in one read is put together; used up before the next read of anybody. */
let gathered = Buffer.allocUnsafe(131_072);

export class BodyDecoder {
  done = true;
  /** What the last `decode` found: `data` from `start` to `end`. Valid until the next one, of any decoder. */
  data: Buffer = gathered;
  start = 0;
  end = 0;
  /** Lines after the last chunk that may go on; empty where there are none. */
  trailers = '';
  #mode: BodyMode = bodyMode.none;
  #remaining = 0;
  #step: number = step.firstDigit;
  #sizeDigits = 0;
  #extension = 0;
  #trailer: Buffer | undefined = undefined;

  begin(mode: BodyMode, length: number): void {
    this.#mode = mode;
    this.#remaining = length;
    this.#step = step.firstDigit;
    this.#extension = 0;
    this.#trailer = undefined;
    this.trailers = '';
    this.done = mode === bodyMode.none || (mode === bodyMode.length && length === 0);
    this.start = 0;
    this.end = 0;
  }

  get mode(): BodyMode {
    return this.#mode;
  }

  /** Takes what belongs to the body. Returns the offset of the first byte that does not, or a negative status. */
  decode(b: Buffer, from: number, to: number): number {
    this.data = b;
    this.start = from;
    this.end = from;
    if (this.done) return from;
    if (this.#mode === bodyMode.chunked) return this.#chunks(b, from, to);
    let end = to;
    if (this.#mode === bodyMode.length) {
      end = Math.min(to, from + this.#remaining);
      this.#remaining -= end - from;
      this.done = this.#remaining === 0;
    }
    this.end = end;
    return end;
  }

  #chunks(b: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to) {
      const c = b[at]!;
      switch (this.#step) {
        case step.firstDigit:
          this.#remaining = hexValue[c]!;
          if (this.#remaining === 255) return badChunk;
          this.#sizeDigits = 1;
          this.#step = step.size;
          at++;
          break;
        case step.size: {
          const digit = hexValue[c]!;
          if (digit !== 255) {
            // 13 digits are 52 bits: a size that a double holds exactly.
            if (++this.#sizeDigits > 13) return badChunk;
            this.#remaining = this.#remaining * 16 + digit;
          } else if (c === CR) this.#step = step.sizeEnd;
          else if (c === SEMICOLON) this.#step = step.extension;
          else return badChunk;
          at++;
          break;
        }
        case step.extension:
          if (c === CR) this.#step = step.sizeEnd;
          else if (inValue[c] === 0) return badChunk;
          else if (++this.#extension > extensionBytes) return chunkTooLarge;
          at++;
          break;
        case step.sizeEnd:
          if (c !== LF) return badChunk;
          this.#step = this.#remaining === 0 ? step.trailer : step.data;
          at++;
          break;
        case step.data: {
          const end = Math.min(to, at + this.#remaining);
          this.#gather(b, at, end);
          this.#remaining -= end - at;
          if (this.#remaining === 0) this.#step = step.dataCr;
          at = end;
          break;
        }
        case step.dataCr:
          if (c !== CR) return badChunk;
          this.#step = step.dataLf;
          at++;
          break;
        case step.dataLf:
          if (c !== LF) return badChunk;
          this.#step = step.firstDigit;
          at++;
          break;
        default:
          return this.#trailers(b, at, to);
      }
    }
    return at;
  }

  /** The first piece is used where it lies; only a second one makes both move together. */
  #gather(b: Buffer, from: number, to: number): void {
    if (this.end === this.start) {
      this.data = b;
      this.start = from;
      this.end = to;
      return;
    }
    if (this.data === b) {
      if (gathered.length < b.length) gathered = Buffer.allocUnsafe(b.length);
      this.end = b.copy(gathered, 0, this.start, this.end);
      this.data = gathered;
      this.start = 0;
    }
    this.end += b.copy(gathered, this.end, from, to);
  }

  #trailers(b: Buffer, from: number, to: number): number {
    const before = this.#trailer?.length ?? 0;
    const all = this.#trailer === undefined ? b : Buffer.concat([this.#trailer, b.subarray(from, to)]);
    const begin = this.#trailer === undefined ? from : 0;
    const length = before + to - from;
    const end = scanner.scan(all, begin, begin + length);
    if (end < 0) return badChunk;
    if ((end === incomplete ? length : end - begin) > trailerBytes) return chunkTooLarge;
    if (end !== incomplete) {
      if (scanner.count > 0) this.trailers = trailerLines(scanner, all, begin, end);
      this.done = true;
      return from + (end - begin) - before;
    }
    this.#trailer = Buffer.from(all.subarray(begin, begin + length));
    return to;
  }
}
