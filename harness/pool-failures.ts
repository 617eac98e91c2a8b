/**
 * What real requests make a pool think of its members: failures in a row mark one down, outliers are ejected for a while,
 * breakers open. One bookkeeping for all of them, since they share what they may do: at most a share of the pool is out
 * at once. The rules are in `resilience/`; here they meet backends.
 */
import type { BalancerSettings } from '../scenarios/scenario.ts';
import type { OutcomeKind } from '../strategies/strategy.ts';
import type { BalancerEvent } from './pool.ts';
import type { PooledBackend } from './pooled-backend.ts';
import type { BreakerState } from './resilience/breaker.ts';
import { nextCheck } from './resilience/check-schedule.ts';
import { type EjectionLimits, ejectionTime, mayEject, remembered } from './resilience/ejection.ts';
import { outliers } from './resilience/outlier.ts';
import { failuresInARow } from './resilience/passive.ts';

export interface PoolFailuresOptions {
  readonly settings: Pick<BalancerSettings, 'passive' | 'outlier' | 'breaker' | 'health'>;
  /** When outliers are looked for is counted from here, ms. */
  readonly now: number;
  readonly members: () => readonly PooledBackend[];
  readonly onEvent: (event: BalancerEvent) => void;
}

/** Where failures in a row eject nobody, ms. */
const distrusted: EjectionLimits = { base: 10_000, max: 10_000, forget: 10_000 };

export class PoolFailures {
  /** When outliers are looked for next, ms; Infinity where they are not. */
  lookAt: number;
  readonly #options: PoolFailuresOptions;
  /** Of those that failures in a row condemn; undefined where that is off. */
  readonly #passive: EjectionLimits | undefined;
  readonly #outlier: EjectionLimits | undefined;

  constructor(options: PoolFailuresOptions) {
    const { passive, outlier } = options.settings;
    this.#options = options;
    this.lookAt = outlier === false ? Number.POSITIVE_INFINITY : options.now + outlier.interval;
    if (passive !== false) {
      const { ejection, maxEjection } = passive;
      this.#passive = { base: ejection, max: maxEjection ?? ejection, forget: Math.max(1, ejection) };
    }
    if (outlier !== false)
      this.#outlier = { base: outlier.ejection, max: outlier.maxEjection, forget: outlier.interval };
  }

  /** Takes in the end of an attempt that began at `startedAt`. Returns whether its backend may have become usable, or no longer is. */
  observed(backend: PooledBackend, kind: OutcomeKind, startedAt: number, at: number): boolean {
    const { passive, breaker } = this.#options.settings;
    const moved = breaker !== false && this.#tellBreaker(backend, kind, startedAt, at);
    if (passive === false) return moved;
    const failures = failuresInARow(backend.failures, kind, passive);
    // One success after another teaches nothing, so nothing more is looked at.
    if (failures === backend.failures) return moved;
    // What began before the latest transition says nothing about the time since: it was already judged.
    if (startedAt < backend.health.changedAt) return moved;
    backend.failures = failures < passive.failures ? failures : 0;
    if (failures < passive.failures) return moved;
    return this.#markDown(backend, kind, at) || moved;
  }

  /** Ends the ejection of a backend where it is over by `at`, and half-opens its breaker. Returns whether something has changed. */
  tick(backend: PooledBackend, at: number): boolean {
    let moved = false;
    const { breaker } = backend;
    if (breaker !== undefined && at >= breaker.due) {
      breaker.tick(at);
      this.#tellState(backend, 'open', at, 'its time is over');
      moved = true;
    }
    if (backend.ejectedUntil > at) return moved;
    const { health } = this.#options.settings;
    backend.ejectedUntil = Number.POSITIVE_INFINITY;
    backend.returnedAt = at;
    if (backend.ejectedBy !== undefined) {
      const by = backend.ejectedBy;
      backend.ejectedBy = undefined;
      this.#options.onEvent({ t: at, type: 'ejection', backend: backend.id, phase: 'over', by });
    }
    if (health === false && backend.health.readmit(at))
      this.#tellHealth(backend, 'unhealthy', at, 'ejection over');
    return true;
  }

