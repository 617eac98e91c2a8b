/**
 * A request's start line and fields, read strictly, and what is sent on in their place. Refusing is the defence: whatever
 * two parsers could read differently (two lengths, a length and a coding, a folded line, a space before a colon) is
 * answered 400 and never forwarded. RFC 9112 §3, §5, §6.3; faults.md rows 28 to 35.
 */
import { hexValue, inHost, inTarget, lowerToken } from './characters.ts';
import { cookieIn } from './cookies.ts';
import { connectionOptions, digits, incomplete, kind, malformed } from './fields.ts';
import type { RequestReading } from './request-reading.ts';
import type { Route, Router } from './router.ts';

const CR = 13;
const LF = 10;
const SPACE = 32;
const SLASH = 47;
const COLON = 58;

const bit = (it: number) => 1 << it;
const alwaysDropped =
  bit(kind.dropped) |
  bit(kind.connection) |
  bit(kind.te) |
  bit(kind.forwardedFor) |
  bit(kind.forwardedProto) |
  bit(kind.forwardedHost);
const idempotentMethods = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);

export class RequestHead {
  /** Filled by `parse`; valid until the next. */
  method = '';
  idempotent = false;
  /** Minor version: 1 or 0. */
  minor = 1;
  /** −1 when there is none. */
  contentLength = -1;
  chunked = false;
  keepAlive = true;
  /** The client takes trailers, and says that this is of its connection. */
  trailers = false;
  #takesTrailers = false;
  /** Of OPTIONS, where it says so; −1 otherwise. */
  maxForwards = -1;
  /** Value of Upgrade, where one is asked for that can be passed on. */
  upgrade: string | undefined = undefined;
  /** steelyard-request; −1 when there is none. */
  number = -1;
  key = '';
  /** steelyard-client; undefined when there is none. */
  client: string | undefined = undefined;
  /** steelyard-region; undefined when there is none. */
  region: string | undefined = undefined;
  /** Everything that is sent on, up to where own fields and the empty line go. */
  forwarded = '';
  hasHost = false;
  /** As they came, where they are kept; empty where there is none. */
  target = '';
  host = '';
  /** X-Forwarded-For as a trusted peer brought it; empty otherwise. */
  chain = '';
  /** What it says of its session: all of its cookies, or the value of the field asked for; empty where it says nothing. */
  told = '';
  #proto: string | undefined = undefined;
  #forwardedHost: string | undefined = undefined;
  #cookies = '';
  /** Host as it goes on, where X-Forwarded-Host asks for it. */
  #host = '';
  /** Whether the peer's X-Forwarded fields are taken for true. */
  readonly #chained: boolean;
  /** Whether what it says of client and region goes on: the next balancer may trust us, and must not be told by a stranger. */
  readonly #trusted: boolean;
  /** Undefined where nothing is routed or edited. */
  route: Route | undefined = undefined;
  #hostAt = -1;
  readonly #reading: RequestReading;

  constructor(reading: RequestReading, chained = false, trusted = true) {
    this.#reading = reading;
    this.#chained = chained;
    this.#trusted = trusted;
  }

