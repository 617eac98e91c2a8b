/** One probe on its way: a request, a small answer, and the sample in it, or nothing. */
import type { LoadSample } from '../../strategies/strategy.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import { BodyDecoder, bodyMode } from './body.ts';
import { Deadline } from './deadlines.ts';
import { incomplete } from './fields.ts';
import type { ResponseHead } from './response-head.ts';
import type { Upstream, Upstreams, UpstreamUser } from './upstream.ts';

/** Head and body together, bytes: an answer is some two hundred. */
const mostBytes = 8_192;

export interface ProbeOwner {
  readonly upstreams: Upstreams;
  readonly response: ResponseHead;
  /** Monotonic ms. */
  time(): number;
  over(probe: Probe): void;
}

export class Probe implements UpstreamUser {
  readonly backend: PooledBackend;
  readonly deadline = new Deadline(() => this.#fail());
  readonly #owner: ProbeOwner;
  readonly #request: string;
  readonly #done: (sample: LoadSample) => void;
  #upstream: Upstream | undefined = undefined;
  #received: Buffer | undefined = undefined;

  constructor(
    owner: ProbeOwner,
    backend: PooledBackend,
    request: string,
    done: (sample: LoadSample) => void,
  ) {
    this.#owner = owner;
    this.backend = backend;
    this.#request = request;
    this.#done = done;
  }

  begin(): void {
    const { upstreams } = this.#owner;
    this.#upstream = upstreams.take(this.backend, this, this.#owner.time());
    if (this.#upstream !== undefined) this.connected();
    else this.#upstream = upstreams.open(this.backend, this);
  }

  connected(): void {
    this.#upstream!.socket.write(this.#request, 'latin1');
  }

  /** Read from its start each time something comes: nearly always it comes in one piece. */
  received(b: Buffer, size: number): boolean {
    const before = this.#received;
    const all = before === undefined ? b : Buffer.concat([before, b.subarray(0, size)]);
    const length = before === undefined ? size : all.length;
    const { response } = this.#owner;
    const start = response.parse(all, 0, length);
    if (start < 0 || length > mostBytes) return this.#fail();
    if (start === incomplete) return this.#waitForMore(all, length);
    if (response.status !== 200 || !(response.chunked || response.contentLength >= 0)) return this.#fail();
    const body = new BodyDecoder();
    body.begin(response.chunked ? bodyMode.chunked : bodyMode.length, response.contentLength);
    const end = body.decode(all, start, length);
    if (end < 0 || end < length) return this.#fail();
    if (!body.done) return this.#waitForMore(all, length);
    const sample = sampleOf(body.data.toString('latin1', body.start, body.end));
    if (sample === undefined) return this.#fail();
    this.#answered(sample, response.keepAlive);
    return true;
  }

  ended(): void {
    this.#fail();
  }

  broken(): void {
    this.#fail();
  }

  drained(): void {
    // One small write: nothing waits for it.
  }

  #waitForMore(all: Buffer, length: number): boolean {
    this.#received = Buffer.from(all.subarray(0, length));
    return true;
  }

  #answered(sample: LoadSample, reusable: boolean): void {
    const upstream = this.#upstream!;
    const { upstreams } = this.#owner;
    this.deadline.stop();
    if (reusable) upstreams.keep(upstream, this.#owner.time());
    else upstream.destroy();
    this.#owner.over(this);
    this.#done(sample);
  }

  #fail(): boolean {
    this.deadline.stop();
    this.#upstream!.destroy();
    this.#owner.over(this);
    return false;
  }
}

/** What a probe was answered; undefined where that is no sample. */
export function sampleOf(text: string): LoadSample | undefined {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined; // From outside: no sample, no error of ours.
  }
  if (typeof given !== 'object' || given === null) return undefined;
  const { inFlight, latency } = given as Partial<Record<keyof LoadSample, unknown>>;
  return isFigure(inFlight) && isFigure(latency) ? { inFlight, latency } : undefined;
}

function isFigure(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
