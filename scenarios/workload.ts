/**
 * Request i of (load, seed): when it should leave, its key, client, path and quantile. Each is a draw of its own stream at
 * i, so that every contender meets the same requests with the same luck, and any of them can be looked at alone.
 * In a closed loop there is no schedule; all else holds. Load faults change when it leaves, and which key it has then.
 */
import { serviceTimeOf } from './catalogue.ts';
import { Crowd } from './crowd.ts';
import { KeySpace, keySpaces } from './key-space.ts';
import { LoadFaults, type LoadOccurrence } from './load-faults.ts';
import { bits, Source, stream } from './random.ts';
import { Replay } from './replay.ts';
import type { RequestShape } from './request-shape.ts';
import type { FleetEntry, Load } from './scenario.ts';
import { traceRate } from './trace.ts';

export class Workload {
  readonly #arrivals: Source;
  readonly #keys: Source;
  readonly #clients: Source;
  readonly #quantiles: Source;
  readonly #requests: Source;
  readonly #poisson: boolean;
  /** Mean ms between arrivals. */
  readonly #gap: number;
  readonly #common: KeySpace;
  /** By place in the mix, where any kind of request has keys of its own. */
  readonly #spaces: readonly KeySpace[] | undefined;
  readonly #clientCount: number;
  readonly #regionDraws: Source;
  readonly #regions: readonly string[];
  /** Where each region ends on (0, 1). */
  readonly #regionEnds: readonly number[];
  readonly #mix: readonly RequestShape[];
  /** Where each of the mix ends on (0, 1). */
  readonly #ends: readonly number[];

  readonly #warmup: number;
  readonly #replay: Replay | undefined;
  readonly #faults: LoadFaults;
  /** Absent where all keys are the requests' own. */
  readonly #hot: LoadFaults | undefined;
  /** Whether `region` ever answers with one. */
  readonly hasRegions: boolean;

  /** `rate` in requests per second, of open load (see `rateOf`); ignored for closed load and for a trace. */
  constructor(load: Load, seed: number, rate: number, faults: readonly LoadOccurrence[] = []) {
    this.#arrivals = new Source(seed, stream.arrivals);
    this.#keys = new Source(seed, stream.keys);
    this.#clients = new Source(seed, stream.clients);
    this.#quantiles = new Source(seed, stream.quantiles);
    this.#requests = new Source(seed, stream.requests);
    this.#poisson = load.open?.arrivals !== 'constant';
    this.#gap = 1000 / rate;
    this.#common = new KeySpace(load.keys);
    this.#spaces = keySpaces(load.mix, this.#common);
    this.#clientCount = load.clients;
    this.#mix = load.mix.map(({ share: _, keys: __, ...shape }) => shape);
    this.#ends = endsOf(load.mix.map(({ share }) => share));
    this.#regionDraws = new Source(seed, stream.regions);
    this.#regions = Object.keys(load.regions ?? {});
    this.#regionEnds = endsOf(Object.values(load.regions ?? {}));
    this.#warmup = load.warmup;
    this.#replay = load.open?.trace && new Replay(load.open.trace);
    const spaces = this.#spaces ?? [this.#common];
    this.#faults = new LoadFaults(faults, seed, Math.max(...spaces.map(({ end }) => end), this.#common.end));
    this.#hot = this.#faults.hasHotKeys ? this.#faults : undefined;
    this.hasRegions = this.#regions.length > 0 || this.#replay?.hasRegions === true;
  }

  /**
   * The schedule: each call answers with the next intended time, ms from the start of the warm-up, from request 0 on;
   * Infinity after the last of a trace.
   */
  arrivals(): () => number {
    const steady = this.#steadyArrivals();
    const { clock } = this.#faults;
    if (clock === undefined) return steady;
    const warmup = this.#warmup;
    return () => {
      const time = steady();
      return time - warmup <= clock.first ? time : warmup + clock.timeOf(time - warmup);
    };
  }

