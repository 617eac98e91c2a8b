/**
 * Requests that wait in the balancer for a backend with a slot free: first come, first served, so many and no more. A line
 * in front of full backends beats lines inside them: whoever is free first takes the next, and a bounded one answers 503
 * early instead of everybody late. Who leaves frees its place at once.
 * Source: HAProxy `maxconn` with `timeout queue`; the bound is Envoy's `max_pending_requests` (1024).
 */
export class WaitingLine<T> {
  readonly limit: number;
  readonly #line = new Set<T>();

  constructor(limit: number) {
    this.limit = limit;
  }

  get length(): number {
    return this.#line.size;
  }

  /** Puts it at the end; false where the line is full. */
  join(it: T): boolean {
    if (this.#line.size >= this.limit) return false;
    this.#line.add(it);
    return true;
  }

  /** Returns whether it was in the line. */
  leave(it: T): boolean {
    return this.#line.delete(it);
  }

  /** Takes out the first that can be served; undefined where none can. */
  next(canBeServed: (it: T) => boolean): T | undefined {
    for (const it of this.#line) {
      if (!canBeServed(it)) continue;
      this.#line.delete(it);
      return it;
    }
    return undefined;
  }
}
