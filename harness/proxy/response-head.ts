/**
 * A response's status line and fields, read as strictly as a request's: a backend that speaks garbage, or two lengths at
 * once, is answered for with 502 rather than passed on. RFC 9112 §4, §6.3; faults.md rows 9 to 16.
 */
import { headers } from '../../scenarios/headers.ts';
import { inValue } from './characters.ts';
import type { FieldEdits } from './field-edits.ts';
import { connectionOptions, digits, FieldScanner, incomplete, kind, malformed } from './fields.ts';

const CR = 13;
const LF = 10;
const SPACE = 32;
const prefix = Buffer.from('HTTP/1.');

const known = {
  'content-length': kind.contentLength,
  'transfer-encoding': kind.transferEncoding,
  connection: kind.connection,
  upgrade: kind.upgrade,
  'keep-alive': kind.dropped,
  'proxy-connection': kind.dropped,
  'proxy-authenticate': kind.dropped,
  te: kind.dropped,
  trailer: kind.trailer,
  date: kind.date,
  [headers.attempts]: kind.dropped,
};

export function responseFields(most: number): FieldScanner {
  return new FieldScanner(known, most);
}

const bit = (it: number) => 1 << it;
const alwaysDropped = bit(kind.dropped) | bit(kind.connection);

/** Which framing field of the backend goes on to the client. */
export const framing = { none: 0, contentLength: 1, transferEncoding: 2 } as const;

export class ResponseHead {
  /** Filled by `parse`; valid until the next. */
  status = 0;
  minor = 1;
  /** −1 when there is none. */
  contentLength = -1;
  chunked = false;
  keepAlive = true;
  upgrade = false;
  /** Whether it says when it was made. */
  dated = false;
  readonly #fields: FieldScanner;
  #text = '';
  #base = 0;
  #fieldsStart = 0;

  constructor(fields: FieldScanner) {
    this.#fields = fields;
  }

  /** Returns where the body begins, `incomplete`, or a negative number when it cannot be trusted. */
  parse(b: Buffer, from: number, to: number): number {
    // HTTP/1.x SP 3DIGIT
    let at = from;
    for (let i = 0; i < prefix.length; i++) {
      if (at >= to) return incomplete;
      if (b[at++] !== prefix[i]) return malformed;
    }
    if (at + 5 > to) return incomplete;
    const minor = b[at]! - 48;
    if (minor < 0 || minor > 9 || b[at + 1] !== SPACE) return malformed;
    const status = digits(b, at + 2, at + 5);
    if (status < 100 || status > 599) return malformed;
    at += 5;
    if (at >= to) return incomplete;
    if (b[at] !== SPACE && b[at] !== CR) return malformed;
    while (at < to && inValue[b[at]!] === 1) at++;
    if (at >= to) return incomplete;
    if (b[at] !== CR) return malformed;
    if (at + 1 >= to) return incomplete;
    if (b[at + 1] !== LF) return malformed;
    at += 2;
    const end = this.#fields.scan(b, at, to);
    if (end <= 0) return end;
    this.status = status;
    this.minor = minor;
    this.#text = b.toString('latin1', from, end);
    this.#base = from;
    this.#fieldsStart = at;
    const refused = this.#interpret(b);
    return refused < 0 ? refused : end;
  }

  #interpret(b: Buffer): number {
    const fields = this.#fields;
    this.contentLength = -1;
    this.chunked = false;
    this.upgrade = false;
    this.dated = false;
    this.keepAlive = this.minor >= 1;
    let connection = '';
    for (let i = 0; i < fields.count; i++) {
      switch (fields.kinds[i]) {
        case kind.contentLength:
          if (this.contentLength >= 0) return malformed;
          this.contentLength = digits(b, fields.valueStart(i), fields.valueEnd(i));
          if (this.contentLength < 0) return malformed;
          break;
        case kind.transferEncoding:
          if (this.chunked || this.minor === 0) return malformed;
          if (fields.value(i, b).toLowerCase() !== 'chunked') return malformed;
          this.chunked = true;
          break;
        case kind.connection:
          connection += `${fields.value(i, b)},`;
          break;
        case kind.upgrade:
          this.upgrade = true;
          break;
        case kind.date:
          this.dated = true;
          break;
        default:
          break;
      }
    }
    if (connection !== '')
      for (const option of connectionOptions(connection)) {
        if (option === 'close') this.keepAlive = false;
        else if (option !== 'keep-alive' && option !== 'upgrade') fields.drop(b, option);
      }
    return this.chunked && this.contentLength >= 0 ? malformed : 0;
  }

  /** Value of a field, by its lower-case name and that name's `hashOf`. To be called before the next scan. */
  field(b: Buffer, { name, hash }: { readonly name: string; readonly hash: number }): string | undefined {
    return this.#fields.find(b, name, hash);
  }

  /** Takes fields away by what an edit says. To be called before the next scan. */
  take(b: Buffer, { drop }: FieldEdits): void {
    for (const { name, hash } of drop) this.#fields.drop(b, name, hash);
  }

  /** Status line and fields for the client, without own fields and the empty line. To be called before the next scan. */
  forwarded(keep: (typeof framing)[keyof typeof framing], upgrading = false, trailers = false): string {
    let dropping = alwaysDropped;
    if (!trailers) dropping |= bit(kind.trailer);
    if (keep !== framing.contentLength) dropping |= bit(kind.contentLength);
    if (keep !== framing.transferEncoding) dropping |= bit(kind.transferEncoding);
    if (!upgrading) dropping |= bit(kind.upgrade);
    const line = this.#text.slice(this.minor === 1 ? 0 : 8, this.#fieldsStart - this.#base);
    const kept = this.#fields.kept(this.#text, this.#base, dropping);
    return this.minor === 1 ? line + kept : `HTTP/1.1${line}${kept}`;
  }
}
