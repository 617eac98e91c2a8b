/**
 * A scenario's faults in virtual time: each takes hold the moment it is asked for, and is healed at its `until`, or at the end
 * of the trial. The events are those of `fault-schedule.ts`, whose faults take real time to do.
 */
import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import { type BackendSpec, faults as definitions, type ScheduledFault } from '../../scenarios/scenario.ts';
import { targetsOf } from '../../scenarios/targets.ts';
import type { TrialEvent } from '../recorder.ts';
import type { Host } from './host.ts';
import type { Timeline } from './timeline.ts';

type FaultPhase = Extract<TrialEvent, { type: 'fault' }>['phase'];

export class FaultTimeline {
  readonly #faults: readonly ScheduledFault[];
  readonly #targets: readonly (readonly string[])[];
  readonly #hosts: ReadonlyMap<string, Host>;
  readonly #timeline: Timeline;
  readonly #zero: number;
  readonly #onEvent: (event: TrialEvent) => void;
  /** Faults in force, in the order they began. */
  readonly #standing: number[] = [];

  constructor(
    faults: readonly ScheduledFault[],
    specs: readonly BackendSpec[],
    hosts: readonly Host[],
    seed: number,
    timeline: Timeline,
    zero: number,
    onEvent: (event: TrialEvent) => void,
  ) {
    this.#faults = faults;
    this.#targets = faults.map(({ on }, fault) => targetsOf(on, specs, seed, fault));
    this.#hosts = new Map(hosts.map((host) => [host.spec.id, host]));
    this.#timeline = timeline;
    this.#zero = zero;
    this.#onEvent = onEvent;
  }

  /** Kinds of the faults in force. */
  get standing(): readonly string[] {
    return this.#standing.map((fault) => this.#faults[fault]!.kind);
  }

  start(): void {
    this.#faults.forEach(({ at, until }, fault) => {
      this.#timeline.at(this.#zero + at, () => this.#begin(fault));
      if (until !== undefined) this.#timeline.at(this.#zero + until, () => this.#heal(fault));
    });
  }

  /** Heals what still stands, the latest first. */
  healAll(): void {
    for (const fault of [...this.#standing].reverse()) this.#heal(fault);
  }

  #begin(fault: number): void {
    const { kind, options } = this.#faults[fault]!;
    this.#standing.push(fault);
    this.#step(fault, 'asked', 'taken', (host) => {
      if (definitions.get(kind)!.level === 'host') host.trouble.inflict(kind as HostFaultKind, options);
      else host.trouble.setFault(fault, kind, options);
    });
  }

  #heal(fault: number): void {
    const { kind } = this.#faults[fault]!;
    this.#step(fault, 'heal-asked', 'healed', (host) => {
      if (definitions.get(kind)!.level === 'host') host.trouble.revive();
      else host.trouble.clearFault(fault);
    });
    this.#standing.splice(this.#standing.indexOf(fault), 1);
  }

  #step(fault: number, before: FaultPhase, after: FaultPhase, act: (host: Host) => void): void {
    const { kind } = this.#faults[fault]!;
    const backends = this.#targets[fault]!;
    const t = this.#timeline.now - this.#zero;
    const event = { t, type: 'fault' as const, fault, kind, backends };
    this.#onEvent({ ...event, phase: before });
    try {
      for (const id of backends) act(this.#hosts.get(id)!);
    } catch (error) {
      const detail = `${before}: ${(error as Error).message}`;
      this.#onEvent({ ...event, phase: 'failed', detail });
      throw new Error(`${kind} on ${backends.join(', ')} (${before}): ${(error as Error).message}`, {
        cause: error,
      });
    }
    this.#onEvent({ ...event, phase: after });
  }
}
