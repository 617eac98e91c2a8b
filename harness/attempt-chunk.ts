/**
 * The records of an attempt log, 32 bytes each: how an attempt lies in a chunk of memory on its way to the file.
 *
 *   0 request f64 · 8 picked f64 · 16 ended f64 · 24 backend i32 · 28 status u16 · 30 attempt u8 · 31 kind u8
 *
 * The header is 32 bytes too: a magic word that says what the times are, then zeros. A balancer that knows nothing of t = 0
 * writes absolute monotonic ms (clock.ts); a simulation writes µs from t = 0, as they stand in the recording.
 */
export const attemptBytes = 32;

const magics = { absolute: 'steelyard attempts 1\n', micros: 'steelyard attempts 2\n' } as const;
export type AttemptTimes = keyof typeof magics;

/** What every log begins with. */
export function attemptLogHeader(times: AttemptTimes): Buffer {
  const header = Buffer.alloc(attemptBytes);
  header.write(magics[times], 'latin1');
  return header;
}

/** How the times of a log are meant; undefined when `header` is not that of a log. */
export function attemptTimes(header: Buffer): AttemptTimes | undefined {
  const found = header.toString('latin1', 0, magics.absolute.length);
  return (Object.keys(magics) as AttemptTimes[]).find((it) => magics[it] === found);
}

export class AttemptChunk {
  /** Attempts in it. */
  rows = 0;
  readonly #capacity: number;
  readonly #bytes: Uint8Array;
  readonly #f64: Float64Array;
  readonly #i32: Int32Array;
  readonly #u16: Uint16Array;

  constructor(capacity: number) {
    const buffer = new ArrayBuffer(capacity * attemptBytes);
    this.#capacity = capacity;
    this.#bytes = new Uint8Array(buffer);
    this.#f64 = new Float64Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u16 = new Uint16Array(buffer);
  }

  /** Adds an attempt (fields as in AttemptRow, `kind` as a position) and says whether the chunk is full now. */
  append(
    request: number,
    picked: number,
    ended: number,
    backend: number,
    status: number,
    attempt: number,
    kind: number,
  ): boolean {
    const row = this.rows++;
    const f64 = this.#f64;
    f64[row * 4] = request;
    f64[row * 4 + 1] = picked;
    f64[row * 4 + 2] = ended;
    this.#i32[row * 8 + 6] = backend;
    this.#u16[row * 16 + 14] = status;
    this.#u16[row * 16 + 15] = (attempt > 255 ? 255 : attempt) | (kind << 8);
    return this.rows === this.#capacity;
  }

  /** The attempts as bytes, without a copy. */
  used(): Uint8Array {
    return this.#bytes.subarray(0, this.rows * attemptBytes);
  }
}
