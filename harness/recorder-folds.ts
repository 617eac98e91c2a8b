/**
 * Requests and attempts folded as they come into what `recording-folds.ts` names, and nothing kept of the single one. The arithmetic is
 * that of the reports, step by step (ms there, so ms here), so that both roads count the same.
 */

import type { RecorderOptions, TrialEvent } from './recorder.ts';
import { FaultWatch } from './recorder-faults.ts';
import { FaultTime, PhaseTally, Reasons } from './recorder-phases.ts';
import { Timeline } from './recorder-timeline.ts';
import { type Folds, fingerprint, foldsVersion } from './recording-folds.ts';
import { attemptKinds, outcomes } from './recording-rows.ts';

const code = Object.fromEntries(outcomes.map((name, index) => [name, index])) as Record<
  (typeof outcomes)[number],
  number
>;
const spared = Uint8Array.from(attemptKinds, (kind) =>
  Number(['ok', 'cancelled', 'in-flight'].includes(kind)),
);
/** Faults followed one by one: each costs something at every attempt. */
const mostWatches = 32;

export class FoldRecorder {
  readonly #ids: readonly string[];
  readonly #deadline: number;
  readonly #cap: number;
  #windowMs = Number.POSITIVE_INFINITY;
  readonly #faultTime = new FaultTime();
  readonly #reasons = new Reasons();
  readonly #phases: readonly [PhaseTally, PhaseTally, PhaseTally];
  readonly #timeline: Timeline;
  readonly #picks: readonly [Float64Array, Float64Array, Float64Array];
  readonly #errors: Float64Array;
  readonly #watches: FaultWatch[] = [];
  #unfollowed = 0;
  #requests = 0;
  #attempts = 0;
  #retries = 0;
  #sentWithWarmup = 0;
  #least = Number.POSITIVE_INFINITY;
  #most = Number.NEGATIVE_INFINITY;
  #fingerprint = 0;

  constructor({ backends, deadline, timeout }: Pick<RecorderOptions, 'backends' | 'deadline' | 'timeout'>) {
    this.#ids = backends;
    this.#deadline = (deadline ?? Number.POSITIVE_INFINITY) * 1000;
    this.#cap = (deadline ?? timeout) * 1000;
    this.#phases = [new PhaseTally(this.#cap), new PhaseTally(this.#cap), new PhaseTally(this.#cap)];
    this.#timeline = new Timeline(backends.length);
    const zero = () => new Float64Array(backends.length);
    this.#picks = [zero(), zero(), zero()];
    this.#errors = zero();
  }