  /** Returns where the body begins; `incomplete`; or the negative status of the answer. */
  parse(b: Buffer, from: number, to: number): number {
    let start = from;
    // Empty lines before a request line are ignored (RFC 9112 §2.2).
    while (start + 1 < to && b[start] === CR && b[start + 1] === LF) start += 2;
    let at = start;
    while (at < to && lowerToken[b[at]!] !== 0) at++;
    if (at >= to) return at - start > 32 ? -501 : incomplete;
    if (b[at] === CR && at === start && at + 1 >= to) return incomplete;
    if (b[at] !== SPACE || at === start) return malformed;
    if (at - start > 32) return -501;
    const methodEnd = at++;
    const targetStart = at;
    while (at < to && inTarget[b[at]!] === 1) at++;
    if (at - targetStart > this.#reading.targetBytes) return -414;
    if (at >= to) return incomplete;
    if (b[at] !== SPACE || at === targetStart) return malformed;
    const targetEnd = at++;
    const version = versionAt(b, at, to);
    if (version <= 0) return version;
    at += 8;
    if (at >= to) return incomplete;
    if (b[at] !== CR) return malformed;
    if (at + 1 >= to) return incomplete;
    if (b[at + 1] !== LF) return malformed;
    const fieldsStart = at + 2;
    const end = this.#reading.fields.scan(b, fieldsStart, to);
    if (end <= 0) return end;

    const text = b.toString('latin1', start, end);
    this.minor = version === 10 ? 0 : 1;
    this.method = text.slice(0, methodEnd - start);
    this.idempotent = this.method === 'GET' || idempotentMethods.has(this.method);
    const refused = this.#interpret(b);
    if (refused < 0) return refused;
    return this.#forward(b, text, start, targetStart, targetEnd, fieldsStart, version, end);
  }

  #interpret(b: Buffer): number {
    const { fields } = this.#reading;
    this.contentLength = -1;
    this.chunked = false;
    this.keepAlive = this.minor === 1;
    this.upgrade = undefined;
    this.trailers = this.#takesTrailers = false;
    this.maxForwards = -1;
    this.number = -1;
    this.client = undefined;
    this.region = undefined;
    this.hasHost = false;
    this.#hostAt = -1;
    this.chain = '';
    this.#proto = undefined;
    this.#forwardedHost = undefined;
    this.#cookies = '';
    let upgradeAt = -1;
    let connection = '';
    for (let i = 0; i < fields.count; i++) {
      switch (fields.kinds[i]) {
        case kind.host:
          if (this.hasHost || !isHost(b, fields.valueStart(i), fields.valueEnd(i))) return malformed;
          this.hasHost = true;
          this.#hostAt = i;
          break;
        case kind.contentLength:
          if (this.contentLength >= 0) return malformed;
          this.contentLength = digits(b, fields.valueStart(i), fields.valueEnd(i));
          if (this.contentLength < 0) return malformed;
          break;
        case kind.transferEncoding: {
          if (this.chunked || this.minor === 0) return malformed;
          const coding = fields.value(i, b).toLowerCase();
          // Codings we do not know, properly ended by chunked, are not wrong, only not implemented (RFC 9112 §6.1).
          if (coding !== 'chunked')
            return /^(?:(?:x-)?(?:gzip|compress)|deflate)[\t ]*,[\t ]*chunked$/.test(coding)
              ? -501
              : malformed;
          this.chunked = true;
          break;
        }
        case kind.connection:
          connection += `${fields.value(i, b)},`;
          break;
        case kind.upgrade:
          if (upgradeAt < 0) upgradeAt = i;
          else return malformed;
          break;
        case kind.expect:
          if (this.minor === 0) fields.kinds[i] = kind.dropped;
          else if (fields.value(i, b).toLowerCase() !== '100-continue') return -417;
          break;
        case kind.requestNumber:
          this.number = digits(b, fields.valueStart(i), fields.valueEnd(i));
          break;
        case kind.clientAddress:
          this.client = fields.value(i, b);
          break;
        case kind.clientRegion:
          this.region = fields.value(i, b);
          break;
        case kind.te:
          // Of codings nothing is promised onwards: chunks are all this proxy makes (RFC 9110 §10.1.4).
          this.#takesTrailers ||= /(?:^|,)[\t ]*trailers[\t ]*(?:;|,|$)/i.test(fields.value(i, b));
          break;
        case kind.maxForwards:
          if (this.method === 'OPTIONS') {
            this.maxForwards = digits(b, fields.valueStart(i), fields.valueEnd(i));
            if (this.maxForwards < 0) return malformed;
          }
          break;
        case kind.forwardedFor:
          if (this.#chained) this.chain += `${this.chain === '' ? '' : ', '}${fields.value(i, b)}`;
          break;
        case kind.forwardedProto:
          if (this.#chained) this.#proto = fields.value(i, b);
          break;
        case kind.forwardedHost:
          if (this.#chained) this.#forwardedHost = fields.value(i, b);
          break;
        case kind.cookie:
          this.#cookies += `${this.#cookies === '' ? '' : '; '}${fields.value(i, b)}`;
          break;
        default:
          break;
      }
    }
    if (this.chunked && this.contentLength >= 0) return malformed;
    if (!this.hasHost && this.minor === 1) return malformed;
    const { keyField, keyCookie, sessionField } = this.#reading;
    if (keyField !== undefined) this.key = fields.find(b, keyField.name, keyField.hash) ?? '';
    else this.key = keyCookie === undefined ? '' : (cookieIn(this.#cookies, keyCookie) ?? '');
    if (sessionField !== undefined) this.told = fields.find(b, sessionField.name, sessionField.hash) ?? '';
    else this.told = this.#cookies;
    if (connection !== '') this.#connection(connection, upgradeAt, b);
    return 0;
  }

  #connection(value: string, upgradeAt: number, b: Buffer): void {
    const { fields } = this.#reading;
    for (const option of connectionOptions(value)) {
      if (option === 'close') this.keepAlive = false;
      else if (option === 'te') this.trailers = this.#takesTrailers && this.minor === 1;
      else if (option === 'upgrade') {
        // h2c is ended here, not passed on: behind it the backend would speak what nobody in between reads.
        const wanted = upgradeAt < 0 ? '' : fields.value(upgradeAt, b);
        const bodiless = this.contentLength <= 0 && !this.chunked;
        if (this.minor === 1 && this.method === 'GET' && bodiless && wanted !== '' && !/h2c/i.test(wanted))
          this.upgrade = wanted;
      } else if (option !== 'keep-alive') fields.drop(b, option);
    }
    // `keep-alive` is what HTTP/1.0 asks with; `close` beside it wins.
    if (this.minor === 0) this.keepAlive = /^(?!.*\bclose\b).*\bkeep-alive\b/i.test(value);
  }

  #forward(
    b: Buffer,
    text: string,
    start: number,
    targetStart: number,
    targetEnd: number,
    fieldsStart: number,
    version: number,
    end: number,
  ): number {
    const { fields } = this.#reading;
    let dropping = alwaysDropped;
    if (this.upgrade === undefined) dropping |= bit(kind.upgrade);
    if (!this.#trusted) dropping |= bit(kind.clientAddress) | bit(kind.clientRegion);
    if (!this.chunked) dropping |= bit(kind.trailer);
    if (this.maxForwards >= 0) dropping |= bit(kind.maxForwards);
    const { router } = this.#reading;
    let line = text.slice(0, fieldsStart - start);
    let target = '';
    let authority: string | undefined;
    const first = b[targetStart]!;
    if (this.#reading.keeping) {
      this.target = text.slice(targetStart - start, targetEnd - start);
      this.host = this.#hostAt < 0 ? '' : fields.value(this.#hostAt, b);
    }
    if (this.method === 'CONNECT') return -501;
    if (this.method === 'TRACE') return -405;
    if (first === SLASH) {
      if (version !== 11) line = `${text.slice(0, targetEnd - start)} HTTP/1.1\r\n`;
    } else {
      target = text.slice(targetStart - start, targetEnd - start);
      if (target === '*') {
        if (this.method !== 'OPTIONS') return malformed;
        line = 'OPTIONS * HTTP/1.1\r\n';
      } else {
        const absolute = /^https?:\/\/([^/?]+)([/?].*)?$/i.exec(target);
        if (absolute === null) return malformed;
        authority = absolute[1]!;
        const bytes = Buffer.from(authority, 'latin1');
        if (!isHost(bytes, 0, bytes.length)) return malformed;
        // Of the whole server: how OPTIONS with an empty path is passed on (RFC 9112 §3.2.4).
        const rest = absolute[2] ?? (this.method === 'OPTIONS' ? '*' : '/');
        target = rest.startsWith('?') ? `/${rest}` : rest;
        line = `${this.method} ${target} HTTP/1.1\r\n`;
        dropping |= bit(kind.host);
        this.hasHost = true;
      }
    }
    if (router !== undefined) {
      if (target === '') target = text.slice(targetStart - start, targetEnd - start);
      line = this.#routed(router, b, target, authority);
    }
    if (this.#reading.forwardedHost)
      this.#host = authority ?? (this.#hostAt < 0 ? '' : fields.value(this.#hostAt, b));
    if (authority !== undefined) line += `Host: ${authority}\r\n`;
    this.forwarded = line + fields.kept(text, start, dropping);
    if (router !== undefined && this.route!.request !== undefined)
      this.forwarded += this.route!.request.lines;
    if (this.maxForwards > 0) this.forwarded += `Max-Forwards: ${this.maxForwards - 1}\r\n`;
    if (this.trailers) this.forwarded += 'TE: trailers\r\n';
    if (this.upgrade !== undefined || this.trailers) this.forwarded += `Connection: ${this.#hops()}\r\n`;
    return end;
  }

  /** What of the connection onwards is said of it. */
  #hops(): string {
    if (this.upgrade === undefined) return 'TE';
    return this.trailers ? 'Upgrade, TE' : 'Upgrade';
  }

  /** Whether `ownFields` says the same for every request of a connection. */
  get plain(): boolean {
    return this.minor === 1 && this.chain === '' && this.#proto === undefined && !this.#reading.forwardedHost;
  }

  /**
   * The lines that say by whom a request comes, and the end of the head: after everything of the client's, so that nothing it
   * nominates or sends twice can take their place.
   */
  ownFields(peer: string, secure: boolean): string {
    const { via, forwardedProto, forwardedHost } = this.#reading;
    let text = `X-Forwarded-For: ${this.chain === '' ? '' : `${this.chain}, `}${peer}\r\n`;
    const proto = this.#proto ?? (secure ? 'https' : forwardedProto ? 'http' : undefined);
    if (proto !== undefined) text += `X-Forwarded-Proto: ${proto}\r\n`;
    if (forwardedHost && (this.#forwardedHost ?? this.#host) !== '')
      text += `X-Forwarded-Host: ${this.#forwardedHost ?? this.#host}\r\n`;
    if (via !== undefined) text += `Via: 1.${this.minor} ${via}\r\n`;
    return `${text}\r\n`;
  }

  /** Settles the route. Returns the request line to send on, with what the route takes away taken away. */
  #routed(router: Router, b: Buffer, target: string, authority: string | undefined): string {
    const { fields, asked } = this.#reading;
    const query = target.indexOf('?');
    asked.b = b;
    asked.method = this.method;
    asked.path = query < 0 ? target : target.slice(0, query);
    asked.host = nameOf(authority ?? (this.#hostAt < 0 ? '' : fields.value(this.#hostAt, b)));
    const route = router.route(asked);
    this.route = route;
    if (route.request !== undefined)
      for (const { name, hash } of route.request.drop) fields.drop(b, name, hash);
    return `${this.method} ${route.rewrite(target)} HTTP/1.1\r\n`;
  }
}

/** A host without its port, in lower case. */
function nameOf(authority: string): string {
  return authority.replace(/:\d*$/, '').toLowerCase();
}

/** 11 for HTTP/1.1 itself, 10 for 1.0, 12 for a later 1.x; `incomplete`; or a negative status. */
function versionAt(b: Buffer, at: number, to: number): number {
  // H T T P / 1 .
  if (at + 8 > to) {
    for (let i = at; i < to; i++) if (b[i] === CR || b[i] === LF) return malformed;
    return incomplete;
  }
  if (b[at] !== 72 || b[at + 1] !== 84 || b[at + 2] !== 84 || b[at + 3] !== 80 || b[at + 4] !== SLASH)
    return malformed;
  const major = b[at + 5]! - 48;
  const minor = b[at + 7]! - 48;
  if (major < 0 || major > 9 || b[at + 6] !== 46 || minor < 0 || minor > 9) return malformed;
  if (major !== 1) return -505;
  return minor === 1 ? 11 : minor === 0 ? 10 : 12;
}

/** `uri-host [ ":" port ]`, not empty: a name, an IPv4 address, or an IPv6 address in brackets. */
function isHost(b: Buffer, from: number, to: number): boolean {
  let at = from;
  if (b[at] === 91) {
    at++;
    while (at < to && (hexValue[b[at]!] !== 255 || b[at] === COLON || b[at] === 46)) at++;
    if (b[at] !== 93 || at >= to || at === from + 1) return false;
    at++;
  } else while (at < to && inHost[b[at]!] === 1) at++;
  if (at === from) return false;
  if (at === to) return true;
  return b[at] === COLON && (at + 1 === to || (to - at <= 6 && digits(b, at + 1, to) >= 0));
}
