/**
 * THE backend model: one backend's workers, queue, speed, warm-up, contention, pauses, cache and faults. Pure: it
 * is told the time and never waits. The server in `docker/` and the simulator drive the same one, so that where the
 * two disagree it is the network, never two copies of the bookkeeping.
 *
 * Its law: a job starts at max(arrival, the INTENDED finish of the worker it waited for), and its finish is known as
 * soon as it starts. A driver's timers may be late; capacity never depends on them. The driver's duties:
 *  - before `arrive` or `abandon` at `now`, call `finish` for every running job whose `finish` ≤ now, earliest first;
 *  - where a call answers with a job, that job has just started: set a timer for its `finish`.
 */
import { isUnworked, pass, type Verdict } from './faults/fault.ts';
import { FaultSet } from './faults/fault-set.ts';
import { LoadMeter } from './load-meter.ts';
import { Lru } from './lru.ts';
import { Pauses } from './pauses.ts';
import type { BackendSpec } from './scenario.ts';
import type { ServiceTime } from './service-times/service-time.ts';

/**
 * Where a job stands. `running` and `queued` jobs may also be `abandoned`: their client has gone, the work goes on.
 * `hanging` is what a fault never answers: it is inside until its client goes.
 */
export type JobState = 'new' | 'queued' | 'running' | 'done' | 'dropped' | 'hanging';

/** One request at one backend. A driver extends it with what it needs to answer. Times in ms of the driver's clock. */
export class Job {
  /** Number of the request in the workload. */
  request = 0;
  /** Affinity key; '' for none. What the cache goes by. */
  key: string | number = '';
  /** Where the backend inverts its service-time law, in (0, 1). */
  quantile = 0.5;
  arrival = 0;
  start = 0;
  /** Intended finish; known once it runs. */
  finish = 0;
  state: JobState = 'new';
  abandoned = false;
  /** What the faults made of it on arrival; never a delay. */
  verdict: Verdict = pass;
  /** The number of the fault behind the verdict, where that is not to pass. */
  fault = -1;
  /** How many were inside as it arrived; the load meter's. */
  found = 0;
  /** The one behind it in the queue. */
  next: Job | undefined = undefined;
}

/**
 * What became of an arrival: it runs; it waits; the queue was full (answer 503); or a fault decided at the door, without
 * a worker: error, hang, or reset before the response (see `job.verdict`).
 */
export type Admission = 'started' | 'queued' | 'rejected' | 'faulted';

export class BackendModel<J extends Job = Job> {
  // What every request touches stands together, and first: with ten thousand backends each cache line counts.
  /** Jobs in service, and jobs waiting. */
  busy = 0;
  waiting = 0;
  #first: J | undefined;
  #last: J | undefined;
  /** Totals since the last reset. arrived = completed + rejected + faulted + dropped + busy + waiting. */
  arrived = 0;
  completed = 0;
  readonly #workers: number;
  readonly #room: number;
  /** Whether service takes what the law says over the speed, and nothing else comes in. */
  readonly #plain: boolean;
  readonly #speed: number;
  readonly #law: ServiceTime;
  #faults: FaultSet | undefined = undefined;
  /** What it says of its load; undefined unless `measure` asked for it. */
  meter: LoadMeter | undefined = undefined;
  readonly #cache: Lru | undefined;
  #pauses: Pauses | undefined;
  readonly spec: BackendSpec;
  rejected = 0;
  faulted = 0;
  /** Taken out because their client had gone (`cancelAbandoned`). */
  dropped = 0;
  /** Whose client had gone before the work was done, dropped or not. */
  abandoned = 0;
  #since = 0;

  /** `law` is `spec.service` made (catalogue.ts). The backend comes up at `now`: warm-up and pauses count from there. */
  constructor(spec: BackendSpec, law: ServiceTime, seed: number, now: number) {
    this.#law = law;
    this.#workers = spec.workers;
    this.#plain =
      !(spec.contention > 0) && spec.warmup === undefined && spec.cache === undefined && !spec.pauses;
    this.#speed = spec.speed;
    this.spec = spec;
    this.#room = spec.queue === 'unlimited' ? Infinity : spec.queue;
    this.#cache = spec.cache && new Lru(spec.cache.entries);
    this.reset(seed, now);
  }

  /** The service-level faults that are on here. */
  get faults(): FaultSet {
    this.#faults ??= new FaultSet(this.spec.index);
    return this.#faults;
  }

  /** As if it had just been started at `now`: nothing running or queued, no faults, cold cache, warm-up ahead, counters 0. */
  reset(seed: number, now: number): void {
    const { pauses, index } = this.spec;
    this.#faults?.clearAll();
    this.busy = this.waiting = 0;
    this.arrived = this.completed = this.rejected = this.faulted = this.dropped = this.abandoned = 0;
    this.#cache?.clear();
    const law = pauses && { every: pauses.every, shortest: pauses.length, longest: pauses.length };
    this.#pauses = law && new Pauses(law, seed, index, now);
    this.#since = now;
    this.#first = this.#last = undefined;
    this.meter?.reset(now);
  }

