/**
 * One backend of a fleet, whatever it runs on: begins a fault, makes sure at the socket that it holds, undoes it and leaves what
 * else stands, makes sure that the same backend serves again, and proves that a reset left nothing of the load before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import {
  ending,
  type HostLevelFault,
  isDead,
  type Suffering,
  together,
  whyNot,
} from '../../scenarios/host-faults.ts';
import { now } from '../clock.ts';
import {
  type BackendState,
  type Control,
  controlOf,
  type Executed,
  sameState,
  type Watch,
} from './control.ts';
import type { Driver } from './driver.ts';
import type { Host } from './host.ts';
import { type Met, probe } from './probe.ts';
import { servesAs } from './serves.ts';

/** How long a backend may take to finish what is in flight after SIGTERM. */
const graceMs = 10_000;
/** How long a fault may take to show at the socket, and each look at it. */
const holdMs = { whole: 3_000, look: 200 };
/** How often a reset may find something of the time before it, and how long it is left to come out. */
const remnants = 3;
const remnantMs = 100;
const serveMs = 30_000;

/** What a new connection meets while a fault holds; of several at once, the first of these. */
const signs: readonly (readonly [HostFaultKind, readonly Met[]])[] = [
  ['vanish', ['silent', 'unreachable']],
  ['crash', ['refused']],
  ['out-of-memory', ['refused']],
  ['stop', ['refused']],
  ['freeze', ['accepted']],
];

interface ServiceLevelFault {
  readonly kind: string;
  readonly options: Record<string, unknown>;
}

/** What the members of a fleet share: the trial they are in. */
export interface Setting {
  seed: number;
  /** Zone of the trial's balancer. */
  from: string | undefined;
}

export class Member {
  readonly host: Host;
  readonly #driver: Pick<Driver, 'name' | 'can'>;
  readonly #setting: Setting;
  readonly #control: Control;
  /** Where a host-level fault is looked for. */
  readonly #shows: { readonly host: string; readonly port: number };
  /** Host-level faults that stand, by number, in the order they began. */
  readonly #standing = new Map<number, HostLevelFault>();
  /** Service-level faults switched on, by number. */
  readonly #faults = new Map<number, ServiceLevelFault>();
  /** What to tell the control port once it can be reached again. */
  #deferred: (() => Promise<unknown>)[] = [];
  /** State of the backend when it had met no load. */
  #fresh: BackendState | undefined;
  /** When its process began: another that answers in its place tells by it. */
  #life: unknown;
  /** Its process is another than the one that was told of the trial. */
  #anew = false;
  /** Faults of one backend begin and end one after the other. */
  #busy: Promise<unknown> = Promise.resolve();

  constructor(driver: Pick<Driver, 'name' | 'can'>, host: Host, setting: Setting) {
    this.host = host;
    this.#driver = driver;
    this.#setting = setting;
    const { backend, contact } = host;
    this.#control = contact?.control ?? controlOf(backend.host, backend.controlPort);
    this.#shows = contact?.shows ?? { host: backend.host, port: backend.controlPort };
  }

