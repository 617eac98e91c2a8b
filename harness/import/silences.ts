/**
 * Silences: stretches in which a backend gave no good answer. Fed with attempts in the order in which they ended, it keeps the
 * longest of each backend, with what failed meanwhile and how many the others answered; `evident` are those that are no luck.
 */
import type { Failure } from './logged.ts';

export interface Silence {
  readonly backend: number;
  /** End of the last good answer before it, and of the first after it, ms from t = 0; undefined where the log begins or ends in it. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** When the request was sent whose answer ended it. */
  readonly resumed: number | undefined;
  /** Attempts that failed meanwhile, by kind, and when the first and the last of them ended. */
  readonly failures: ReadonlyMap<Failure, number>;
  readonly firstFailure: number | undefined;
  readonly lastFailure: number | undefined;
  /** Good answers of other backends meanwhile. */
  readonly elsewhere: number;
}

/** Shorter ones are nobody's incident, ms. */
const shortest = 250;
const mostKept = 64;
/** One false silence in so many logs. */
const caution = Math.log(1000);

class Tracker {
  answers = 0;
  last: number | undefined = undefined;
  /** When another backend answered for the first time since `last`: before, nobody was asked. */
  othersSince: number | undefined = undefined;
  elsewhereAtLast = 0;
  readonly failures = new Map<Failure, number>();
  firstFailure: number | undefined = undefined;
  lastFailure: number | undefined = undefined;
  readonly kept: Silence[] = [];
}

export class Silences {
  readonly #trackers: Tracker[] = [];
  /** Those whose answer was followed by nobody's yet. */
  readonly #alone = new Set<Tracker>();
  #answers = 0;
  #end = 0;

  /** An attempt, from when it was sent until it ended, ms from t = 0; ends ascend. */
  add(backend: number, sent: number, ended: number, failure: Failure | undefined): void {
    let it = this.#trackers[backend];
    if (it === undefined) {
      it = this.#trackers[backend] = new Tracker();
      it.othersSince = 0;
    }
    this.#end = Math.max(this.#end, ended);
    if (failure === 'abandoned') return;
    if (failure !== undefined) {
      it.failures.set(failure, (it.failures.get(failure) ?? 0) + 1);
      it.firstFailure ??= ended;
      it.lastFailure = ended;
      return;
    }
    for (const one of this.#alone) {
      if (one === it) continue;
      one.othersSince = ended;
      this.#alone.delete(one);
    }
    if (ended - (it.last ?? 0) >= shortest) this.#keep(backend, it, ended, sent);
    it.answers++;
    this.#answers++;
    it.last = ended;
    it.othersSince = undefined;
    this.#alone.add(it);
    it.elsewhereAtLast = this.#answers - it.answers;
    if (it.failures.size > 0) it.failures.clear();
    it.firstFailure = it.lastFailure = undefined;
  }

  #keep(backend: number, it: Tracker, to: number | undefined, resumed: number | undefined): void {
    const { last: from, failures, firstFailure, lastFailure } = it;
    const asked = Math.min(
      it.othersSince ?? Number.POSITIVE_INFINITY,
      firstFailure ?? Number.POSITIVE_INFINITY,
    );
    if ((to ?? this.#end) - asked < shortest) return;
    const elsewhere = this.#answers - it.answers - it.elsewhereAtLast;
    it.kept.push({
      backend,
      from,
      to,
      resumed,
      failures: new Map(failures),
      firstFailure,
      lastFailure,
      elsewhere,
    });
    if (it.kept.length <= mostKept) return;
    const length = (one: Silence) => (one.to ?? this.#end) - (one.from ?? 0);
    it.kept.sort((a, b) => length(b) - length(a)).pop();
  }

  /**
   * Silences that are no luck: had the backend had its usual share of what was answered meanwhile, it would have answered
   * so many that none at all is one chance in a thousand logs, or as many attempts failed. To be called once, at the end.
   */
  evident(): Silence[] {
    const found: Silence[] = [];
    for (const [backend, it] of this.#trackers.entries()) {
      if (it === undefined) continue;
      if (this.#end - (it.last ?? 0) >= shortest) this.#keep(backend, it, undefined, undefined);
      const share = it.answers / Math.max(1, this.#answers - it.answers);
      const enough = Math.log(Math.max(2, it.answers)) + caution;
      for (const one of it.kept) {
        let failed = 0;
        for (const count of one.failures.values()) failed += count;
        if (Math.max(share * one.elsewhere, failed) > enough) found.push(one);
      }
    }
    return found.sort((a, b) => (a.from ?? 0) - (b.from ?? 0));
  }
}
