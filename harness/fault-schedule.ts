/**
 * Carries the scenario's faults out while a trial runs: each occurrence is asked at its time, recorded as taken when it holds,
 * and healed at its `until` or, in reverse order, at the end, however the trial ends.
 */
import type { HostFaultKind } from '../scenarios/faults/fault.ts';
import { type Occurrence, type Step, stepsOf } from '../scenarios/occurrences.ts';
import { faults as definitions, type ScheduledFault } from '../scenarios/scenario.ts';
import type { Fleet } from './drivers/driver.ts';
import type { Event } from './recording.ts';

type FaultEvent = Omit<Extract<Event, { type: 'fault' }>, 'trial'>;

export interface ScheduleOptions {
  faults: readonly ScheduledFault[];
  /** Of these faults. */
  occurrences: readonly Occurrence[];
  fleet: Pick<Fleet, 'inflict' | 'heal' | 'setFault' | 'clearFault'>;
  /** Monotonic ms of t = 0. */
  t0: number;
  now(): number;
  /** Resolves at a monotonic time; rejects when aborted. */
  sleepUntil(at: number): Promise<void>;
  onEvent(event: FaultEvent): void;
  /** Asked when the first fault is due. Where it rejects, none is started, and `run` rejects with the same. */
  mayBegin?(): Promise<void>;
}

/** A fault that did not take or did not heal, or left something behind. What was measured beside it says nothing. */
export class FaultTrouble extends Error {
  override readonly name = 'FaultTrouble';
}

export class FaultSchedule {
  readonly #options: ScheduleOptions;
  /** What was asked for and not yet healed, in the order it began. */
  readonly #standing: Occurrence[] = [];
  /** What each fault does to each backend, one after the other. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #troubles = new Set<string>();
  #over = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /** Faults in force now, for the live line. */
  get standing(): readonly string[] {
    return this.#standing.map(({ fault }) => this.#options.faults[fault]!.kind);
  }

  /** Which fault did not take or heal on which backend, when that was asked for, what was found and what to do: a sentence or two each. */
  get troubles(): readonly string[] {
    return [...this.#troubles];
  }

  /**
   * Takes every step at its time. A slow heal delays nothing but the same fault's next time on the same backends. Rejects
   * when one does not take or heal, or when `sleepUntil` is aborted; then call `healAll`.
   */
  async run(): Promise<void> {
    const { occurrences, sleepUntil, t0, mayBegin } = this.#options;
    const failure = Promise.withResolvers<never>();
    failure.promise.catch(() => undefined); // it may come when nobody waits for it any more
    for (const [i, step] of stepsOf(occurrences).entries()) {
      await Promise.race([sleepUntil(t0 + step.at), failure.promise]);
      if (i === 0) await mayBegin?.();
      this.#inTurn(step).catch(failure.reject);
    }
    await Promise.race([Promise.all(this.#turns.values()), failure.promise]);
  }

  /**
   * Heals what still stands, the latest first. Tries everything; `troubles` has what could not be healed, and it rejects at the end with
   * what else went wrong, such as a disk without room for an event.
   */
  async healAll(): Promise<void> {
    this.#over = true;
    await Promise.allSettled(this.#turns.values());
    const failures: unknown[] = [];
    for (const of of [...this.#standing].reverse())
      await this.#heal(of).catch((error: unknown) => failures.push(error));
    const other = failures.find((error) => !(error instanceof FaultTrouble));
    if (other !== undefined) throw other;
  }

  /** Nothing of a fault begins before what came before it on the same backends is through. */
  #inTurn({ what, of }: Step): Promise<void> {
    const keys = (of.backends.length > 0 ? of.backends : ['the load']).map((id) => `${of.fault} ${id}`);
    const turn = Promise.all(keys.map((key) => this.#turns.get(key))).then(() => {
      if (this.#over) return undefined;
      return what === 'begin' ? this.#begin(of) : this.#heal(of);
    });
    for (const key of keys) this.#turns.set(key, turn);
    return turn;
  }

  async #begin(of: Occurrence): Promise<void> {
    this.#standing.push(of);
    const { kind, options } = this.#options.faults[of.fault]!;
    await this.#step(of, 'asked', 'taken', (id) =>
      definitions.get(kind)!.level === 'host'
        ? this.#options.fleet.inflict(kind as HostFaultKind, id, options, of.fault)
        : this.#options.fleet.setFault(id, of.fault, kind, options),
    );
  }

  async #heal(of: Occurrence): Promise<void> {
    const { kind } = this.#options.faults[of.fault]!;
    await this.#step(of, 'heal-asked', 'healed', (id) =>
      definitions.get(kind)!.level === 'host'
        ? this.#options.fleet.heal(id, of.fault)
        : this.#options.fleet.clearFault(id, of.fault),
    );
    this.#standing.splice(this.#standing.indexOf(of), 1);
  }

  /** Does one thing to every target at once; the fault counts as taken (or healed) when the last of them is. */
  async #step(
    { fault, backends, at, until }: Occurrence,
    before: 'asked' | 'heal-asked',
    after: FaultEvent['phase'],
    act: (id: string) => Promise<{ at: number; detail?: string }>,
  ): Promise<void> {
    const { kind } = this.#options.faults[fault]!;
    const { now, t0, onEvent } = this.#options;
    const event = { type: 'fault' as const, fault, kind, backends };
    // What hits the load and no backend is done by the generator, which keeps its own time however late this process is.
    const due = backends.length > 0 ? undefined : before === 'asked' ? at : until;
    const began = Math.min(now(), t0 + (due ?? Number.POSITIVE_INFINITY));
    // What cannot be written down is done all the same: a heal that is left out would outlive the run.
    const unwritten = thrownBy(() => onEvent({ ...event, t: began - t0, phase: before }));
    if (unwritten !== undefined && before === 'asked') throw unwritten;
    const ends = await Promise.allSettled(backends.map(act));
    if (unwritten !== undefined) throw unwritten;
    const said: string[] = [];
    const details: string[] = [];
    let last = began;
    for (const [i, end] of ends.entries())
      if (end.status === 'fulfilled') {
        last = Math.max(last, end.value.at);
        if (end.value.detail !== undefined) details.push(`${backends[i]}: ${end.value.detail}`);
      } else {
        const found = (end.reason as Error).message;
        onEvent({ ...event, t: now() - t0, phase: 'failed', detail: `${before}, ${backends[i]}: ${found}` });
        const what = `${kind} of ${backends[i]} (faults.${fault}), asked`;
        const when = `${Math.round(began - t0)} ms`;
        said.push(
          before === 'asked'
            ? `${what} for at ${when}, did not take: ${found}. ${whenNotTaken}`
            : `${what} to end at ${when}, did not heal: ${found}. ${whenNotHealed}`,
        );
      }
    if (said.length === 0) {
      const more = details.length === 0 ? {} : { detail: details.join('; ') };
      return onEvent({ ...event, t: last - t0, phase: after, ...more });
    }
    for (const one of said) this.#troubles.add(one);
    throw new FaultTrouble(said.join(' '));
  }
}

function thrownBy(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

const whenNotTaken =
  'See that nothing else stops, starts or blocks this backend, its process and its control port, and run again.';
const whenNotHealed = `${whenNotTaken} What is left of this run goes when it ends, or with \`steelyard clean\`.`;
