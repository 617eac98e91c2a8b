/** A trace as the workload replays it: request i is row i, and what its row leaves open is undefined here. */
import type { RequestShape } from './request-shape.ts';
import type { Trace } from './trace.ts';

/** Numbers of drawn keys lie below. */
const namedFrom = 2 ** 50;

export class Replay {
  readonly #trace: Trace;
  readonly #numbers: Float64Array | undefined;
  readonly #requests = new Map<string, RequestShape>();

  constructor(trace: Trace) {
    this.#trace = trace;
    this.#numbers = trace.key && numbersOf(trace.key);
  }

  get hasRegions(): boolean {
    return this.#trace.region !== undefined;
  }

  /** Each call answers with the next intended time, ms from t = −`warmup`; Infinity after the last. */
  arrivals(warmup: number): () => number {
    const { at } = this.#trace;
    let i = 0;
    return () => (i < at.length ? at[i++]! + warmup : Number.POSITIVE_INFINITY);
  }

  /** Equal for equal keys and different for different ones, those that are drawn included. */
  keyNumber(i: number): number | undefined {
    const number = this.#numbers?.[i];
    return number === -1 ? undefined : number;
  }

  key(i: number): string | undefined {
    return this.#trace.key?.[i] || undefined;
  }

  client(i: number): string | undefined {
    return this.#trace.client?.[i] || undefined;
  }

  region(i: number): string | undefined {
    return this.#trace.region?.[i] || undefined;
  }

  /** What is asked for: the same object for the same request. */
  request(i: number): RequestShape | undefined {
    const path = this.#trace.path?.[i] || '';
    const method = this.#trace.method?.[i] || '';
    const body = this.#trace.body?.[i] || '';
    const host = this.#trace.host?.[i] || '';
    const all = method === '' && body === '' && host === '' ? path : `${method} ${body} ${host} ${path}`;
    if (all === '') return undefined;
    let request = this.#requests.get(all);
    if (request === undefined) {
      request = {
        path: path || '/',
        method: (method || 'GET') as RequestShape['method'],
        body: Number(body),
        ...(host !== '' && { host }),
      };
      this.#requests.set(all, request);
    }
    return request;
  }
}

/** `key-7` is the drawn key of number 7; other names are numbered as they come. −1 where the cell is empty. */
function numbersOf(keys: readonly string[]): Float64Array {
  const named = new Map<string, number>();
  return Float64Array.from(keys, (key) => {
    if (key === '') return -1;
    const drawn = /^key-(0|[1-9]\d{0,14})$/.exec(key)?.[1];
    if (drawn !== undefined) return Number(drawn);
    let number = named.get(key);
    if (number === undefined) {
      number = namedFrom + named.size;
      named.set(key, number);
    }
    return number;
  });
}