  /** Measures its load from `now` on, through every reset. To be asked before the first arrival. */
  measure(now: number): LoadMeter {
    if (this.arrived > 0) throw new Error('measure after the first arrival: what is inside is not known');
    this.meter ??= new LoadMeter(this.spec.workers, now);
    return this.meter;
  }

  /** The first moment from `now` on when it is not in a stop-the-world pause: what needs no worker is answered then. */
  awake(now: number): number {
    const own = this.#pauses === undefined ? now : this.#pauses.awake(now);
    return this.#faults?.any ? Math.max(own, this.#faults.awake(now)) : own;
  }

  /** A request arrives. Set `request`, `key` and `quantile` of the job first. */
  arrive(now: number, job: J): Admission {
    job.arrival = now;
    this.arrived++;
    if (this.#faults?.any) {
      this.#faults.take();
      const { verdict, fault } = this.#faults.judge(now, job.request, this.#nominal(job), job.quantile);
      job.verdict = verdict;
      job.fault = fault;
      if (isUnworked(verdict)) {
        this.faulted++;
        if (verdict.kind === 'hang') {
          job.state = 'hanging';
          this.meter?.arrived(job);
        } else if (verdict.kind === 'error') this.meter?.answered(now, verdict.status);
        return 'faulted';
      }
    }
    if (this.busy < this.#workers) {
      this.meter?.arrived(job);
      this.#start(now, job);
      return 'started';
    }
    if (this.waiting >= this.#room) {
      this.rejected++;
      this.meter?.answered(now, 503);
      return 'rejected';
    }
    this.meter?.arrived(job);
    job.state = 'queued';
    if (this.#last === undefined) this.#first = job;
    else this.#last.next = job;
    this.#last = job;
    this.waiting++;
    return 'queued';
  }

  /** A running job has reached its intended finish. Answers with the job that starts in its place, if one waited. */
  finish(job: J): J | undefined {
    job.state = 'done';
    this.busy--;
    this.completed++;
    this.meter?.finished(job);
    if (this.#cache !== undefined && job.key !== '') this.#cache.add(job.key);
    return this.#startNext(job.finish);
  }

  /**
   * The job's client has gone. With `cancelAbandoned` it is dropped and its worker freed, and the job that starts in
   * its place is the answer; ignore the dropped job's timer (`state` is `dropped`). Without, the work is done all the same.
   */
  abandon(now: number, job: J): J | undefined {
    if (job.state === 'hanging') {
      job.state = 'dropped';
      this.meter?.left(now, false);
      return undefined;
    }
    if (job.abandoned || (job.state !== 'queued' && job.state !== 'running')) return undefined;
    job.abandoned = true;
    this.abandoned++;
    if (!this.spec.cancelAbandoned) return undefined;
    this.dropped++;
    const ran = job.state === 'running';
    job.state = 'dropped';
    this.meter?.left(now, ran);
    if (ran) {
      this.busy--;
      return this.#startNext(now);
    }
    this.waiting--; // It stays linked until its turn comes.
    return undefined;
  }

  /** What the faults make of a job whose answer is due. */
  standing(job: J): Verdict {
    return job.verdict.kind === 'pass' ? job.verdict : this.faults.standing(job);
  }

  #startNext(free: number): J | undefined {
    let job = this.#first;
    while (job !== undefined && job.state === 'dropped') job = job.next as J | undefined;
    if (job === undefined) {
      this.#first = this.#last = undefined;
      return undefined;
    }
    this.#first = job.next as J | undefined;
    if (this.#first === undefined) this.#last = undefined;
    job.next = undefined;
    this.waiting--;
    this.#start(Math.max(free, job.arrival), job);
    return job;
  }

  #start(now: number, job: J): void {
    if (this.#plain && !this.#faults?.any) {
      job.state = 'running';
      job.start = now;
      job.finish = now + this.#law.at(job.quantile) / this.#speed;
      this.busy++;
      this.meter?.started(now);
      return;
    }
    this.#startWith(now, job);
  }

  #startWith(now: number, job: J): void {
    const { contention, warmup, cache, speed } = this.spec;
    const start = this.awake(now);
    const hit = cache !== undefined && job.key !== '' && this.#cache!.has(job.key);
    let ms = hit ? cache.hit / speed : this.#law.at(job.quantile) / speed;
    if (warmup !== undefined) {
      const left = 1 - (start - this.#since) / warmup.over;
      if (left > 0) ms *= 1 + (warmup.slowdown - 1) * left;
    }
    ms *= 1 + contention * this.busy;
    if (this.#faults?.any) {
      const { delay } = this.#faults.judge(start, job.request, this.#nominal(job), job.quantile);
      // A law that is faster than the nominal one may be faster than a cache hit, too.
      ms = Math.max(0, ms + delay);
    }
    job.state = 'running';
    job.start = start;
    job.finish = this.#pauses === undefined ? start + ms : this.#pauses.finish(start, ms);
    if (this.#faults?.any) job.finish = this.#faults.through(start, job.finish);
    this.busy++;
    this.meter?.started(now);
  }

  #nominal(job: J): number {
    return this.#law.at(job.quantile) / this.#speed;
  }
}
