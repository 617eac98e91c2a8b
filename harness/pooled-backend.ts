/** One backend with what this balancer counts of it. Strategies read it through `Backend`; only pool and dispatcher write. */
import type { Backend, LoadReport, OutcomeKind } from '../strategies/strategy.ts';
import type { ProxyBackend } from './proxy/settings.ts';
import type { Breaker } from './resilience/breaker.ts';
import { Health, type HealthStatus, type HealthThresholds } from './resilience/health.ts';

export class PooledBackend implements Backend {
  // First, and together, what every pick and every end touches: with ten thousand backends each cache line counts.
  readonly index: number;
  /** Its place in the fleet: what recordings name it by. The same as `index` in the pool of all backends. */
  readonly fleetIndex: number;
  /** What counts now: less than `fullWeight` while it starts slowly. */
  weight: number;
  inFlight = 0;
  /** What a data path keeps of its own for this backend, where one lookup less counts. */
  path: unknown = undefined;
  /** Removed: no new picks; what is in flight finishes. */
  draining = false;
  /** The operator lets it drain: a member still, but no new picks until told otherwise. */
  held = false;
  /** Failures in a row (resilience/passive.ts). */
  failures = 0;
  /** In `pool.available`. */
  available = false;
  /** Attempts picked for it: requests = ok + errors + cancelled + inFlight. */
  requests = 0;
  ok = 0;
  /** Complete responses, of any status, and the sum of their latencies, ms. */
  responses = 0;
  responseMs = 0;
  readonly health: Health;
  readonly maxInFlight: number;
  readonly id: string;
  reported?: LoadReport;
  readonly host: string;
  readonly port: number;
  readonly zone?: string;
  /** When its ejection is over, ms; Infinity when there is none. */
  ejectedUntil = Number.POSITIVE_INFINITY;
  /** Which rule found it an outlier; undefined where none did. */
  ejectedBy: 'success-rate' | 'failure-percentage' | undefined = undefined;
  /** Ejections that count against it (resilience/ejection.ts), and when the latest was over, ms. */
  ejections = 0;
  returnedAt = Number.NEGATIVE_INFINITY;
  /** Real requests took it out when it last became unhealthy. */
  markedDown = false;
  /** Who answers in its place, by what was last said; undefined where it is itself. */
  impostor: string | undefined = undefined;
  /** Of `ok` and `errors`, what was counted when outliers were last looked for. */
  seenOk = 0;
  seenErrors = 0;
  /** Where breakers are on. */
  breaker: Breaker | undefined = undefined;
  /** Its coming into use is news: false for one that was there when its balancer started, and until it first served. */
  joins = true;
  /** By its own merits it may be picked; `available` is what the pool makes of it. */
  usable = false;
  /** The weight it was given. */
  fullWeight: number;
  /** Since when it starts slowly, ms; NaN when it does not. */
  slowSince = Number.NaN;
  /** When what is still in flight of its draining is broken off, ms; Infinity for never. */
  drainedBy = Number.POSITIVE_INFINITY;
  /** Attempts that ended as anything but `ok` or `cancelled`. */
  errors = 0;
  cancelled = 0;

  constructor(from: ProxyBackend, maxInFlight: number, status: HealthStatus, thresholds: HealthThresholds) {
    this.id = from.id;
    this.index = from.index;
    this.fleetIndex = from.fleetIndex ?? from.index;
    this.host = from.host;
    this.port = from.port;
    if (from.zone !== undefined) this.zone = from.zone;
    this.weight = from.weight;
    this.fullWeight = from.weight;
    this.maxInFlight = maxInFlight;
    this.health = new Health(status, thresholds);
  }

  /** An attempt was picked for it. */
  begin(): void {
    this.inFlight++;
    this.requests++;
  }

  /** An attempt ended after `latency` ms. */
  finish(kind: OutcomeKind, latency: number): void {
    this.inFlight--;
    if (kind === 'ok') this.ok++;
    else if (kind === 'cancelled') this.cancelled++;
    else this.errors++;
    if (kind === 'ok' || kind === 'error') {
      this.responses++;
      this.responseMs += latency;
    }
  }
}
