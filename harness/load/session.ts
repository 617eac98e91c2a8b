/**
 * The life of a generator, whichever one it is: wait for the start, send, wait out the grace, close the books, report.
 * It owns everything but the sending.
 */
import { createHistogram, monitorEventLoopDelay, type RecordableHistogram } from 'node:perf_hooks';
import type { RequestShape } from '../../scenarios/request-shape.ts';
import { Workload } from '../../scenarios/workload.ts';
import { now } from '../clock.ts';
import { DeadlineQueue } from '../proxy/deadlines.ts';
import type { serve } from '../role.ts';
import { Spool } from '../spool.ts';
import { Account } from './account.ts';
import { CookieJar } from './cookie-jar.ts';
import type { Desk } from './exchange.ts';
import type { FromGenerator, GeneratorResult, GeneratorSettings, ToGenerator } from './generator.ts';
import { RequestWriter } from './request-writer.ts';
import { type ReadyCheck, readyCheck } from './response-check.ts';
import { Way } from './way.ts';
import { Window } from './window.ts';

/** What differs between generators. */
export interface Sender {
  /** The warm-up begins: t = −warmup. */
  start(): void;
  /** Sends nothing more; responses are still read. */
  halt(): void;
  /** Drops every connection. */
  close(): void;
  /** Whether it knows its last request and says so (`finished`); otherwise sending stops when the window ends. */
  readonly knowsTheLast: boolean;
  /** Most connections open at once, so far. */
  readonly connections: number;
}

const progressEveryMs = 500;
/** How often clients are looked for whose time to go has come, ms: no timer rings sooner. */
const leaveEvery = 1;
const loopDelayResolutionMs = 10;

export class Session implements Desk {
  readonly settings: GeneratorSettings;
  readonly workload: Workload;
  readonly writer: RequestWriter;
  readonly setCookie: ((index: number, value: string) => void) | undefined;
  readonly checkOf: Desk['checkOf'];
  readonly window: Window;
  readonly account: Account;
  readonly deadlines: DeadlineQueue;
  readonly leaving: ((index: number, intended: number) => DeadlineQueue | undefined) | undefined;
  /** Of clients that go away by themselves, by how soon they do. */
  readonly #leavers = new Map<number, DeadlineQueue>();
  closing = false;
  /** Actual minus intended send, µs; only open load records any. */
  readonly lateness: RecordableHistogram = createHistogram({ figures: 3 });
  readonly #spool: Spool;
  readonly #say: (message: FromGenerator) => void;
  readonly #loopDelay = monitorEventLoopDelay({ resolution: loopDelayResolutionMs });
  readonly #timers: NodeJS.Timeout[] = [];
  #sender: Sender | undefined;
  #cpu = process.cpuUsage();
  /** Monotonic ms of t = 0. */
  #zero = Number.POSITIVE_INFINITY;
  #stage: 'waiting' | 'sending' | 'draining' = 'waiting';
  #windowMs = 0;
  #closed: Promise<void> | undefined;

