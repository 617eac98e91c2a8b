/**
 * Names in place of what tells people apart: a keyed hash (HMAC-SHA-256, RFC 2104) under a key that is drawn for each import
 * and forgotten. The same client has the same pseudonym throughout, so that keys and affinity survive; nobody can try
 * addresses until one fits. Who gives the key a seed can import two logs alike, and should keep it to himself.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';

/** What has been hashed already: clients come again and again. */
const mostRemembered = 100_000;

export class Pseudonyms {
  readonly #key: Buffer;
  readonly #known = new Map<string, Buffer>();

  constructor(seed?: string) {
    this.#key = seed === undefined ? randomBytes(32) : createHash('sha256').update(seed).digest();
  }

  /** Held now. */
  get remembered(): number {
    return this.#known.size;
  }

  /** 32 bytes for a value of a kind: the same value is another one as a client than as a query. */
  bytes(kind: string, value: string): Buffer {
    const what = `${kind}\n${value}`;
    let bytes = this.#known.get(what);
    if (bytes === undefined) {
      if (this.#known.size >= mostRemembered) this.#known.clear();
      bytes = createHmac('sha256', this.#key).update(what).digest();
      this.#known.set(what, bytes);
    }
    return bytes;
  }

  /** An address in 10.0.0.0/8, as loads draw them. Two of many thousand clients may share one; their keys differ. */
  address(client: string): string {
    const [a, b, c] = this.bytes('client', client);
    return `10.${a}.${b}.${c}`;
  }

  /** 16 hexadecimal digits. */
  word(kind: string, value: string): string {
    return this.bytes(kind, value).toString('hex', 0, 8);
  }

  /** The same shape with other digits and letters; as it is where it has neither. */
  shaped(kind: string, value: string): string {
    let block = this.bytes(kind, value);
    let used = 0;
    let more = 0;
    return value.replace(/[0-9A-Za-z]/g, (it) => {
      if (used === block.length) {
        block = this.bytes(`${kind} ${++more}`, value);
        used = 0;
      }
      const byte = block[used++]!;
      if (it <= '9') return String.fromCharCode(48 + (byte % 10));
      if (it <= 'Z') return String.fromCharCode(65 + (byte % (hexadecimal(value) ? 6 : 26)));
      return String.fromCharCode(97 + (byte % (hexadecimal(value) ? 6 : 26)));
    });
  }
}

const hexadecimal = (value: string): boolean => /^[0-9A-Fa-f-]+$/.test(value);