  /** Looks for outliers, and ejects them. Returns whether there were any. */
  look(at: number): boolean {
    const { outlier } = this.#options.settings;
    if (outlier === false) return false;
    this.lookAt = nextCheck(this.#options.now, outlier.interval, at);
    const members = this.#options.members();
    const tallies = members.map((it) => {
      const tally = { ok: it.ok - it.seenOk, failed: it.errors - it.seenErrors };
      it.seenOk = it.ok;
      it.seenErrors = it.errors;
      return tally;
    });
    let ejected = false;
    for (const { index, by, detail } of outliers(tallies, outlier)) {
      const backend = members[index]!;
      if (isOut(backend) || !this.#mayEject(outlier.maxEjected)) continue;
      // The interval it was judged in is no merit: else nobody would ever be found twice in a row.
      this.#eject(backend, at, this.#outlier!, outlier.interval);
      backend.ejectedBy = by;
      this.#options.onEvent({
        ...{ t: at, type: 'ejection', backend: backend.id, phase: 'begun', by },
        ...{ until: backend.ejectedUntil, detail },
      });
      ejected = true;
    }
    return ejected;
  }

  /** It is not who it was: out it goes, however many are out already, until checks find the right one. Returns whether it was in. */
  distrust(backend: PooledBackend, said: string, by: 'active' | 'passive', at: number): boolean {
    const detail = anotherOne(said);
    const from = backend.health.status;
    if (!backend.health.markDown(detail, at)) return false;
    backend.markedDown = true;
    if (this.#options.settings.health === false) this.#eject(backend, at, this.#passive ?? distrusted);
    this.#tellHealth(backend, from, at, detail, by);
    return true;
  }

  #markDown(backend: PooledBackend, kind: OutcomeKind, at: number): boolean {
    const { passive, health } = this.#options.settings;
    if (passive === false || isOut(backend) || !this.#mayEject(passive.maxEjected)) return false;
    const from = backend.health.status;
    const detail = `${passive.failures} failures in a row, the last: ${kind}`;
    if (!backend.health.markDown(detail, at)) return false;
    backend.markedDown = true;
    if (health === false) this.#eject(backend, at, this.#passive!);
    this.#tellHealth(backend, from, at, detail);
    return true;
  }

  #eject(backend: PooledBackend, at: number, limits: EjectionLimits, judged = 0): void {
    const served = Math.max(0, at - backend.returnedAt - judged);
    backend.ejections = remembered(backend.ejections, served, limits) + 1;
    backend.ejectedUntil = at + ejectionTime(backend.ejections, limits);
  }

  #mayEject(most: number): boolean {
    const members = this.#options.members();
    return mayEject(members.filter(isOut).length, members.length, most);
  }

  #tellBreaker(backend: PooledBackend, kind: OutcomeKind, startedAt: number, at: number): boolean {
    const breaker = backend.breaker!;
    const { state: from, admits } = breaker;
    const moved = breaker.ended(kind, startedAt, at);
    if (moved) this.#tellState(backend, from, at, `the last: ${kind}`);
    return moved || breaker.admits !== admits;
  }

  #tellState({ id, breaker }: PooledBackend, from: BreakerState, t: number, detail: string): void {
    this.#options.onEvent({ t, type: 'breaker', backend: id, from, to: breaker!.state, detail });
  }

  #tellHealth(
    { id, health }: PooledBackend,
    from: 'unknown' | 'healthy' | 'unhealthy',
    t: number,
    detail: string,
    by: 'active' | 'passive' = 'passive',
  ): void {
    this.#options.onEvent({ t, type: 'health', backend: id, from, to: health.status, by, detail });
  }
}

/** By what real requests met: ejected for a time, or marked down and not yet back. */
function isOut({ ejectedUntil, markedDown, health }: PooledBackend): boolean {
  return ejectedUntil < Number.POSITIVE_INFINITY || (markedDown && health.status === 'unhealthy');
}

/** What is told of a backend whose address answers with another's id. */
export function anotherOne(said: string): string {
  return `another backend answers at its address: ${JSON.stringify(said)}`;
}
