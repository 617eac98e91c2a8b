/**
 * Carries the scenario's faults out while a trial runs: each is asked at its time, recorded as taken when it holds,
 * and healed at its `until` or, in reverse order, at the end, however the trial ends.
 */
import type { HostFaultKind } from '../scenarios/faults/fault.ts';
import { faults as definitions, type ScheduledFault } from '../scenarios/scenario.ts';
import { targetsOf } from '../scenarios/targets.ts';
import type { Fleet } from './drivers/driver.ts';
import type { Event } from './recording.ts';

type FaultEvent = Omit<Extract<Event, { type: 'fault' }>, 'trial'>;

export interface ScheduleOptions {
  faults: readonly ScheduledFault[];
  fleet: Pick<Fleet, 'inflict' | 'revive' | 'setFault' | 'clearFault'>;
  /** In index order. */
  backends: readonly { id: string; zone?: string | undefined }[];
  seed: number;
  /** Monotonic ms of t = 0. */
  t0: number;
  now(): number;
  /** Resolves at a monotonic time; rejects when aborted. */
  sleepUntil(at: number): Promise<void>;
  onEvent(event: FaultEvent): void;
}

export class FaultSchedule {
  readonly #options: ScheduleOptions;
  /** Faults that were asked for and not yet healed, in the order they began. */
  readonly #standing: number[] = [];
  readonly #targets: string[][];

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#targets = options.faults.map((fault, i) => targetsOf(fault.on, options.backends, options.seed, i));
  }

  /** Faults in force now, for the live line. */
  get standing(): readonly string[] {
    return this.#standing.map((fault) => this.#options.faults[fault]!.kind);
  }

  /**
   * Runs every fault at its time, each on its own, so that a slow heal delays no other. Rejects when one does not take
   * or heal, or when `sleepUntil` is aborted; then call `healAll`.
   */
  async run(): Promise<void> {
    const { faults, sleepUntil, t0 } = this.#options;
    await Promise.all(
      faults.map(async ({ at, until }, fault) => {
        await sleepUntil(t0 + at);
        await this.#begin(fault);
        if (until === undefined) return;
        await sleepUntil(t0 + until);
        await this.#heal(fault);
      }),
    );
  }

  /** Heals what still stands, the latest first. Tries everything, then rejects with what could not be healed. */
  async healAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const fault of [...this.#standing].reverse())
      await this.#heal(fault).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('; '));
  }

  async #begin(fault: number): Promise<void> {
    this.#standing.push(fault);
    const { kind, options } = this.#options.faults[fault]!;
    await this.#step(fault, 'asked', 'taken', (id) =>
      definitions.get(kind)!.level === 'host'
        ? this.#options.fleet.inflict(kind as HostFaultKind, id, options)
        : this.#options.fleet.setFault(id, fault, kind, options),
    );
  }

  async #heal(fault: number): Promise<void> {
    const { kind } = this.#options.faults[fault]!;
    await this.#step(fault, 'heal-asked', 'healed', (id) =>
      definitions.get(kind)!.level === 'host'
        ? this.#options.fleet.revive(id)
        : this.#options.fleet.clearFault(id, fault),
    );
    this.#standing.splice(this.#standing.indexOf(fault), 1);
  }

  /** Does one thing to every target at once; the fault counts as taken (or healed) when the last of them is. */
  async #step(
    fault: number,
    before: FaultEvent['phase'],
    after: FaultEvent['phase'],
    act: (id: string) => Promise<{ at: number }>,
  ): Promise<void> {
    const { kind } = this.#options.faults[fault]!;
    const backends = this.#targets[fault]!;
    const say = (phase: FaultEvent['phase'], at: number, detail?: string) =>
      this.#options.onEvent({
        t: at - this.#options.t0,
        type: 'fault',
        fault,
        kind,
        backends,
        phase,
        ...(detail === undefined ? {} : { detail }),
      });
    say(before, this.#options.now());
    try {
      const times = await Promise.all(backends.map(act));
      say(after, Math.max(...times.map(({ at }) => at)));
    } catch (error) {
      say('failed', this.#options.now(), `${before}: ${(error as Error).message}`);
      throw new Error(`${kind} on ${backends.join(', ')} (${before}): ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}
