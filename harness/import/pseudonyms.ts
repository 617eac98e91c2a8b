/**
 * Names in place of what tells people apart: a keyed hash under a key that is drawn for each import and forgotten. The same client
 * has the same pseudonym throughout, so that keys and affinity survive; nobody can try addresses until one fits. Who
 * gives the key a seed can import two logs alike, and should keep it to himself.
 */
import { createHash, hash, randomBytes } from 'node:crypto';

/** What has been hashed already: clients come again and again. */
const mostRemembered = 20_000;

export class Pseudonyms {
  readonly #key: string;
  readonly #known = new Map<string, string>();

  constructor(seed?: string) {
    this.#key = (seed === undefined ? randomBytes(32) : createHash('sha256').update(seed).digest()).toString(
      'hex',
    );
  }

  /** Held now. */
  get remembered(): number {
    return this.#known.size;
  }

  /**
   * 64 hexadecimal digits for a value of a kind: the same value is another one as a client than as a query. SHA-256 over key and
   * value, of which less than half is ever written, so that nothing can be appended to what was hashed.
   */
  #digits(kind: string, value: string): string {
    const what = `${kind}\n${value}`;
    let digits = this.#known.get(what);
    if (digits === undefined) {
      if (this.#known.size >= mostRemembered) this.#known.clear();
      digits = hash('sha256', `${this.#key}${what}`, 'hex');
      this.#known.set(what, digits);
    }
    return digits;
  }

  /** An address in 10.0.0.0/8, as loads draw them. Two of many thousand clients may share one; their keys differ. */
  address(client: string): string {
    const digits = this.#digits('client', client);
    const octet = (i: number) => Number.parseInt(digits.slice(i, i + 2), 16);
    return `10.${octet(20)}.${octet(22)}.${octet(24)}`;
  }

  /** 16 hexadecimal digits. */
  word(kind: string, value: string): string {
    return this.#digits(kind, value).slice(0, 16);
  }

  /** The same shape with other digits and letters; as it is where it has neither. */
  shaped(kind: string, value: string): string {
    const letters = /^[0-9A-Fa-f-]+$/.test(value) ? 6 : 26;
    let digits = this.#digits(kind, value);
    let used = 0;
    let more = 0;
    return value.replace(/[0-9A-Za-z]/g, (it) => {
      if (used >= 30) {
        digits = this.#digits(`${kind} ${++more}`, value);
        used = 0;
      }
      const byte = Number.parseInt(digits.slice(used, used + 2), 16);
      used += 2;
      if (it <= '9') return String.fromCharCode(48 + (byte % 10));
      return String.fromCharCode((it <= 'Z' ? 65 : 97) + (byte % letters));
    });
  }
}
