/**
 * Counter-based randomness: a draw is a hash of (seed, stream, request, attempt), never the next number of a
 * shared sequence. So request 17 meets the same luck whichever strategy runs, however events interleave, and
 * whether it runs in a simulator or on containers; pairing, replay and shrinking follow from it.
 *
 * The mixer is Murmur3's 32-bit finaliser (Appleby, public domain), applied to each word in turn.
 */

/** Independent streams of one seed. The numbers are part of the recording format: never renumber them. */
export const stream = {
  arrivals: 1,
  keys: 2,
  quantiles: 3,
  faults: 4,
  strategy: 5,
  clients: 6,
  requests: 7,
  order: 8,
  pauses: 9,
  jitter: 10,
  retries: 11,
  bodies: 12,
  regions: 13,
  balancers: 14,
  network: 15,
  load: 16,
} as const;

function mix(hash: number, word: number): number {
  let h = hash ^ word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) + 0x9e3779b9) | 0;
}

/** Which of all the streams of all the seeds: 32 bits. */
function keyOf(seed: number, streamId: number): number {
  return mix(mix(seed | 0, Math.floor(seed / 0x1_0000_0000) | 0), streamId);
}

/**
 * The key goes in twice. Once would leave every stream the same sequence under another order (request i of one is
 * request i XOR a constant of the next), so that now and then two of them overlapped.
 */
function keyed(key: number, request: number, attempt: number): number {
  const low = mix(key, request | 0);
  return mix(mix(low ^ key, Math.floor(request / 0x1_0000_0000) | 0), attempt) >>> 0;
}

/** 32 uniform bits, as an unsigned integer. `request` may exceed 2^32. */
export function bits(seed: number, streamId: number, request: number, attempt = 0): number {
  return keyed(keyOf(seed, streamId), request, attempt);
}

/** A uniform draw in the open interval (0, 1): 32 bits, centred, so that neither end is ever reached. */
export function draw(seed: number, streamId: number, request: number, attempt = 0): number {
  return (bits(seed, streamId, request, attempt) + 0.5) / 0x1_0000_0000;
}

/** One stream of one seed, its key worked out once: the same numbers as `bits` and `draw`, in two thirds of the time. */
export class Source {
  readonly #key: number;

  constructor(seed: number, streamId: number) {
    this.#key = keyOf(seed, streamId);
  }

  /** 32 uniform bits, as an unsigned integer. */
  bits(request: number, attempt = 0): number {
    return keyed(this.#key, request, attempt);
  }

  /** A uniform draw in the open interval (0, 1). */
  draw(request: number, attempt = 0): number {
    return (keyed(this.#key, request, attempt) + 0.5) / 0x1_0000_0000;
  }
}

/** The seed of round r (from 0) of a run: rounds are independent, and round 0 of seed s is not seed s. */
export function roundSeed(seed: number, round: number): number {
  return bits(seed, 0, round);
}

/** A seeded permutation of 0 … n − 1 (Fisher-Yates). */
export function permutation(n: number, seed: number, streamId: number, request: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(draw(seed, streamId, request, i) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
