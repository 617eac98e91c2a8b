/**
 * Requests for which no backend has a slot free, and who of them is next when one has. The bookkeeping beside the line
 * itself (resilience/waiting-line.ts): which backends a request may still use, and what is told of those turned away.
 */
import { wasTried } from '../strategies/tried.ts';
import type { Dispatch } from './dispatch.ts';
import type { BackendPool, BalancerEvent } from './pool.ts';
import type { PooledBackend } from './pooled-backend.ts';
import { NowAndThen } from './resilience/now-and-then.ts';
import { WaitingLine } from './resilience/waiting-line.ts';

export class DispatchQueue {
  readonly #pool: BackendPool;
  readonly #line: WaitingLine<Dispatch>;
  readonly #now: () => number;
  readonly #onEvent: (event: BalancerEvent) => void;
  readonly #turnedAway = { full: new NowAndThen(), timeout: new NowAndThen() };
  #serving = false;
  #more = false;

  constructor(pool: BackendPool, limit: number, now: () => number, onEvent: (event: BalancerEvent) => void) {
    this.#pool = pool;
    this.#line = new WaitingLine(limit);
    this.#now = now;
    this.#onEvent = onEvent;
  }

  get length(): number {
    return this.#line.length;
  }

  get limit(): number {
    return this.#line.limit;
  }

  /** Whether waiting would help: somebody could take it, once a slot is free. */
  helps({ tried }: Dispatch): boolean {
    const { available } = this.#pool;
    return available.length === 1 || available.some((it) => !wasTried(it, tried));
  }

  /** Puts it at the end; `ready` is called when there is a backend for it. False where that is never, or the line is full. */
  join(dispatch: Dispatch, ready: () => void): boolean {
    if (!this.helps(dispatch)) return false;
    if (!this.#line.join(dispatch)) {
      this.#turnAway('full');
      return false;
    }
    dispatch.ready = ready;
    return true;
  }

  /** Returns whether it did wait. */
  leave(dispatch: Dispatch, why: 'left' | 'timeout'): boolean {
    const waited = this.#line.leave(dispatch);
    if (waited && why === 'timeout') this.#turnAway('timeout');
    return waited;
  }

  /** Lets those first in line have what is free: a slot of `freed`, or of whoever has one. */
  serve(freed?: PooledBackend): void {
    if (this.#line.length === 0) return;
    // Serving one may end another at once. The call that runs sees to that too, so that a row of refusals is a loop.
    if (this.#serving) {
      this.#more = true;
      return;
    }
    this.#serving = true;
    try {
      let next = this.#next(freed);
      for (; next !== undefined; next = this.#next(this.#more ? undefined : freed)) {
        const { ready } = next;
        next.ready = undefined;
        this.#more = false;
        ready!();
      }
    } finally {
      this.#serving = this.#more = false;
    }
  }

  #next(freed: PooledBackend | undefined): Dispatch | undefined {
    const { available } = this.#pool;
    if (freed !== undefined) {
      if (!hasRoom(freed)) return undefined;
      return this.#line.next(({ tried }) => available.length === 1 || !wasTried(freed, tried));
    }
    const free = available.filter(hasRoom);
    if (free.length === 0) return undefined;
    return this.#line.next(({ tried }) => available.length === 1 || free.some((it) => !wasTried(it, tried)));
  }

  #turnAway(why: 'full' | 'timeout'): void {
    const t = this.#now();
    const refused = this.#turnedAway[why].happened(t);
    if (refused > 0) this.#onEvent({ t, type: 'queue', refused, why });
  }
}

function hasRoom({ available, inFlight, maxInFlight }: PooledBackend): boolean {
  return available && inFlight < maxInFlight;
}
