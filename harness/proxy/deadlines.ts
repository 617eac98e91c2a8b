/**
 * Timeouts for thousands of connections without a timer each. All deadlines of one queue are equally long, so the queue
 * is in order of expiry by construction: starting and stopping one is a change of two links, and looking for expired ones
 * looks at the first. Pure: time is an argument; whoever owns the queue calls `expire` every few milliseconds.
 */

/** One thing that can time out; in at most one queue at a time. */
export class Deadline {
  at = 0;
  queue: DeadlineQueue | undefined = undefined;
  before: Deadline | undefined = undefined;
  after: Deadline | undefined = undefined;
  readonly expired: (queue: DeadlineQueue) => void;

  constructor(expired: (queue: DeadlineQueue) => void) {
    this.expired = expired;
  }

  stop(): void {
    this.queue?.remove(this);
  }
}

export class DeadlineQueue {
  readonly ms: number;
  #first: Deadline | undefined = undefined;
  #last: Deadline | undefined = undefined;

  constructor(ms: number) {
    this.ms = ms;
  }

  /** Expires at `now + ms`; a deadline already running, here or in another queue, starts anew. */
  start(deadline: Deadline, now: number): void {
    deadline.stop();
    deadline.at = now + this.ms;
    deadline.queue = this;
    deadline.before = this.#last;
    if (this.#last === undefined) this.#first = deadline;
    else this.#last.after = deadline;
    this.#last = deadline;
  }

  remove(deadline: Deadline): void {
    const { before, after } = deadline;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    deadline.before = undefined;
    deadline.after = undefined;
    deadline.queue = undefined;
  }

  /** Calls what has expired by `now`, oldest first. A deadline is out of the queue by the time it is called. */
  expire(now: number): void {
    for (let it = this.#first; it !== undefined && it.at <= now; it = this.#first) {
      this.remove(it);
      it.expired(this);
    }
  }
}