  get #id(): string {
    return this.host.backend.id;
  }

  get #suffers(): Suffering {
    return together(this.#standing.values());
  }

  /** Resolves once it serves for the first time. */
  async join(): Promise<void> {
    await this.#serves(serveMs, false);
    this.#fresh = await this.#control.reset(this.#setting.seed);
    this.#life = this.#fresh.startedAt;
  }

  /** Runs `work` after whatever the backend is busy with. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(work);
    this.#busy = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  async inflict(
    kind: HostFaultKind,
    options: Record<string, unknown>,
    fault: number,
  ): Promise<{ at: number; detail?: string }> {
    if (!this.#driver.can.has(kind)) throw new Error(`the ${this.#driver.name} driver cannot do ${kind}`);
    const before = this.#suffers;
    const why = whyNot(kind, before);
    if (why !== undefined) throw new Error(`cannot ${kind} ${this.#id}: ${why}`);
    this.#standing.set(fault, { kind, options }); // before it is so: a reset must heal what went wrong half-way, too
    const harsher = this.#suffers.get(kind)!;
    if (before.get(kind) === harsher || (ending.has(kind) && isDead(before))) {
      const at = now();
      await this.#holds(this.#suffers);
      return { at };
    }
    const watch = ending.has(kind) && isReachable(before) ? await this.#control.watch() : undefined;
    try {
      await this.host.begin(kind, harsher);
      const begun = now();
      const at = watch ? await this.#death(watch, kind) : begun;
      const detail = kind === 'out-of-memory' ? await this.host.diedOfMemory?.() : undefined;
      if (ending.has(kind)) this.#ended();
      await this.#holds(this.#suffers);
      return detail === undefined ? { at } : { at, detail };
    } finally {
      watch?.close();
    }
  }

  /** Ends one host-level fault; resolves once what is left holds, or the backend serves again. One that does not stand is healed. */
  async heal(fault: number): Promise<{ at: number }> {
    const healed = this.#standing.get(fault);
    if (healed === undefined) return { at: now() };
    const left = together([...this.#standing].filter(([it]) => it !== fault).map(([, it]) => it));
    this.#anew ||= isDead(this.#suffers) && !isDead(left);
    await this.host.restore(left);
    await this.#settled(left);
    this.#standing.delete(fault);
    return { at: now() };
  }

  async setFault(fault: number, kind: string, options: Record<string, unknown>): Promise<{ at: number }> {
    const how = { kind, options };
    this.#faults.set(fault, how);
    if (isReachable(this.#suffers)) return this.#tell(fault, how)();
    this.#deferred.push(this.#tell(fault, how));
    return { at: now() };
  }

  /** One that is not on any more, though nobody has ended it, is an error: it has not held all the time. */
  async clearFault(fault: number): Promise<{ at: number }> {
    const how = this.#faults.get(fault);
    if (how === undefined) return { at: now() };
    if (!isReachable(this.#suffers)) {
      this.#faults.delete(fault);
      this.#deferred.push(() => this.#control.clearFault(fault));
      return { at: now() };
    }
    const { at, was } = await this.#control.clearFault(fault);
    this.#faults.delete(fault);
    if (!was) throw new Error(`${how.kind} was off at ${this.#id} before it was healed: it has not held`);
    return { at };
  }

  /** Heals everything, starts the process where it is gone, and proves that nothing of the load before is left. */
  async reset(): Promise<void> {
    if (this.#standing.size > 0 || !(await this.#answers())) {
      await this.host.restore(new Map());
      this.#standing.clear();
      await this.#serves(serveMs, true);
    }
    await this.host.contact?.renew();
    this.#faults.clear();
    this.#deferred = [];
    this.#anew = false;
    this.#life = await this.#pristine();
  }

  /** What it has executed since its reset, as its process remembers. */
  executed(): Promise<Executed> {
    return this.#control.executed();
  }

  /** After the last heal: the same backend serves, without a fault, and a reset makes it what it was when it was new. */
  async verify(): Promise<void> {
    await this.#settled(this.#suffers, holdMs.whole);
    await this.#pristine();
  }

  #tell(fault: number, how: ServiceLevelFault): () => Promise<{ at: number }> {
    return () => this.#control.setFault({ fault, ...how, seed: this.#setting.seed });
  }

  /** Frozen no more, and told of the service-level faults again once there is another process. */
  #ended(): void {
    for (const [fault, { kind }] of this.#standing) if (kind === 'freeze') this.#standing.delete(fault);
    this.#deferred = [...this.#faults].map(([fault, how]) => this.#tell(fault, how));
  }

  /** When the process died. One that does not leave in time is killed, as an orchestrator does. */
  async #death(watch: Watch, kind: HostFaultKind): Promise<number> {
    const died = await Promise.race([watch.died, sleep(graceMs, undefined, { ref: false })]);
    if (died !== undefined) return died;
    if (kind !== 'stop') throw new Error(`${kind} of ${this.#id} did not take: its process lives`);
    await this.host.begin('crash', {});
    return watch.died;
  }

  /** Resolves once what is left holds; where that is nothing to be seen from outside, once it serves as it should. */
  async #settled(left: Suffering, patienceMs = serveMs): Promise<void> {
    if (!isReachable(left)) return this.#holds(left);
    // With service-level faults on, the load port may well answer nothing, as it should.
    await this.#serves(patienceMs, this.#faults.size > 0 || left.has('partition'));
    await this.#isCut(left);
    if (this.#anew) {
      const { startedAt } = await this.#control.join(this.#setting.seed, this.#setting.from);
      this.#life = startedAt;
      this.#anew = false;
    }
    for (const tellIt of this.#deferred.splice(0)) await tellIt();
    const { startedAt, faults = [] } = await this.#control.state();
    if (startedAt !== this.#life) throw new Error(`${this.#id} ${otherProcess}`);
    const expected = [...this.#faults].map(([fault, { kind }]) => ({ fault, kind }));
    const byNumber = expected.sort((a, b) => a.fault - b.fault);
    if (!isDeepStrictEqual(faults, byNumber))
      throw new Error(
        `expected the faults ${JSON.stringify(byNumber)} at ${this.#id}, found ${JSON.stringify(faults)}`,
      );
  }

  /** Resolves once the faults show at the control port's socket; what does not is an error, never a guess. */
  async #holds(suffers: Suffering): Promise<void> {
    const expected = signs.find(([kind]) => suffers.has(kind))?.[1] ?? ['answered'];
    const { host, port } = this.#shows;
    const until = now() + holdMs.whole;
    for (;;) {
      const met = await probe(host, port, holdMs.look);
      if (expected.includes(met)) return this.#isCut(suffers);
      if (now() > until)
        throw new Error(
          `with ${[...suffers.keys()].join(' and ') || 'nothing'} standing, expected the ${this.host.contact ? 'load' : 'control'} port of ${this.#id} to be ${expected.join(' or ')}, found it ${met}`,
        );
      await sleep(10);
    }
  }

  /** A partition shows at the load port, and nowhere else. */
  async #isCut(suffers: Suffering): Promise<void> {
    if (!suffers.has('partition')) return;
    const { host, port } = this.host.backend;
    const met = await probe(host, port, 2 * holdMs.look);
    if (met !== 'silent' && met !== 'unreachable')
      throw new Error(
        `partition of ${this.#id} did not take: expected its load port to be silent, found it ${met}`,
      );
  }

  #serves(patienceMs: number, controlOnly: boolean): Promise<void> {
    return this.host.contact?.serves() ?? servesAs(this.host.backend, patienceMs, { controlOnly });
  }

  async #answers(): Promise<boolean> {
    return (await probe(this.#shows.host, this.#shows.port, holdMs.whole)) === 'answered';
  }

  /**
   * Resets it and resolves to when its process began. A process that stood still finds what was sent to it meanwhile only as it goes on,
   * perhaps after the reset: such a remnant is gone with the next one, and what stays is an error.
   */
  async #pristine(): Promise<unknown> {
    for (let left = remnants; ; left--) {
      await this.#control.reset(this.#setting.seed, this.#setting.from);
      const state = await this.#control.state();
      if (sameState(state, this.#fresh!)) return state.startedAt;
      if (left === 0)
        throw new Error(
          `${this.#id} is not as it was after its reset: expected ${JSON.stringify(this.#fresh)}, got ${JSON.stringify(state)}`,
        );
      await sleep(remnantMs);
    }
  }
}

const otherProcess =
  'is another process than it was: its own has gone, and no fault of the scenario ended it';

/** Whether the control port answers, as far as what was done to the backend goes. */
function isReachable(suffers: Suffering): boolean {
  return signs.every(([kind]) => !suffers.has(kind));
}
