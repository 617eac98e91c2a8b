/**
 * One connection's request at a time, from its sending to the one outcome it gets. Both generators settle requests here
 * and nowhere else, whatever happens to the socket; what happens after a request has ended finds nothing to end.
 */
import { Deadline, type DeadlineQueue } from '../proxy/deadlines.ts';
import type { Account, Ended } from './account.ts';
import { ofBroken, ofChecked, ofConnectError, ofResponse, type Verdict, verdicts } from './outcome.ts';
import type { ReadyCheck } from './response-check.ts';
import { progress, ResponseReader } from './response-reader.ts';

/** What all connections of a generator share. */
export interface Desk {
  readonly account: Account;
  /** Of `load.timeout`. */
  readonly deadlines: DeadlineQueue;
  /** Where clients go away by themselves: of the one that sends such a request at `intended`; undefined where it stays. */
  readonly leaving?: ((index: number, intended: number) => DeadlineQueue | undefined) | undefined;
  /** ms from t = 0. */
  clock(): number;
  /** Whether the run is over, and what has not ended is in flight. */
  readonly closing: boolean;
  /** What the response to a request must be like; absent where no kind of request has a check. */
  readonly checkOf?: ((index: number) => ReadyCheck | undefined) | undefined;
  /** Where clients keep cookies: takes the value of a Set-Cookie field in the answer to a request. */
  readonly setCookie?: ((index: number, value: string) => void) | undefined;
}

/** What to do with the connection after a read. */
export const next = {
  /** The response is not complete. */
  wait: 0,
  /** It is, and the connection can carry another request. */
  reuse: 1,
  /** The request has ended, and the connection is of no more use. */
  replace: 2,
} as const;
export type Next = (typeof next)[keyof typeof next];

export class Exchange implements Ended {
  /** Whether a request is on its way. */
  active = false;
  /** Whether the connection stands; whoever makes it says so. */
  connected = false;
  index = 0;
  intended = 0;
  sent = 0;
  firstByte = Number.NaN;
  /** One way between client and balancer, ms. */
  trip = 0;
  /** When the last request ended, ms from t = 0. */
  endedAt = 0;
  readonly #desk: Desk;
  readonly #reader: ResponseReader;
  #check: ReadyCheck | undefined;
  readonly #deadline: Deadline;
  /** Of a client that goes away by itself, once there was one. */
  #leave: Deadline | undefined;
  /** When this one does, ms from t = 0. */
  #leavesAt = Number.POSITIVE_INFINITY;
  readonly #onGone: () => void;

  /** `onGone` is called after the request has ended because its client has gone: the connection is of no more use. */
  constructor(desk: Desk, onGone: () => void) {
    this.#desk = desk;
    this.#onGone = onGone;
    const { setCookie } = desk;
    this.#reader = new ResponseReader(setCookie && ((value) => setCookie(this.index, value)));
    this.#deadline = new Deadline(() => {
      if (desk.closing) return this.#break(verdicts.inFlight, Number.NaN);
      this.#break(this.connected ? verdicts.timeout : verdicts.connectTimeout, desk.clock());
      onGone();
    });
  }

  get status(): number {
    return this.#reader.status;
  }

  get backend(): string | undefined {
    return this.#reader.backend;
  }

  get attempts(): number {
    return this.#reader.attempts;
  }

  /** A client sends a request at `sent`, and it leaves `trip` ms later; times in ms from t = 0. */
  begin(index: number, intended: number, sent: number, method: string, trip = 0): void {
    this.active = true;
    this.index = index;
    this.intended = intended;
    this.sent = sent;
    this.trip = trip;
    this.firstByte = Number.NaN;
    this.#check = this.#desk.checkOf === undefined ? undefined : this.#desk.checkOf(index);
    this.#reader.expect(method, this.#check);
    this.#desk.deadlines.start(this.#deadline, sent);
    if (this.#desk.leaving !== undefined) this.#mayLeave(this.#desk.leaving(index, intended));
    this.#desk.account.sent(intended);
  }

  #mayLeave(queue: DeadlineQueue | undefined): void {
    this.#leavesAt = queue === undefined ? Number.POSITIVE_INFINITY : this.sent + queue.ms;
    if (queue === undefined) return;
    this.#leave ??= new Deadline(() => {
      this.#break(verdicts.aborted, this.#desk.clock());
      this.#onGone();
    });
    queue.start(this.#leave, this.sent);
  }

  /** Whether request `index` is still to leave here; it does, a trip after its client has sent it. */
  leaves(index: number): boolean {
    if (!this.active || this.index !== index) return false;
    this.sent = Math.max(this.sent, this.#desk.clock() - this.trip);
    return true;
  }

  /** Bytes came. Without a request on its way they belong to nothing, and nor does the connection any more. */
  read(chunk: Buffer): Next {
    if (!this.active) return next.replace;
    const t = this.#desk.clock() + this.trip;
    if (Number.isNaN(this.firstByte)) this.firstByte = t;
    const reader = this.#reader;
    const state = reader.read(chunk);
    if (state === progress.more) return next.wait;
    const timesOut = this.sent + this.#desk.deadlines.ms;
    const goes = Math.min(timesOut, this.#leavesAt);
    if (this.trip > 0 && t > goes) {
      // It was under way to its client when that lost patience.
      this.#break(goes < timesOut ? verdicts.aborted : verdicts.timeout, goes);
      return next.replace;
    }
    if (state === progress.malformed) this.#break(verdicts.malformed, t);
    else this.#end(this.#complete(), t);
    return state === progress.complete && reader.keepAlive ? next.reuse : next.replace;
  }

  /** The connection is gone: by FIN (no `error`), by an error, or because it could not be made. */
  gone(error?: NodeJS.ErrnoException): void {
    if (!this.active) return;
    const t = this.#desk.clock() + this.trip;
    if (!this.connected) this.#end(ofConnectError(error?.code), t);
    else if (error === undefined && this.#reader.end()) this.#end(this.#complete(), t);
    else this.#break(ofBroken(!Number.isNaN(this.firstByte)), t);
  }

  #complete(): Verdict {
    const { status, intact, met } = this.#reader;
    return this.#check === undefined
      ? ofResponse(status, intact)
      : ofChecked(this.#check, status, intact, met);
  }

  /** Ends it without a complete response: a status that came is not the request's. */
  #break(verdict: Verdict, t: number): void {
    this.#reader.status = 0;
    this.#end(verdict, t);
  }

  #end(verdict: Verdict, t: number): void {
    this.active = false;
    this.endedAt = t;
    this.#deadline.stop();
    this.#leave?.stop();
    this.#desk.account.ended(this, verdict, t);
  }
}
