/**
 * The world a strategy meets while its pick is timed: n backends as a balancer holds them, requests of varied keys, and
 * everything a strategy may ask of its environment, served at next to no cost, so that what is timed is the strategy.
 *
 * Weights are 1, 2, 3 in turn, zones a, b, c; each backend takes at most 16 requests. Randomness is the dispatcher's own
 * (counter-based), because strategies meet no other; the clock is virtual and moves by one interarrival time per pick.
 *
 * `reach` tells the cost of caches from that of the algorithm: draws and keys are confined to that many backends' worth, so
 * that a strategy which works among 10,000 touches the memory of 10.
 */
import { Source, stream } from '../../scenarios/random.ts';
import type { Backend, Env, LoadReport, LoadSample, Pool, Request } from '../../strategies/strategy.ts';
import type { DispatchRequest } from '../dispatch.ts';
import { PooledBackend } from '../pooled-backend.ts';
import type { ProxyBackend } from '../proxy/settings.ts';

/** Mean service time, ms; with 0.9 n in flight it gives the rate at which requests come. */
const service = 10;
export const inFlightPerBackend = 0.9;

const zones = ['a', 'b', 'c'] as const;
/** More than a backend takes in the steady state; what `first-available` needs. */
export const maxInFlight = 16;
const keyCount = 16_384;

/** A request object that is used again: a real one is fresh, so it is in the cache; thousands of kept ones would not be. */
class ReusedRequest implements DispatchRequest, Request {
  number = 0;
  idempotent = true;
  key = '';
  client = '';
  region = 'a';
  tried: readonly Backend[] = [];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class SteadyWorld implements Pool {
  readonly members: readonly PooledBackend[];
  readonly available: readonly PooledBackend[];
  readonly env: Env;
  readonly #requests = Array.from({ length: 64 }, () => new ReusedRequest());
  readonly #keys = Array.from({ length: keyCount }, (_, i) => `user-${(i * 7919) % keyCount}`);
  readonly #clients = Array.from({ length: 256 }, (_, i) => `10.${i}.${(i * 37) & 255}.${(i * 91) & 255}`);
  /** One element: a clock in a variable would box a double at every tick. */
  readonly #now = new Float64Array(1);
  readonly #step: number;
  // Of the dispatcher: a draw is counted by the request and by how many it has made.
  readonly #draws = new Int32Array(2);
  readonly #probes = new ProbeQueue();

  readonly #keyMask: number;

  constructor(n: number, reach = n) {
    this.members = backendsOf(n).map((from) => {
      const backend = new PooledBackend(from, maxInFlight, 'healthy', { healthy: 1, unhealthy: 1 });
      backend.available = true;
      backend.reported = report(from.index);
      return backend;
    });
    this.available = [...this.members];
    this.#step = service / (inFlightPerBackend * n);
    const source = new Source(1, stream.strategy);
    const share = reach / n;
    this.#keyMask = reach === n ? keyCount - 1 : 15;
    const draws = this.#draws;
    const clock = this.#now;
    this.env = {
      now: () => clock[0]!,
      random: () => source.draw(draws[0]!, draws[1]!++) * share,
      probe: (backend, done) => this.#probes.ask(backend, done),
      balancers: { index: 0, count: 4 },
      latency: (from, to) => (from === to ? 1 : 20),
      sojourn: (backend) => (backend.inFlight + 1) * service,
    };
  }

  get now(): number {
    return this.#now[0]!;
  }

  /** The next request; answers to probes asked before it have come in. */
  next(number: number): DispatchRequest & Request {
    this.#now[0] = this.#now[0]! + this.#step;
    this.#draws[0] = number;
    this.#draws[1] = 1 << 16;
    this.#probes.answer();
    const request = this.#requests[number & 63]!;
    request.number = number;
    request.key = this.#keys[number & this.#keyMask]!;
    request.client = this.#clients[number & 255]!;
    request.region = zones[number % 3]!;
    return request;
  }

  /** A response has brought a new load report: written into the one there is, as only a balancer may. */
  refresh(backend: PooledBackend): void {
    const reported = backend.reported as Mutable<LoadReport>;
    reported.at = this.#now[0]!;
    reported.inFlight = backend.inFlight;
  }
}

export function backendsOf(n: number): ProxyBackend[] {
  return Array.from({ length: n }, (_, index) => ({
    ...{ id: `app-${index + 1}`, index, host: '127.0.0.1', port: 80 },
    ...{ weight: 1 + (index % 3), zone: zones[index % 3]! },
  }));
}

function report(index: number): LoadReport {
  const utilization = 0.5 + 0.4 * ((index % 7) / 7);
  return { utilization, inFlight: 1, serviceTime: service + 0.5, rate: 90.5, errors: 0.5, at: 0.25 };
}

/** Probes that are asked now and answered before the next pick. Samples are reused after 4096 others. */
class ProbeQueue {
  readonly #backends: (Backend | undefined)[] = new Array(64).fill(undefined);
  readonly #callbacks: ((sample: LoadSample) => void)[] = new Array(64).fill(() => undefined);
  readonly #samples: Mutable<LoadSample>[] = Array.from({ length: 4096 }, () => ({
    inFlight: 0,
    latency: 0.5,
  }));
  #asked = 0;
  #used = 0;

  ask(backend: Backend, done: (sample: LoadSample) => void): void {
    if (this.#asked === 64) return; // never answered, as a probe may be
    this.#backends[this.#asked] = backend;
    this.#callbacks[this.#asked++] = done;
  }

  answer(): void {
    const asked = this.#asked;
    this.#asked = 0;
    for (let i = 0; i < asked; i++) {
      const { inFlight } = this.#backends[i]!;
      const sample = this.#samples[this.#used++ & 4095]!;
      sample.inFlight = inFlight;
      sample.latency = service * (inFlight + 0.5);
      this.#callbacks[i]!(sample);
    }
  }
}
