/**
 * Which name a TLS client asks for, read from the first bytes of its connection and nothing changed of them: the server_name of its
 * ClientHello (RFC 6066 §3; RFC 8446 §4.1.2, §5.1). The message may be spread over any number of records, and they over any number
 * of reads. What is no ClientHello has no name, and that is known with the first byte that no ClientHello has there. Pure.
 */

/** Longest ClientHello that is looked into, bytes; real ones have some 500 to 2,000. */
const longestHello = 16_384;
/** Most bytes looked at, so that records of a byte each do not make it long. */
const mostBytes = 32_768;
const longestRecord = 16_384;

const [handshake, clientHello, serverName, hostName] = [22, 1, 0, 0];
const [recordHead, messageHead] = [5, 4];

/** Reads one connection's. */
export class ClientHello {
  /** Where the record begins that is not complete yet, and where the pieces of the message are in those before. */
  #at = 0;
  readonly #pieces: [from: number, to: number][] = [];
  #size = 0;
  /** Length of the message, its head included; 0 as long as it has not been said. */
  #length = 0;

  /**
   * `b` is all that has come, each time more of it. The name in lower case; empty where there is none, or no TLS; undefined as
   * long as more bytes may tell.
   */
  nameIn(b: Buffer): string | undefined {
    for (;;) {
      const at = this.#at;
      if (b.length > at && b[at] !== handshake) return '';
      if (b.length > at + 1 && b[at + 1] !== 3) return '';
      if (b.length < at + recordHead) break;
      const length = b.readUInt16BE(at + 3);
      if (length === 0 || length > longestRecord) return '';
      const from = at + recordHead;
      const to = Math.min(b.length, from + length);
      if (this.#size === 0 && to > from && b[from] !== clientHello) return '';
      const size = this.#size + to - from;
      this.#pieces.push([from, to]);
      if (this.#length === 0 && size >= messageHead) {
        this.#length = messageHead + this.#message(b).readUIntBE(1, 3);
        if (this.#length > longestHello) return '';
      }
      if (this.#length > 0 && size >= this.#length)
        return nameInHello(new Fields(this.#message(b).subarray(messageHead, this.#length)));
      if (to < from + length) {
        this.#pieces.pop();
        break;
      }
      this.#size = size;
      this.#at = to;
    }
    return b.length >= mostBytes ? '' : undefined;
  }

  #message(b: Buffer): Buffer {
    return Buffer.concat(this.#pieces.map(([from, to]) => b.subarray(from, to)));
  }
}

function nameInHello(hello: Fields): string {
  hello.skip(2 + 32); // version and random
  hello.take(1); // session
  hello.take(2); // cipher suites
  hello.take(1); // compression
  const extensions = hello.take(2);
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const body = extensions.take(2);
    if (type !== serverName) continue;
    const names = body.take(2);
    const kind = names.number(1);
    const name = names.take(2);
    return kind === hostName && name.sound ? wellFormed(name.text) : '';
  }
  return '';
}

/** Lengths that promise more than there is make everything after them empty, and the whole unsound. */
class Fields {
  sound = true;
  readonly #b: Buffer;
  #at = 0;

  constructor(b: Buffer) {
    this.#b = b;
  }

  get left(): number {
    return this.#b.length - this.#at;
  }

  get text(): string {
    return this.#b.toString('latin1');
  }

  skip(bytes: number): void {
    if (bytes > this.left) this.sound = false;
    this.#at = Math.min(this.#b.length, this.#at + bytes);
  }

  number(bytes: number): number {
    if (bytes > this.left) {
      this.skip(bytes);
      return -1;
    }
    this.#at += bytes;
    return this.#b.readUIntBE(this.#at - bytes, bytes);
  }

  /** What a length of so many bytes announces. */
  take(lengthBytes: number): Fields {
    const length = this.number(lengthBytes);
    const from = this.#at;
    this.skip(Math.max(0, length));
    const taken = new Fields(this.#b.subarray(from, this.#at));
    taken.sound = this.sound && length >= 0;
    return taken;
  }
}

const wellFormed = (name: string): string =>
  name.length <= 255 && /^[A-Za-z0-9._-]+$/.test(name) ? name.toLowerCase() : '';
