/**
 * What a backend says of its own load: with every response (ORCA, gRPC A51) and to probes (Prequal). Pure: the backend
 * model tells it of arrivals, starts and ends, and the time with them, so the server in `docker/` and the simulator report
 * by the same arithmetic. A model that nobody measures has none.
 *
 * Everything is counted in buckets of 100 ms: the last ten whole ones and the current one, so a figure covers between
 * 1.0 and 1.1 s, exactly, and weighs all of it alike. Younger than that, it covers what there was, yet never less than
 * 100 ms, so that the first response is not a rate of thousands.
 *
 * Cost: O(1) for each event and O(1) for a report; only the report itself is allocated.
 */
import { LatencyByLoad } from './load-meter-latency.ts';

const width = 100;
/** Whole buckets looked back on. */
const buckets = 10;
// Places in a bucket.
const busyMs = 0;
const responses = 1;
const errors = 2;
const served = 3;
const serviceMs = 4;
const places = 5;

/** The fields of a strategy's `LoadReport`; `at` is for whom it reaches to set. */
export interface Load {
  utilization: number;
  inFlight: number;
  serviceTime: number;
  rate: number;
  errors: number;
  at: number;
}

/** What the meter reads of a job, and the one thing it notes there. */
export interface MeteredJob {
  readonly arrival: number;
  readonly start: number;
  readonly finish: number;
  /** How many were inside as it arrived. */
  found: number;
}

export class LoadMeter {
  /** Requests inside: in service, queued, and those that hang. */
  inFlight = 0;
  readonly #workers: number;
  readonly #latency = new LatencyByLoad();
  #busy = 0;
  /** Counted up to here, ms. */
  #at = 0;
  /** Where the current bucket ends, ms. */
  #end = 0;
  readonly #current = new Float64Array(places);
  readonly #past = new Float64Array(places * buckets);
  /** Sums over the whole buckets: made anew with each, so that no rounding adds up. */
  readonly #sums = new Float64Array(places);
  #turns = 0;

  /** Of a backend with that many workers that comes up idle at `now`, ms. */
  constructor(workers: number, now: number) {
    this.#workers = workers;
    this.reset(now);
  }

  reset(now: number): void {
    this.inFlight = this.#busy = this.#turns = 0;
    this.#at = now;
    this.#end = now + width;
    this.#current.fill(0);
    this.#past.fill(0);
    this.#sums.fill(0);
    this.#latency.clear();
  }

  /** A request was let in. */
  arrived(job: MeteredJob): void {
    job.found = this.inFlight++;
  }

  /** A worker took one. */
  started(at: number): void {
    this.#advance(at);
    this.#busy++;
  }

  /** A worker is done with one, at its finish. */
  finished(job: MeteredJob): void {
    const { arrival, start, finish, found } = job;
    this.#advance(finish);
    this.#busy--;
    this.inFlight--;
    this.#current[responses]!++;
    this.#current[served]!++;
    this.#current[serviceMs]! += finish - start;
    this.#latency.add(finish, found, finish - arrival);
  }

  /** One left undone, its client gone; `ran` where a worker had it. */
  left(at: number, ran: boolean): void {
    this.#advance(at);
    if (ran) this.#busy--;
    this.inFlight--;
  }

  /** One was answered at the door, without a worker. */
  answered(at: number, status: number): void {
    this.#advance(at);
    this.#current[responses]!++;
    if (status >= 500) this.#current[errors]!++;
  }

  /** The load at `now`, ms, not before the latest event. */
  report(now: number): Load {
    this.#advance(now);
    const span = Math.max(width, Math.min(this.#turns, buckets) * width + this.#at - (this.#end - width));
    const count = this.#sum(served);
    return {
      utilization: this.#sum(busyMs) / span / this.#workers,
      inFlight: this.inFlight,
      serviceTime: count === 0 ? 0 : this.#sum(serviceMs) / count,
      rate: (this.#sum(responses) * 1000) / span,
      errors: (this.#sum(errors) * 1000) / span,
      at: now,
    };
  }

  /** What a probe at `now` is answered: requests inside, and what one more would take, ms. */
  probe(now: number): { inFlight: number; latency: number } {
    return { inFlight: this.inFlight, latency: this.#latency.estimate(now, this.inFlight) };
  }

  #sum(place: number): number {
    return this.#sums[place]! + this.#current[place]!;
  }

  #advance(at: number): void {
    if (at <= this.#at) return;
    // After a long silence only the buckets that still count are gone through.
    const missed = Math.floor((at - this.#end) / width) - buckets;
    if (missed > 0) {
      this.#end += missed * width;
      this.#at = this.#end - width;
    }
    while (at >= this.#end) {
      this.#current[busyMs]! += this.#busy * (this.#end - this.#at);
      this.#at = this.#end;
      this.#end += width;
      this.#turn();
    }
    this.#current[busyMs]! += this.#busy * (at - this.#at);
    this.#at = at;
  }

  #turn(): void {
    this.#past.set(this.#current, (this.#turns++ % buckets) * places);
    this.#current.fill(0);
    this.#sums.fill(0);
    for (let i = 0; i < this.#past.length; i++) this.#sums[i % places]! += this.#past[i]!;
  }
}