  /** As Recorder.request; what the folds have no use for is left out. */
  request(
    index: number,
    intended: number,
    sent: number,
    latency: number,
    outcome: number,
    cause: number,
    status: number,
  ): void {
    this.#requests++;
    this.#fingerprint = (this.#fingerprint + fingerprint(index)) | 0;
    if (index < this.#least) this.#least = index;
    if (index > this.#most) this.#most = index;
    const ended = (intended + latency) / 1000;
    if (!Number.isNaN(sent)) {
      this.#sentWithWarmup++;
      this.#timeline.flow(sent / 1000, ended);
    }
    const bad = intended >= 0 && this.#inWindow(intended, latency, ended, outcome, cause, status);
    for (let i = 0; i < this.#watches.length; i++) this.#watches[i]!.request(index, bad, ended);
  }

  /** Counts a request of the window, and says whether it was bad (deadline.ts). */
  #inWindow(
    intended: number,
    latency: number,
    ended: number,
    outcome: number,
    cause: number,
    status: number,
  ): boolean {
    const due = intended / 1000;
    const tally = this.#phases[this.#faultTime.at(due)];
    const reason = this.#reasons.number(outcome, cause, status);
    tally.count(reason);
    let late = false;
    let atDeadline = false;
    if (outcome === code.ok) {
      tally.ok.add(latency);
      this.#timeline.ok(due, latency);
      late = latency > this.#deadline;
    } else if (outcome === code['in-flight'] || outcome === code.aborted) {
      const left = outcome === code.aborted;
      const age = left ? latency : Math.max(0, this.#windowMs * 1000 - intended);
      atDeadline = age >= this.#cap;
      if (!atDeadline) {
        tally.open.add(age);
        this.#timeline.open(due, age);
      }
    } else atDeadline = outcome !== code['not-sent'];
    if (late) {
      tally.late++;
      this.#timeline.late(due);
    } else if (atDeadline) {
      tally.atDeadline++;
      this.#timeline.atDeadline(due);
    }
    if (!Number.isNaN(ended) && outcome !== code['in-flight'] && outcome !== code['not-sent'])
      this.#timeline.ended(reason, ended);
    const arrived = due + latency / 1000;
    if (arrived < this.#windowMs && status !== 0) {
      const then = this.#phases[this.#faultTime.at(arrived)];
      then.complete++;
      if (outcome === code.ok && !late) then.good++;
    }
    return late || atDeadline;
  }

  /** As Recorder.attempt. */
  attempt(
    request: number,
    picked: number,
    ended: number,
    backend: number,
    attempt: number,
    kind: number,
  ): void {
    this.#attempts++;
    if (backend < 0 || backend >= this.#errors.length) return;
    const at = picked / 1000;
    const counted = at >= 0 && at < this.#windowMs;
    if (at >= 0) this.#timeline.pick(at, backend);
    if (counted) {
      this.#picks[this.#faultTime.at(at)][backend]!++;
      if (spared[kind] === 0) this.#errors[backend]!++;
      if (attempt > 1) this.#retries++;
    }
    for (let i = 0; i < this.#watches.length; i++)
      this.#watches[i]!.attempt(request, at, ended / 1000, backend, counted);
  }

  /** As Recorder.event. */
  event(event: TrialEvent): void {
    if (event.type === 'health')
      for (const watch of this.#watches) watch.health(event.backend, event.to, event.t);
    if (event.type !== 'fault') return;
    const { phase, t } = event;
    let current = this.#watches.findLast((watch) => watch.open && watch.is(event));
    if (phase === 'asked' || (phase === 'taken' && (current === undefined || current.took)))
      current = this.#follow(event);
    if (phase === 'failed') {
      if (current && !current.took) this.#watches.splice(this.#watches.indexOf(current), 1);
      return;
    }
    current?.happened(event);
    if (phase === 'taken') this.#faultTime.took(t);
    if (phase === 'healed') this.#faultTime.healed(t);
  }

  window(ms: number): void {
    this.#windowMs = ms;
  }

  /** @throws when nobody ever said what the window is */
  fold(): Folds {
    if (!Number.isFinite(this.#windowMs)) throw new Error('a trial was recorded whose window nobody named');
    const [before, during, after] = this.#phases.map((it) => it.fold(this.#reasons.all)) as never[];
    return {
      version: foldsVersion,
      requests: this.#requests,
      attempts: this.#attempts,
      windowMs: this.#windowMs,
      capMs: this.#cap / 1000,
      faultTime: this.#faultTime.stretches.map(({ from, to }) => ({
        from,
        to: Number.isFinite(to) ? to : null,
      })),
      sentWithWarmup: this.#sentWithWarmup,
      numbers: { least: this.#least, most: this.#most, fingerprint: this.#fingerprint },
      phases: { before: before!, during: during!, after: after! },
      picks: {
        before: [...this.#picks[0]],
        during: [...this.#picks[1]],
        after: [...this.#picks[2]],
      },
      errors: [...this.#errors],
      retries: this.#retries,
      timeline: this.#timeline.fold(this.#reasons.all),
      faults: this.#watches.map((watch) => watch.fold()),
      unfollowed: this.#unfollowed,
    };
  }

  #follow(event: Extract<TrialEvent, { type: 'fault' }>): FaultWatch | undefined {
    if (this.#watches.length === mostWatches) {
      this.#unfollowed++;
      return undefined;
    }
    const indexes = event.backends.map((id) => this.#ids.indexOf(id)).filter((index) => index >= 0);
    const watch = new FaultWatch(event, indexes, this.#ids.length);
    this.#watches.push(watch);
    return watch;
  }
}
