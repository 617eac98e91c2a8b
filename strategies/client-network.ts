/**
 * The network a client's address lies in, as 32 bits of hash: equal for every spelling of it, and for its neighbours.
 *
 * `192.0.2.7` and `::ffff:192.0.2.7` (how a dual-stack socket shows it) are one address; so are `2001:DB8::1` and
 * `2001:db8:0:0:0:0:0:1`; a zone (`%eth0`) is left out. What is not an address, as the path of a socket, is hashed as
 * text. Nothing is allocated.
 */
import { avalanche, hashBits } from './hash.ts';

const dot = 46;
const colon = 58;

export class ClientNetwork {
  readonly #ipv4Mask: number;
  readonly #ipv6Masks: Uint16Array;
  /** The address being read: eight groups, an IPv4 address in the last two. */
  readonly #groups = new Uint16Array(8);

  /** Leading bits that count: 1 to 32, and 1 to 128. */
  constructor(ipv4Prefix: number, ipv6Prefix: number) {
    this.#ipv4Mask = -1 << (32 - ipv4Prefix);
    this.#ipv6Masks = Uint16Array.from({ length: 8 }, (_, group) => {
      const bits = Math.min(16, Math.max(0, ipv6Prefix - 16 * group));
      return 0xffff << (16 - bits);
    });
  }

  /** A signed 32-bit hash. */
  hash(client: string): number {
    const groups = this.#groups;
    const zone = client.indexOf('%');
    const end = zone < 0 ? client.length : zone;
    groups.fill(0);
    if (client.indexOf(':') < 0) {
      if (!this.#ipv4(client, 0, end, 6)) return hashBits(client);
      return this.#hashIpv4();
    }
    if (!this.#ipv6(client, end)) return hashBits(client);
    const mapped =
      groups[5] === 0xffff && (groups[0]! | groups[1]! | groups[2]! | groups[3]! | groups[4]!) === 0;
    return mapped ? this.#hashIpv4() : this.#hashIpv6();
  }

  #hashIpv4(): number {
    const word = (this.#groups[6]! << 16) | this.#groups[7]!;
    return avalanche((word & this.#ipv4Mask) ^ 0x1b873593) | 0;
  }

  #hashIpv6(): number {
    let hash = 6;
    for (let i = 0; i < 8; i++) {
      hash = avalanche((hash + Math.imul(this.#groups[i]! & this.#ipv6Masks[i]!, 0x9e3779b1) + i) | 0) | 0;
    }
    return hash;
  }

  /** Reads four numbers with dots between them into two groups. False where the text is anything else. */
  #ipv4(text: string, from: number, end: number, group: number): boolean {
    let part = 0;
    let value = 0;
    let digits = 0;
    let word = 0;
    for (let i = from; i <= end; i++) {
      const code = i === end ? dot : text.charCodeAt(i);
      if (code === dot) {
        if (digits === 0 || value > 255 || part === 4) return false;
        word = (word << 8) | value;
        part++;
        value = 0;
        digits = 0;
      } else if (code >= 48 && code <= 57 && digits < 3) {
        value = value * 10 + code - 48;
        digits++;
      } else return false;
    }
    this.#groups[group] = word >>> 16;
    this.#groups[group + 1] = word;
    return part === 4;
  }

  /** Reads groups of hexadecimal digits with colons between them, `::` once for the zeros left out. */
  #ipv6(text: string, end: number): boolean {
    const groups = this.#groups;
    let count = 0;
    let gap = -1;
    let i = 0;
    while (i < end) {
      if (text.charCodeAt(i) === colon) {
        // A single colon is passed below, behind its group: here it can only be the first of two.
        if (gap >= 0 || i + 1 >= end || text.charCodeAt(i + 1) !== colon) return false;
        gap = count;
        i += 2;
        continue;
      }
      if (count === 8) return false;
      const from = i;
      let value = 0;
      for (let digit = hex(text, i, end); digit >= 0; digit = hex(text, ++i, end)) value = value * 16 + digit;
      if (i < end && text.charCodeAt(i) === dot) {
        if (count > 6 || !this.#ipv4(text, from, end, count)) return false;
        count += 2;
        break;
      }
      if (i === from || i - from > 4) return false;
      groups[count++] = value;
      if (i === end) break;
      if (text.charCodeAt(i) !== colon) return false;
      if (i + 1 === end) return false;
      if (text.charCodeAt(i + 1) !== colon) i++;
    }
    if (gap < 0) return count === 8;
    if (count === 8) return false;
    groups.copyWithin(8 - (count - gap), gap, count);
    groups.fill(0, gap, 8 - (count - gap));
    return true;
  }
}

/** The value of a hexadecimal digit; -1 where there is none. */
function hex(text: string, at: number, end: number): number {
  if (at >= end) return -1;
  const code = text.charCodeAt(at);
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
