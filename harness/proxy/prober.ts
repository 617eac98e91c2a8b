/**
 * `env.probe` of a real balancer: GET /load, answered `{ "inFlight": 3, "latency": 12.5 }` (docker/aside.ts), on connections of
 * its own that stay open, beside the data path: no probe is counted as a request, takes a connection from one, or waits for one.
 *
 * An answer is all there is to hear: a probe refused, cut off, answered with anything else, or not in time ends without a
 * word, and its connection with it. Each backend has at most `most` probes out; what is asked beyond that is dropped in the
 * same way, so that a backend which answers nothing costs no more than that.
 */

import { loadPath } from '../../scenarios/headers.ts';
import type { LoadSample } from '../../strategies/strategy.ts';
import type { EnvExtras } from '../dispatcher.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import { DeadlineQueue } from './deadlines.ts';
import { defaultLimits } from './limits.ts';
import { Probe, type ProbeOwner } from './probe.ts';
import { ResponseHead, responseFields } from './response-head.ts';
import { Upstreams } from './upstream.ts';

export interface ProberOptions {
  /** Monotonic ms. */
  readonly now: () => number;
  /** From asking to the answer's last byte, ms. */
  readonly timeout?: number;
  /** Probes out per backend; also connections. */
  readonly most?: number;
}

/** Deadlines are met to within this, ms. */
const tickMs = 10;

export class Prober implements ProbeOwner {
  readonly response = new ResponseHead(responseFields(defaultLimits.responseFields));
  readonly upstreams: Upstreams;
  readonly #now: () => number;
  readonly #deadlines: DeadlineQueue;
  readonly #most: number;
  readonly #out = new Map<PooledBackend, number>();
  readonly #requests = new WeakMap<PooledBackend, string>();
  #ticker: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor({ now, timeout = 1_000, most = 16 }: ProberOptions) {
    this.#now = now;
    this.#most = most;
    this.#deadlines = new DeadlineQueue(timeout);
    this.upstreams = new Upstreams({ ...defaultLimits, upstreamIdle: most });
  }

  /** What a dispatcher hands its strategy. It gives backends of its own pool. */
  readonly probe: NonNullable<EnvExtras['probe']> = (backend, done) =>
    this.#ask(backend as PooledBackend, done);

  /** Ends all probes that are out; no `done` is called any more. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#ticker);
    this.upstreams.destroyAll();
  }

  #ask(backend: PooledBackend, done: (sample: LoadSample) => void): void {
    const out = this.#out.get(backend) ?? 0;
    if (this.#stopped || backend.draining || out >= this.#most) return;
    this.#out.set(backend, out + 1);
    const probe = new Probe(this, backend, this.#requestTo(backend), done);
    this.#deadlines.start(probe.deadline, this.#now());
    this.#ticker ??= setInterval(() => void setImmediate(() => this.#tick()), tickMs).unref();
    probe.begin();
  }

  /** A probe is over, however it ended. */
  over({ backend }: Probe): void {
    const out = this.#out.get(backend)! - 1;
    if (out === 0) this.#out.delete(backend);
    else this.#out.set(backend, out);
  }

  time(): number {
    return this.#now();
  }

  #requestTo(backend: PooledBackend): string {
    let text = this.#requests.get(backend);
    if (text === undefined) {
      const host = backend.host.includes(':') ? `[${backend.host}]` : backend.host;
      text = `GET ${loadPath} HTTP/1.1\r\nHost: ${host}:${backend.port}\r\nUser-Agent: steelyard-probe\r\n\r\n`;
      this.#requests.set(backend, text);
    }
    return text;
  }

  #tick(): void {
    const now = this.#now();
    this.#deadlines.expire(now);
    this.upstreams.sweep(now);
    if (this.upstreams.size > 0 || this.#stopped) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }
}
