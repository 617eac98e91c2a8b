/**
 * A 32-bit hash of strings for keys and for points on a ring.
 *
 * Short sequential keys (user-1, user-2, …) must land all over the range, so plain FNV will not do: its last byte
 * hardly reaches the high bits. This is the construction of MurmurHash3 x86_32 (Appleby, public domain) over
 * UTF-16 code units, two to a block; its values are ours, not those of the byte-wise original.
 */

function scramble(word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}

/** Murmur3's finaliser: every input bit reaches every output bit. */
export function avalanche(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** An unsigned 32-bit hash. Different seeds give independent functions. */
export function hashString(text: string, seed = 0): number {
  return hashBits(text, seed) >>> 0;
}

/**
 * The same 32 bits as a signed integer, for the path of a pick: Node keeps those in place, where an unsigned one above
 * 2^31 may be boxed on the heap when it is returned.
 */
export function hashBits(text: string, seed = 0): number {
  let h = seed | 0;
  let i = 0;
  for (; i + 1 < text.length; i += 2) {
    h ^= scramble(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  if (i < text.length) h ^= scramble(text.charCodeAt(i));
  return avalanche(h ^ text.length) | 0;
}
