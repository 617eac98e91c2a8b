/**
 * What a driver of real backends does: launch a fleet, do host-level faults to it, put it back as it was, take it away.
 * Docker and plain processes implement it; the conformance test in `driver.test.ts` runs over both.
 */

import type { NetworkSettings } from '../../scenarios/distances.ts';
import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import type { BackendSpec } from '../../scenarios/scenario.ts';

export interface Driver {
  readonly name: 'docker' | 'process';
  /** Host-level faults it can do. Asked for any other, the run is refused before it starts. */
  readonly can: ReadonlySet<HostFaultKind>;
  /** Starts one backend per spec, ready for load. Removes whatever it started when it fails or `signal` aborts. */
  launch(
    specs: readonly BackendSpec[],
    run: RunLabel,
    signal: AbortSignal,
    /** Where backends make the way to them; absent, none does. */
    network?: NetworkSettings,
  ): Promise<Fleet>;
}

/** Stands on everything a run creates, so that `steelyard clean` tells a dead run's leavings from a live run's. */
export interface RunLabel {
  runId: string;
  /** Process id of the harness. */
  pid: number;
  /** When that process started, in clock ticks since boot: a pid alone may be used again. */
  startTicks: string;
  bootId: string;
}

export interface Fleet {
  /** In index order. Addresses stay the same across crash, stop, vanish and heal. */
  readonly backends: readonly FleetBackend[];
  /** Resolves with why, in a sentence with the remedy, once what the backends stand on has gone; never where nothing can. */
  readonly lost?: Promise<string>;
  /**
   * Does a host-level fault and resolves once it holds. `at` is the monotonic time (harness/clock.ts, ms) it took
   * effect, as exactly as the driver can tell, and `detail` what the record should say of it. `fault` numbers it: several may stand on one backend, each until its own heal.
   */
  inflict(
    kind: HostFaultKind,
    id: string,
    options: Record<string, unknown>,
    fault: number,
  ): Promise<{ at: number; detail?: string }>;
  /** Undoes one host-level fault, leaves the others standing, and resolves once that shows: where none is left, it serves again. */
  heal(id: string, fault: number): Promise<{ at: number }>;
  /**
   * Between trials: heals everything, resets every backend through its control port, and proves it. `from` is the zone
   * of the next trial's balancer, where it has one.
   */
  reset(seed: number, from?: string): Promise<void>;
  /** Switches a service-level fault on; `fault` numbers it so that it can be switched off. */
  setFault(
    id: string,
    fault: number,
    kind: string,
    options: Record<string, unknown>,
  ): Promise<{ at: number }>;
  clearFault(id: string, fault: number): Promise<{ at: number }>;
  /**
   * After a trial's last heal: what is wrong with which backend, a sentence each. None is: each serves, is the process it was, has no
   * fault left, and is as new after a reset. To be asked when nothing sends to them any more.
   */
  verify(): Promise<string[]>;
  /** Which requests a backend executed since the reset, as its process remembers. Rejects where that does not answer. */
  executed(id: string): Promise<{ startedAt: number; requests: number[] }>;
  /** Removes everything it started. Never rejects for what is already gone; safe to call twice. */
  stop(): Promise<void>;
}

export interface FleetBackend {
  readonly id: string;
  readonly host: string;
  /** Where load goes. */
  readonly port: number;
  /** Where the harness speaks to it; load never touches it. */
  readonly controlPort: number;
}
