/**
 * Reads responses off a connection as strictly as the balancer reads a backend's (harness/proxy), and checks what a
 * client can check of the body: every promised byte came and none besides, and what calls itself JSON parses, so that
 * a body spliced from two responses is not taken for a good one.
 */
import { headers } from '../../scenarios/headers.ts';
import { BodyDecoder, bodyMode } from '../proxy/body.ts';
import { type FieldScanner, hashOf, incomplete } from '../proxy/fields.ts';
import { defaultLimits } from '../proxy/limits.ts';
import { ResponseHead, responseFields } from '../proxy/response-head.ts';
import type { ReadyCheck } from './response-check.ts';

const backendHash = hashOf(headers.backend);
const attemptsHash = hashOf(headers.attempts);
const setCookie = { name: 'set-cookie', hash: hashOf('set-cookie') } as const;
const typeHash = hashOf('content-type');

/** Bodies up to this many bytes are parsed when they claim to be JSON; of longer ones only the length is checked. */
const checkedBytes = 65_536;
/** As far a body is searched for what a check asks it to contain. */
const searchedBytes = 1_000_000;

// Used up before anybody's next read, so one of each serves every connection.
const fields: FieldScanner = responseFields(defaultLimits.responseFields);
const head = new ResponseHead(fields);

export const progress = { more: 0, complete: 1, malformed: 2 } as const;
export type Progress = (typeof progress)[keyof typeof progress];

export class ResponseReader {
  /** Of the response being read or just read. */
  status = 0;
  /** Id of the backend that answered, as it says itself. */
  backend: string | undefined = undefined;
  /** Attempts the balancer made; 0 when it does not say. */
  attempts = 0;
  /** Whether the connection can carry another request. */
  keepAlive = true;
  /** Whether the body is what was promised; of a complete response. */
  intact = true;
  /** Whether fields and body are as the check asks; of a complete response. */
  met = true;
  readonly #onCookie: ((value: string) => void) | undefined;
  #headOnly = false;
  #inBody = false;
  /** Of a head that has not come whole. */
  #partial: Buffer | undefined = undefined;
  readonly #body = new BodyDecoder();
  /** What came of a JSON body that is still coming; undefined for other bodies. */
  #pieces: Buffer[] | undefined = undefined;
  #gathered = 0;
  #json = false;
  #check: ReadyCheck | undefined = undefined;

  /** `onCookie` is told the value of every Set-Cookie field. */
  constructor(onCookie?: (value: string) => void) {
    this.#onCookie = onCookie;
  }

  /** Begins anew: nothing of an earlier response, complete or not, has a part in the next. */
  expect(method: string, check?: ReadyCheck): void {
    this.status = 0;
    this.backend = undefined;
    this.attempts = 0;
    this.keepAlive = true;
    this.intact = true;
    this.met = true;
    this.#check = check;
    this.#headOnly = method === 'HEAD';
    this.#inBody = false;
    this.#partial = undefined;
    this.#pieces = undefined;
    this.#gathered = 0;
  }

  read(chunk: Buffer): Progress {
    let bytes = chunk;
    let at = 0;
    while (!this.#inBody) {
      if (this.#partial !== undefined) {
        bytes = Buffer.concat([this.#partial, bytes.subarray(at)]);
        at = 0;
        this.#partial = undefined;
      }
      const end = head.parse(bytes, at, bytes.length);
      if (end < 0) return progress.malformed;
      if (end === incomplete) {
        if (bytes.length - at > defaultLimits.responseHeadBytes) return progress.malformed;
        this.#partial = Buffer.from(bytes.subarray(at));
        return progress.more;
      }
      // Nobody asked for an upgrade; other interim responses announce the one that counts.
      if (head.status === 101) return progress.malformed;
      if (head.status >= 200) this.#beginBody(bytes);
      at = end;
    }
    return this.#readBody(bytes, at);
  }

  /** The peer has sent its FIN. True when that is what completes the response: a body of no stated length. */
  end(): boolean {
    if (!this.#inBody || this.#body.mode !== bodyMode.untilClose) return false;
    this.#judge();
    return true;
  }

  #beginBody(bytes: Buffer): void {
    this.#inBody = true;
    this.status = head.status;
    this.keepAlive = head.keepAlive;
    this.backend = fields.find(bytes, headers.backend, backendHash);
    this.attempts = Number(fields.find(bytes, headers.attempts, attemptsHash) ?? 0) || 0;
    if (this.#onCookie !== undefined) fields.each(bytes, setCookie.name, setCookie.hash, this.#onCookie);
    const bodiless = this.#headOnly || this.status === 204 || this.status === 304;
    if (bodiless) this.#body.begin(bodyMode.none, 0);
    else if (head.chunked) this.#body.begin(bodyMode.chunked, 0);
    else if (head.contentLength >= 0) this.#body.begin(bodyMode.length, head.contentLength);
    else {
      this.#body.begin(bodyMode.untilClose, 0);
      this.keepAlive = false;
    }
    this.#json =
      !bodiless && /^application\/json\b/i.test(fields.find(bytes, 'content-type', typeHash) ?? '');
    if (this.#json || this.#check?.contains !== undefined) this.#pieces = [];
    if (this.#check !== undefined)
      this.met = this.#check.fields.every(
        ({ name, hash, value }) => fields.find(bytes, name, hash) === value,
      );
  }

  #readBody(bytes: Buffer, from: number): Progress {
    let at = from;
    while (at < bytes.length && !this.#body.done) {
      at = this.#body.decode(bytes, at, bytes.length);
      if (at < 0) return progress.malformed;
      this.#keep();
    }
    if (!this.#body.done) return progress.more;
    this.#judge();
    if (at < bytes.length) {
      this.intact = false;
      this.keepAlive = false;
    }
    return progress.complete;
  }

  #keep(): void {
    const { data, start, end, done } = this.#body;
    if (this.#pieces === undefined || start === end) return;
    this.#gathered += end - start;
    if (this.#gathered > checkedBytes) this.#json = false;
    const most = this.#check?.contains === undefined ? checkedBytes : searchedBytes;
    if (this.#gathered > most) {
      // What has been gathered is what is searched.
      if (this.#check?.contains === undefined) this.#pieces = undefined;
    }
    // The bytes stand in the socket's buffer, which is used again for the next read.
    else this.#pieces.push(done ? data.subarray(start, end) : Buffer.from(data.subarray(start, end)));
  }

  #judge(): void {
    if (this.#pieces === undefined) return;
    const [first, ...more] = this.#pieces;
    const body = more.length === 0 ? first : Buffer.concat(this.#pieces);
    const { contains } = this.#check ?? {};
    if (contains !== undefined) this.met &&= body?.includes(contains) === true;
    if (!this.#json) return;
    try {
      JSON.parse(body?.toString() ?? '');
    } catch {
      this.intact = false;
    }
  }
}
