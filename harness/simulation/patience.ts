/**
 * Timeouts of clients, of requests and of tries, at no cost to a request that needs none: now and then all that is out is looked
 * through, and what will run out before the next look is put on the agenda, to the exact moment. A look comes twice in
 * the shortest timeout, so nothing that begins after one can run out before the next.
 */
import type { Call } from './call.ts';
import type { Flight } from './flight.ts';
import type { Timeline } from './timeline.ts';

export interface PatienceOptions {
  readonly timeline: Timeline;
  /** ms a client waits. */
  readonly client: number;
  /** ms from sending a request to the last byte of its response. */
  readonly try: number;
  /** ms from a request's arrival at the balancer to the last byte; undefined for no limit. */
  readonly whole: number | undefined;
  /** Every flight there is, over or not. */
  readonly flights: readonly Flight[];
  readonly onClient: (flight: Flight) => void;
  readonly onTry: (call: Call) => void;
  readonly onWhole: (flight: Flight) => void;
}

export class Patience {
  readonly #options: PatienceOptions;
  readonly #every: number;
  #from = 0;

  constructor(options: PatienceOptions) {
    this.#options = options;
    this.#every = Math.min(options.client, options.try, options.whole ?? Number.POSITIVE_INFINITY) / 2;
  }

  start(): void {
    this.#from = this.#options.timeline.now;
    this.#look();
  }

  /** Looks for what runs out in [from, to). */
  #look(): void {
    const { timeline, flights, client, try: tryMs, whole } = this.#options;
    const from = this.#from;
    const to = from + this.#every;
    for (const flight of flights) {
      if (flight.over) continue;
      const leaves = flight.sent + client;
      if (leaves >= from && leaves < to) this.#clientAt(flight, leaves);
      if (whole !== undefined) {
        const late = flight.sent + flight.latency + whole;
        if (late >= from && late < to) this.#wholeAt(flight, late);
      }
      const { call } = flight;
      if (call === undefined || call.connecting) continue;
      const ends = call.sentAt + tryMs;
      if (ends >= from && ends < to) this.#tryAt(call, ends);
    }
    this.#from = to;
    timeline.at(to, () => this.#look());
  }

  /** Flights and calls are used again, so whose time it was is asked when it has come. */
  #clientAt(flight: Flight, at: number): void {
    const { number } = flight;
    this.#options.timeline.at(at, () => {
      if (!flight.over && flight.number === number) this.#options.onClient(flight);
    });
  }

  #wholeAt(flight: Flight, at: number): void {
    const { number } = flight;
    this.#options.timeline.at(at, () => {
      if (!flight.over && flight.number === number) this.#options.onWhole(flight);
    });
  }

  #tryAt(call: Call, at: number): void {
    const { sentAt, request } = call;
    this.#options.timeline.at(at, () => {
      if (call.awaited && call.request === request && call.sentAt === sentAt) this.#options.onTry(call);
    });
  }
}