  constructor(settings: GeneratorSettings, spool: Spool, say: (message: FromGenerator) => void) {
    this.settings = settings;
    this.#spool = spool;
    this.#say = say;
    this.workload = new Workload(settings.load, settings.seed, settings.rate, settings.faults);
    const jar = settings.load.cookies ? new CookieJar() : undefined;
    this.setCookie = jar && ((index, value) => jar.keep(this.workload.client(index), value));
    this.writer = new RequestWriter(this.workload, settings.target, jar);
    this.checkOf = checksOf(settings.load, this.workload);
    this.window = new Window(settings.load);
    this.account = new Account(spool, settings.backends, (index, t) => this.workload.keyHash(index, t));
    this.account.onIdle = () => {
      if (this.#stage === 'draining') void this.close();
    };
    this.deadlines = new DeadlineQueue(settings.load.timeout);
    this.leaving = this.workload.hasLeavers ? (index, t) => this.#leaver(index, t) : undefined;
  }

  /** To be called before anything is received. */
  use(sender: Sender): void {
    this.#sender = sender;
  }

  clock(): number {
    return now() - this.#zero;
  }

  /** Between clients and the balancer, for a sender of its own. */
  way(): Promise<Way | undefined> {
    const { way, seed } = this.settings;
    return Way.create(way, seed, this.workload, () => this.clock());
  }

  receive(message: ToGenerator): void {
    if (message.type === 'stop') void this.close();
    else if (this.#stage === 'waiting' && this.#closed === undefined) {
      this.#zero = message.at + this.settings.load.warmup;
      this.#timers.push(setTimeout(() => this.#start(), Math.max(0, message.at - now())));
    }
  }

  /** The sender has sent its last request. What is on its way gets `grace` ms to come back. */
  finished(): void {
    if (this.#stage !== 'sending') return;
    this.#stage = 'draining';
    this.#windowMs = this.window.length(this.clock(), false);
    this.#sender?.halt();
    if (this.account.inFlight === 0) void this.close();
    else this.#timers.push(setTimeout(() => void this.close(), this.settings.grace));
  }

  /** Ends the run here and now: what has not ended is in flight. Resolves once all is written and reported. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #start(): void {
    this.#stage = 'sending';
    this.#cpu = process.cpuUsage();
    this.#loopDelay.enable();
    let before = this.clock();
    const sayProgress = () => {
      const t = this.clock();
      const { ended, p99Ms } = this.account.interval();
      this.#say({
        type: 'progress',
        t,
        perSecond: (ended * 1000) / (t - before),
        p99Ms,
        counts: this.account.counts,
      });
      before = t;
    };
    const expireEvery = Math.min(20, Math.max(1, this.settings.load.timeout / 100));
    this.#timers.push(
      setInterval(sayProgress, progressEveryMs),
      setInterval(() => this.deadlines.expire(this.clock()), expireEvery),
    );
    if (this.workload.hasLeavers) this.#timers.push(setInterval(() => this.#letGo(), leaveEvery));
    // A timer rings up to a millisecond early, and what a schedule holds for that millisecond must still be sent.
    if (Number.isFinite(this.window.end) && !this.#sender?.knowsTheLast)
      this.#timers.push(setTimeout(() => this.finished(), Math.max(0, this.window.end - this.clock())));
    this.#sender?.start();
  }

  #leaver(index: number, intended: number): DeadlineQueue | undefined {
    const ms = this.workload.patience(index, intended);
    if (ms === Number.POSITIVE_INFINITY) return undefined;
    let queue = this.#leavers.get(ms);
    if (queue === undefined) {
      queue = new DeadlineQueue(ms);
      this.#leavers.set(ms, queue);
    }
    return queue;
  }

  #letGo(): void {
    const t = this.clock();
    for (const queue of this.#leavers.values()) queue.expire(t);
  }

  async #close(): Promise<void> {
    if (this.#stage === 'sending') {
      this.#sender?.halt();
      this.#windowMs = this.window.length(this.clock(), true);
    }
    for (const timer of this.#timers) clearTimeout(timer);
    this.closing = true;
    this.deadlines.expire(Number.POSITIVE_INFINITY);
    this.#loopDelay.disable();
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#sender?.close();
    await this.#spool.close();
    const result: GeneratorResult = {
      counts: this.account.counts,
      windowMs: this.#windowMs,
      // The interval timer's own period is part of what Node records.
      loopDelayP99Ms: Math.max(0, this.#loopDelay.percentile(99) / 1e6 - loopDelayResolutionMs),
      connections: this.#sender?.connections ?? 0,
      cpuMicros: this.#stage === 'waiting' ? 0 : user + system,
    };
    const { lateness } = this;
    if (Number(lateness.count) > 0)
      result.latenessMs = {
        p50: lateness.percentile(50) / 1000,
        p99: lateness.percentile(99) / 1000,
        max: Number(lateness.max) / 1000,
      };
    this.#say({ type: 'done', result });
  }
}

/** The checks of responses; undefined where there are none, so that nobody asks. */
function checksOf({ mix }: GeneratorSettings['load'], workload: Workload): Desk['checkOf'] {
  if (mix.every(({ check }) => check === undefined)) return undefined;
  const ready = new Map<RequestShape, ReadyCheck>();
  return (index) => {
    const shape = workload.request(index);
    if (shape.check === undefined) return undefined;
    let check = ready.get(shape);
    if (check === undefined) {
      check = readyCheck(shape.check);
      ready.set(shape, check);
    }
    return check;
  };
}

/** A generator process's body, for `serve`. */
export function generator(
  createSender: (session: Session) => Sender | Promise<Sender>,
): Parameters<typeof serve<GeneratorSettings, ToGenerator, FromGenerator>>[0] {
  return async (settings, say) => {
    const session = new Session(settings, await Spool.create(settings.rows), say);
    session.use(await createSender(session));
    return { receive: (message) => session.receive(message), stop: () => session.close() };
  };
}