  /** As if no fault touched the load. */
  #steadyArrivals(): () => number {
    if (this.#replay !== undefined) return this.#replay.arrivals(this.#warmup);
    let i = 0;
    let time = 0;
    if (!this.#poisson) return () => i++ * this.#gap;
    return () => {
      time -= this.#gap * Math.log(this.#arrivals.draw(i++));
      return time;
    };
  }

  /**
   * The affinity key's number, from 0; under Zipf's law the lower, the hotter, among the keys of its kind of request. `t`, ms from
   * t = 0, is when the request is due; without it no key is hot.
   */
  keyNumber(i: number, t = Number.NaN): number {
    const hot = this.#hot?.hotKey(i, t);
    return hot ?? this.#ownKey(i);
  }

  #ownKey(i: number): number {
    const told = this.#replay?.keyNumber(i);
    if (told !== undefined) return told;
    const space = this.#spaces === undefined ? this.#common : this.#spaces[this.#kind(i)]!;
    return space.number(this.#keys, i);
  }

  /** The affinity key, as it stands in the header; `t` as for its number. */
  key(i: number, t = Number.NaN): string {
    const hot = this.#hot?.hotKey(i, t);
    if (hot !== undefined) return `key-${hot}`;
    return this.#replay?.key(i) ?? `key-${this.#ownKey(i)}`;
  }

  /** 32-bit hash of the affinity key: equal for equal keys, in every round, and different for different ones. */
  keyHash(i: number, t = Number.NaN): number {
    return bits(0, stream.keys, this.keyNumber(i, t));
  }

  /** The client's number, from 1. */
  clientNumber(i: number): number {
    return 1 + Math.floor(this.#clients.draw(i) * this.#clientCount);
  }

  /** The client's address, an IPv4 address in 10.0.0.0/8 unless a trace says another. */
  client(i: number): string {
    const told = this.#replay?.client(i);
    if (told !== undefined) return told;
    const n = this.clientNumber(i);
    return `10.${n >>> 16}.${(n >>> 8) & 255}.${n & 255}`;
  }

  /** The region its client is in; undefined where the load has none. */
  region(i: number): string | undefined {
    const told = this.#replay?.region(i);
    if (told !== undefined) return told;
    if (this.#regions.length === 0) return undefined;
    const u = this.#regionDraws.draw(i);
    return this.#regions[this.#regionEnds.findIndex((end) => u < end)] ?? this.#regions.at(-1);
  }

  /** The connections of a closed loop, of which there are so many as long as no fault changes that. */
  crowd(usual: number): Crowd {
    return new Crowd(usual, this.#faults.clock);
  }

  /** Whether any client goes away by itself. */
  get hasLeavers(): boolean {
    return this.#faults.hasLeavers;
  }

  /** How long the client of request i, due at `t`, waits before it goes away by itself, ms; Infinity where it stays. */
  patience(i: number, t: number): number {
    return this.#faults.patience(i, t);
  }

  /** Where backends invert their service-time laws, in (0, 1). */
  quantile(i: number): number {
    return this.#quantiles.draw(i);
  }

  /** One of the mix, by its share. The same object each time it is drawn. */
  request(i: number): RequestShape {
    const told = this.#replay?.request(i);
    if (told !== undefined) return told;
    if (this.#mix.length === 1) return this.#mix[0]!;
    return this.#mix[this.#kind(i)]!;
  }

  /** Its place in the mix. */
  #kind(i: number): number {
    const u = this.#requests.draw(i);
    const kind = this.#ends.findIndex((end) => u < end);
    return kind < 0 ? this.#mix.length - 1 : kind;
  }
}

/** Where each share ends on (0, 1). */
function endsOf(shares: readonly number[]): number[] {
  const whole = shares.reduce((sum, share) => sum + share, 0);
  let end = 0;
  return shares.map((share) => {
    end += share;
    return end / whole;
  });
}

type Capacity = Pick<FleetEntry, 'id' | 'workers' | 'speed' | 'service' | 'own'> & {
  readonly count?: number | undefined;
};

/**
 * Requests per second a fleet can serve: Σ workers × speed / mean service time, over its entries or its backends.
 * Warm-up, contention, pauses, cache and faults are left out. Throws a RangeError where a mean is infinite, and
 * where a service of the user's own has no model: nobody knows its pace.
 */
export function capacityOf(fleet: readonly Capacity[]): number {
  let perSecond = 0;
  for (const { id, count = 1, workers, speed, service, own } of fleet) {
    if (own?.modelled === false)
      throw new RangeError(
        `${id} is a service of your own, whose pace is not known; give load.open.rate instead, or its model`,
      );
    const { mean } = serviceTimeOf(service);
    if (!Number.isFinite(mean))
      throw new RangeError(
        `${id}: its ${service.kind} service time has an infinite mean, so the fleet has no utilization; ` +
          'give load.open.rate instead, or a law with a mean (pareto with shape above 1)',
      );
    perSecond += (count * workers * speed * 1000) / mean;
  }
  return perSecond;
}

type Offered = Pick<Load, 'open'> & Partial<Pick<Load, 'duration' | 'requests'>>;

/** Requests per second of an open load: its utilization made a rate, or the mean of what is measured of its trace; 0 for closed load. */
export function rateOf(load: Offered, fleet: readonly Capacity[]): number {
  if (load.open === undefined) return 0;
  if (load.open.trace !== undefined) return traceRate(load.open.trace, load);
  if (load.open.rate !== undefined) return load.open.rate;
  const rate = load.open.utilization! * capacityOf(fleet);
  if (Number.isFinite(rate)) return rate;
  throw new RangeError(
    'the fleet serves in no time at all, so it has no utilization; give load.open.rate instead',
  );
}
