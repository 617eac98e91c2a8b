/**
 * The unused connections one balancer keeps to one host. As the proxy's own (proxy/upstream.ts): the one used last is used
 * next, and what nobody used for a while has been closed. Only the last one's age is kept, in whole
 * milliseconds: where it is too old all are, and where it is not the next may be a little older than believed.
 *
 * A host that closes unused connections itself (`keepAlive` of the fleet) has the age of each kept: it closes one a trip
 * before the balancer hears of it, and a request that leaves within a trip of that, before or after, finds it closed.
 */
import { defaultLimits } from '../proxy/limits.ts';
import type { Host } from './host.ts';

const { upstreamIdle } = defaultLimits;

export class Link {
  readonly host: Host;
  /** One-way latency, ms, of a trip without jitter. */
  readonly latency: number;
  /** Of the connection just taken: when the host's FIN will be here, where that is on its way or overtakes the request. */
  closedAt = Number.POSITIVE_INFINITY;
  /** How long an unused connection is kept here, ms. */
  readonly #keep: number;
  #unused = 0;
  #keptAt = 0;
  #life: number;
  /** Since when each is unused, where the host closes them, too. */
  readonly #ages: number[] | undefined;

  constructor(host: Host, latency: number, keep: number) {
    this.host = host;
    this.latency = latency;
    this.#keep = keep;
    this.#life = host.life;
    this.#ages = host.spec.keepAlive === undefined ? undefined : [];
  }

  /** Takes an open connection; false where there is none. */
  take(now: number): boolean {
    if (this.#unused === 0) return false;
    const since = this.#ages === undefined ? this.#keptAt : this.#ages.pop()!;
    const open = this.#life === this.host.life && now - since < this.#keep;
    if (open && (this.#ages === undefined || this.#isKept(now, since))) {
      this.#unused--;
      return true;
    }
    this.#forget();
    return false;
  }

  /** Keeps a connection of that life of the host. */
  keep(life: number, now: number): void {
    if (life !== this.host.life) return;
    if (this.#life !== life) {
      this.#forget();
      this.#life = life;
    }
    this.#keptAt = Math.floor(now);
    if (this.#unused >= upstreamIdle) return;
    this.#unused++;
    this.#ages?.push(now);
  }

  /** Whether the host, as far as is known here, still has it. */
  #isKept(now: number, since: number): boolean {
    const closedAt = since + this.host.spec.keepAlive!;
    this.closedAt = now >= closedAt - 2 * this.latency ? closedAt : Number.POSITIVE_INFINITY;
    return now < closedAt;
  }

  #forget(): void {
    this.#unused = 0;
    if (this.#ages !== undefined) this.#ages.length = 0;
  }
}
