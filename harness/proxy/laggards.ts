/**
 * Slow readers whose responses lie in the kernel. This process has nothing left to write to them, so `pace.ts` does not see them:
 * they are idle, or closed by us and lingering, and would hold what lies there for as long as they take a byte now and then. The
 * same rule holds for them: `flushBytes` in every `flushMs`, or all there is.
 */
import type { Client } from './client.ts';
import { givenTo, numberOf, untaken } from './kernel-queue.ts';
import type { Limits } from './limits.ts';
import { cutOff } from './reset.ts';

/** The kernel is asked no more often than this, ms, and of idle clients only once they have been idle for so long. */
const [mostLookMs, mostQuietMs] = [1_000, 5_000];

export class Laggards {
  readonly #limits: Pick<Limits, 'flushMs' | 'flushBytes'>;
  readonly #lookMs: number;
  readonly #quietMs: number;
  /** What had been taken, and when, since when too little has been. */
  #since = new Map<Client, { readonly taken: number; readonly at: number }>();
  /** What had been written to those that had taken all. */
  readonly #done = new WeakMap<Client, number>();
  #next = 0;
  #asking = false;

  constructor(limits: Pick<Limits, 'flushMs' | 'flushBytes'>) {
    this.#limits = limits;
    this.#lookMs = Math.min(mostLookMs, limits.flushMs);
    this.#quietMs = Math.min(mostQuietMs, limits.flushMs);
  }

  /** To be called now and then; `now` is monotonic ms. Asks the kernel only where there is anybody to be asked about. */
  look(clients: ReadonlySet<Client>, now: number): void {
    if (this.#asking || now < this.#next) return;
    this.#next = now + this.#lookMs;
    const asked = new Map<Client, number>();
    for (const client of clients) {
      if (!this.#isQuiet(client, now)) continue;
      const number = numberOf(client.socket);
      if (number !== undefined) asked.set(client, number);
      else if (client.lingered) client.socket.destroy();
    }
    if (asked.size === 0) return;
    this.#asking = true;
    void untaken(new Set(asked.values())).then((left) => {
      this.#asking = false;
      const before = this.#since;
      this.#since = new Map();
      for (const [client, number] of asked)
        this.#judge(client, left.get(number) ?? 0, before.get(client), now);
    });
  }

  #isQuiet(client: Client, now: number): boolean {
    if (client.socket.destroyed) return false;
    if (client.lingered) return true;
    if (!client.idle || client.idleSince > now - this.#quietMs) return false;
    return this.#done.get(client) !== givenTo(client.socket);
  }

  #judge(client: Client, left: number, since: { taken: number; at: number } | undefined, now: number): void {
    // Between the question and the answer it may have gone, or asked for more.
    if (client.socket.destroyed || !(client.lingered || client.idle)) return;
    const given = givenTo(client.socket);
    if (left === 0) {
      if (client.lingered) client.socket.destroy();
      else this.#done.set(client, given);
      return;
    }
    const taken = given - left;
    if (since === undefined || taken - since.taken >= this.#limits.flushBytes)
      this.#since.set(client, { taken, at: now });
    else if (now - since.at < this.#limits.flushMs) this.#since.set(client, since);
    else cutOff(client.socket);
  }
}
