/**
 * The connections of a closed loop whose load grows and shrinks: so many times as many as usual, each of which opens when it is
 * wanted and closes, its last request answered, when it is not. Those that are always there number their requests as
 * they do without any fault. Pure; times are ms from t = 0.
 */
import type { LoadClock } from './load-clock.ts';

/** Requests of connections that are not always there are numbered from here: more than any other load has. */
const firstExtra = 2 ** 41;

export class Crowd {
  /** As many as there ever are. */
  readonly most: number;
  readonly #usual: number;
  readonly #clock: LoadClock | undefined;

  /** `usual`: connections where nothing changes the load. */
  constructor(usual: number, clock: LoadClock | undefined) {
    this.#usual = usual;
    this.#clock = clock;
    this.most = Math.max(usual, this.mostWithin(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY));
  }

  /** Whether there are always as many. */
  get steady(): boolean {
    return this.#clock === undefined;
  }

  /** The most there are within [from, to). */
  mostWithin(from: number, to: number): number {
    const times = this.#clock?.mostWithin(from, to) ?? 1;
    return Math.max(1, Math.round(this.#usual * times));
  }

  /** When connection `number`, from 0, is wanted next: `t` where it is then; Infinity for never again. The first always is. */
  opens(number: number, t: number): number {
    if (this.#clock === undefined || number === 0) return t;
    return this.#clock.reaches((number + 0.5) / this.#usual, t);
  }

  /** The number of the request that a connection sends as its `ordinal`-th, from 0. */
  requestOf(connection: number, ordinal: number): number {
    const usual = this.#usual;
    if (connection < usual) return ordinal * usual + connection;
    return firstExtra + ordinal * (this.most - usual) + connection - usual;
  }

  /** The connection that such a request is sent on. */
  connectionOf(request: number): number {
    if (request < firstExtra) return request % this.#usual;
    return this.#usual + ((request - firstExtra) % (this.most - this.#usual));
  }
}
