/**
 * The unused connections one balancer keeps to one host: the one used last is used next, and one that nobody used for a
 * while has been closed. As the proxy's own (proxy/upstream.ts, limits.ts).
 */
import { defaultLimits } from '../proxy/limits.ts';
import type { Host } from './host.ts';

const { upstreamIdleMs, upstreamIdle } = defaultLimits;

export class Link {
  readonly host: Host;
  /** One-way latency, ms, of a trip without jitter. */
  readonly latency: number;
  /** Since when each is unused, ms, the longest unused first. */
  readonly #since: number[] = [];
  #life: number;

  constructor(host: Host, latency: number) {
    this.host = host;
    this.latency = latency;
    this.#life = host.life;
  }

  /** Takes an open connection; false where there is none. */
  take(now: number): boolean {
    if (this.#life !== this.host.life) {
      this.#since.length = 0;
      this.#life = this.host.life;
      return false;
    }
    const since = this.#since.pop();
    if (since === undefined) return false;
    if (now - since < upstreamIdleMs) return true;
    this.#since.length = 0;
    return false;
  }

  /** Keeps a connection of that life of the host. */
  keep(life: number, now: number): void {
    if (life !== this.host.life) return;
    if (this.#life !== life) {
      this.#since.length = 0;
      this.#life = life;
    }
    if (this.#since.length < upstreamIdle) this.#since.push(now);
  }
}
