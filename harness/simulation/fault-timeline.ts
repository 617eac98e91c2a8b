/**
 * A scenario's faults in virtual time: each takes hold the moment it is asked for, and is healed at its `until`, or at the end
 * of the trial. The events are those of `fault-schedule.ts`, whose faults take real time to do.
 */
import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import { type Occurrence, stepsOf } from '../../scenarios/occurrences.ts';
import { faults as definitions, type ScheduledFault } from '../../scenarios/scenario.ts';
import type { TrialEvent } from '../recorder.ts';
import type { Host } from './host.ts';
import type { Timeline } from './timeline.ts';

type FaultPhase = Extract<TrialEvent, { type: 'fault' }>['phase'];

export interface FaultTimelineOptions {
  faults: readonly ScheduledFault[];
  /** Of these faults. */
  occurrences: readonly Occurrence[];
  hosts: readonly Host[];
  timeline: Timeline;
  /** Virtual ms of t = 0. */
  zero: number;
  onEvent(event: TrialEvent): void;
  /** Told of every moment of `watch` on the way to the first fault; the last is when that is due, and may throw. */
  readonly watch?: { readonly moments: readonly number[]; at(t: number): void } | undefined;
}

export class FaultTimeline {
  readonly #options: FaultTimelineOptions;
  readonly #hosts: ReadonlyMap<string, Host>;
  /** In the order they began. */
  readonly #standing: Occurrence[] = [];

  constructor(options: FaultTimelineOptions) {
    this.#options = options;
    this.#hosts = new Map(options.hosts.map((host) => [host.spec.id, host]));
  }

  /** Kinds of the faults in force. */
  get standing(): readonly string[] {
    return this.#standing.map(({ fault }) => this.#options.faults[fault]!.kind);
  }

  start(): void {
    const { occurrences, timeline, zero, watch } = this.#options;
    for (const t of watch?.moments ?? []) timeline.at(zero + t, () => watch!.at(t));
    for (const { at, what, of } of stepsOf(occurrences))
      timeline.at(zero + at, () => (what === 'begin' ? this.#begin(of) : this.#heal(of)));
  }

  /** Heals what still stands, the latest first. */
  healAll(): void {
    for (const of of [...this.#standing].reverse()) this.#heal(of);
  }

  #begin(of: Occurrence): void {
    const { kind, options } = this.#options.faults[of.fault]!;
    this.#standing.push(of);
    this.#step(of, 'asked', 'taken', (host) => {
      if (definitions.get(kind)!.level === 'host')
        host.trouble.inflict(kind as HostFaultKind, options, of.fault);
      else host.trouble.setFault(of.fault, kind, options);
    });
  }

  #heal(of: Occurrence): void {
    const { kind } = this.#options.faults[of.fault]!;
    this.#step(of, 'heal-asked', 'healed', (host) => {
      if (definitions.get(kind)!.level === 'host') host.trouble.heal(of.fault);
      else host.trouble.clearFault(of.fault);
    });
    this.#standing.splice(this.#standing.indexOf(of), 1);
  }

  #step(
    { fault, backends }: Occurrence,
    before: FaultPhase,
    after: FaultPhase,
    act: (host: Host) => void,
  ): void {
    const { kind } = this.#options.faults[fault]!;
    const t = this.#options.timeline.now - this.#options.zero;
    const event = { t, type: 'fault' as const, fault, kind, backends };
    this.#options.onEvent({ ...event, phase: before });
    try {
      for (const id of backends) act(this.#hosts.get(id)!);
    } catch (error) {
      const detail = `${before}: ${(error as Error).message}`;
      this.#options.onEvent({ ...event, phase: 'failed', detail });
      throw new Error(`${kind} on ${backends.join(', ')} (${before}): ${(error as Error).message}`, {
        cause: error,
      });
    }
    this.#options.onEvent({ ...event, phase: after });
  }
}
