/** One backend as a driver runs it: what differs between Docker and plain processes. The rest is `member.ts`. */
import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import type { Suffering } from '../../scenarios/host-faults.ts';
import type { Control } from './control.ts';
import type { FleetBackend } from './driver.ts';

export interface Host {
  readonly backend: FleetBackend;
  /** Begins a fault of the driver's `can`, or gives one that holds other options; resolves once it is asked for. */
  begin(kind: HostFaultKind, options: Record<string, unknown>): Promise<void>;
  /** After `out-of-memory`: how the process ended, for the record. Rejects where it was not for want of memory. */
  diedOfMemory?(): Promise<string>;
  /** Undoes whatever ails the host but what it still `suffers`, and starts its process where there is none and should be. */
  restore(suffers: Suffering): Promise<void>;
  /** How it is spoken to where it is no server of ours; absent, by its control port. */
  readonly contact?: Contact;
}

export interface Contact {
  readonly control: Control;
  /** Where a host-level fault shows. */
  readonly shows: { readonly host: string; readonly port: number };
  /** Resolves once it serves; rejects when it does not in time. */
  serves(): Promise<void>;
  /** Before a trial: makes of it what can be made of one that the trial before has used. */
  renew(): Promise<void>;
}
