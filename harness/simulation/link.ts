/**
 * The unused connections one balancer keeps to one host. As the proxy's own (proxy/upstream.ts, limits.ts): the one used
 * last is used next, and what nobody used for a while has been closed. Only the last one's age is kept, in whole
 * milliseconds: where it is too old all are, and where it is not the next may be a little older than believed.
 */
import { defaultLimits } from '../proxy/limits.ts';
import type { Host } from './host.ts';

const { upstreamIdleMs, upstreamIdle } = defaultLimits;

export class Link {
  readonly host: Host;
  /** One-way latency, ms, of a trip without jitter. */
  readonly latency: number;
  #unused = 0;
  #keptAt = 0;
  #life: number;

  constructor(host: Host, latency: number) {
    this.host = host;
    this.latency = latency;
    this.#life = host.life;
  }

  /** Takes an open connection; false where there is none. */
  take(now: number): boolean {
    if (this.#unused === 0) return false;
    if (this.#life === this.host.life && now - this.#keptAt < upstreamIdleMs) {
      this.#unused--;
      return true;
    }
    this.#unused = 0;
    return false;
  }

  /** Keeps a connection of that life of the host. */
  keep(life: number, now: number): void {
    if (life !== this.host.life) return;
    if (this.#life !== life) {
      this.#unused = 0;
      this.#life = life;
    }
    this.#keptAt = Math.floor(now);
    if (this.#unused < upstreamIdle) this.#unused++;
  }
}
