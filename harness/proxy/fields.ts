/**
 * One pass over the fields of a message head, strict (RFC 9112 §5): CRLF line ends only, no folding, no space before the
 * colon, no control characters, no empty name. Every name is hashed as it is read, so that the few that mean something to
 * a proxy are known at the end of the name; the rest is passed over untouched and later copied in whole runs.
 */
import { inValue, lowerToken } from './characters.ts';

/** What a field means to a proxy. */
export const kind = {
  plain: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  upgrade: 5,
  expect: 6,
  /** Ends here: hop-by-hop, nominated by Connection, or replaced by our own. */
  dropped: 7,
  requestNumber: 8,
  clientAddress: 9,
  clientRegion: 10,
  forwardedFor: 11,
  forwardedProto: 12,
  forwardedHost: 13,
  cookie: 14,
  te: 15,
  trailer: 16,
  maxForwards: 17,
  date: 18,
} as const;
export type Kind = (typeof kind)[keyof typeof kind];

const CR = 13;
const LF = 10;
const TAB = 9;
const SPACE = 32;
const COLON = 58;

/** A head that is not complete yet; negative results are HTTP statuses. */
export const incomplete = 0;
export const malformed = -400;
export const tooManyFields = -431;

interface Known {
  hash: number;
  name: string;
  kind: Kind;
}

export function hashOf(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0;
  return hash;
}

/** Positions of the fields of the last head scanned; valid until the next scan, so one instance serves every connection. */
export class FieldScanner {
  count = 0;
  readonly kinds: Uint8Array;
  readonly #most: number;
  readonly #hashes: Int32Array;
  readonly #starts: Int32Array;
  readonly #nameEnds: Int32Array;
  readonly #valueStarts: Int32Array;
  readonly #valueEnds: Int32Array;
  readonly #ends: Int32Array;
  readonly #known: (Known | undefined)[];
  readonly #mask: number;

  /** `known` maps lower-case names to what they mean. */
  constructor(known: Readonly<Record<string, Kind>>, most: number) {
    this.#most = most;
    this.kinds = new Uint8Array(most);
    this.#hashes = new Int32Array(most);
    this.#starts = new Int32Array(most);
    this.#nameEnds = new Int32Array(most);
    this.#valueStarts = new Int32Array(most);
    this.#valueEnds = new Int32Array(most);
    this.#ends = new Int32Array(most);
    const entries = Object.entries(known).map(([name, it]) => ({ hash: hashOf(name), name, kind: it }));
    // As large as it takes for no two known names to share a place.
    let size = 16;
    while (new Set(entries.map((it) => it.hash & (size - 1))).size < entries.length) size *= 2;
    this.#mask = size - 1;
    this.#known = Array.from({ length: size }, () => undefined);
    for (const entry of entries) this.#known[entry.hash & this.#mask] = entry;
  }

  /** Scans from the first byte after the start line. Returns where the body begins, `incomplete`, or a negative status. */
  scan(b: Buffer, from: number, to: number): number {
    let at = from;
    this.count = 0;
    for (;;) {
      if (at >= to) return incomplete;
      if (b[at] === CR) {
        if (at + 1 >= to) return incomplete;
        return b[at + 1] === LF ? at + 2 : malformed;
      }
      if (this.count === this.#most) return tooManyFields;
      const start = at;
      let hash = 0;
      for (; at < to; at++) {
        const lower = lowerToken[b[at]!]!;
        if (lower === 0) break;
        hash = (Math.imul(hash, 31) + lower) | 0;
      }
      if (at >= to) return incomplete;
      if (b[at] !== COLON || at === start) return malformed;
      const nameEnd = at++;
      while (at < to && (b[at] === SPACE || b[at] === TAB)) at++;
      const valueStart = at;
      while (at < to && inValue[b[at]!] === 1) at++;
      if (at >= to) return incomplete;
      if (b[at] !== CR) return malformed;
      if (at + 1 >= to) return incomplete;
      if (b[at + 1] !== LF) return malformed;
      let valueEnd = at;
      while (valueEnd > valueStart && (b[valueEnd - 1] === SPACE || b[valueEnd - 1] === TAB)) valueEnd--;
      at += 2;
      const i = this.count++;
      this.#hashes[i] = hash;
      this.#starts[i] = start;
      this.#nameEnds[i] = nameEnd;
      this.#valueStarts[i] = valueStart;
      this.#valueEnds[i] = valueEnd;
      this.#ends[i] = at;
      const known = this.#known[hash & this.#mask];
      this.kinds[i] =
        known !== undefined && known.hash === hash && this.#named(i, b, known.name) ? known.kind : kind.plain;
    }
  }

  valueStart(i: number): number {
    return this.#valueStarts[i]!;
  }

  valueEnd(i: number): number {
    return this.#valueEnds[i]!;
  }

  value(i: number, b: Buffer): string {
    return b.toString('latin1', this.#valueStarts[i]!, this.#valueEnds[i]!);
  }

  /** Value of the first field of that lower-case name, whatever its kind; undefined when there is none. */
  find(b: Buffer, name: string, hash: number): string | undefined {
    for (let i = 0; i < this.count; i++)
      if (this.#hashes[i] === hash && this.#named(i, b, name)) return this.value(i, b);
    return undefined;
  }

  /** Tells the value of every field of that lower-case name. */
  each(b: Buffer, name: string, hash: number, tell: (value: string) => void): void {
    for (let i = 0; i < this.count; i++)
      if (this.#hashes[i] === hash && this.#named(i, b, name)) tell(this.value(i, b));
  }

  /** Drops every field of that lower-case name, except what the message cannot do without: Host and its framing. */
  drop(b: Buffer, name: string, hash = hashOf(name)): void {
    for (let i = 0; i < this.count; i++) {
      const it = this.kinds[i]!;
      const needed = it === kind.host || it === kind.contentLength || it === kind.transferEncoding;
      if (!needed && this.#hashes[i] === hash && this.#named(i, b, name)) this.kinds[i] = kind.dropped;
    }
  }

  /** The lines whose kinds are not in `dropping` (bits), as they came and in their order; `text` is the head, which starts at `base`. */
  kept(text: string, base: number, dropping: number): string {
    let result = '';
    for (let i = 0; i < this.count; ) {
      if ((dropping >> this.kinds[i]!) & 1) {
        i++;
        continue;
      }
      const start = this.#starts[i]!;
      do i++;
      while (i < this.count && ((dropping >> this.kinds[i]!) & 1) === 0);
      result += text.slice(start - base, this.#ends[i - 1]! - base);
    }
    return result;
  }

  #named(i: number, b: Buffer, name: string): boolean {
    const start = this.#starts[i]!;
    if (this.#nameEnds[i]! - start !== name.length) return false;
    for (let k = 0; k < name.length; k++) if (lowerToken[b[start + k]!] !== name.charCodeAt(k)) return false;
    return true;
  }
}

/**
 * Reads `1*DIGIT`; −1 when it is anything else, empty, or beyond 15 digits (which a double still holds exactly).
 * Not Number(): that takes signs, spaces, hexadecimal and exponents, and every difference in reading is a smuggled request.
 */
export function digits(b: Buffer, from: number, to: number): number {
  if (from >= to || to - from > 15) return -1;
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = b[i]! - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** What a Connection field says, in lower case; nominated names are those that are no option of ours. */
export function connectionOptions(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((it) => it.trim())
    .filter((it) => it !== '');
}
