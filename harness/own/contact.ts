/**
 * How the fleet speaks to a service of the user's own, which has no control port: what it does in its place is done to the process
 * from outside, or by the relay before it. The service's own state is not known and cannot be reset but by a new start.
 */

import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import { ending, type Suffering } from '../../scenarios/host-faults.ts';
import type { BackendState, Control, Watch } from '../drivers/control.ts';
import type { Contact, Host } from '../drivers/host.ts';
import type { RelayControl } from '../relay/relay.ts';

/** A backend as its kind runs it. */
export interface OwnBackend {
  readonly id: string;
  /** Where the service itself listens, whatever stands before it. */
  readonly at: { readonly host: string; readonly port: number };
  /** Begins a host-level fault. */
  begin(kind: HostFaultKind, options: Record<string, unknown>): Promise<void>;
  /** Undoes whatever ails it but what it still `suffers`, and starts it where it does not run and should. */
  restore(suffers: Suffering): Promise<void>;
  /** Resolves once it serves. */
  serves(): Promise<void>;
  /** When its process began; absent where nobody can tell. */
  readonly startedAt?: (() => number | Promise<string>) | undefined;
  /** Whether a trial begins with a start anew, and that start. */
  readonly restart?: (() => Promise<void>) | undefined;
  /** Resolves with the moment (clock.ts, ms) at which its process has died; absent where nobody can tell. */
  readonly died?: (() => Promise<number>) | undefined;
}

/** The backend as the fleet knows it: load goes to the relay where there is one, and a host that refuses is one whose relay does, too. */
export function hostOf(own: OwnBackend, relay: RelayControl | undefined): Host {
  const { id, at } = own;
  const front = relay?.at ?? at;
  return {
    backend: { id, ...front, controlPort: at.port },
    contact: contactOf(own, relay),
    restore: (suffers) => own.restore(suffers),
    async begin(kind, options) {
      await own.begin(kind, options);
      if (ending.has(kind)) await relay?.down();
    },
  };
}

/** `relay`: where service-level faults are made; absent where the scenario has none. */
function contactOf(own: OwnBackend, relay: RelayControl | undefined): Contact {
  const { id, at } = own;
  const faults = new Map<number, string>();
  let used = false;
  const state = async (): Promise<BackendState> => ({
    id,
    startedAt: (await own.startedAt?.()) ?? 0,
    faults: [...faults].map(([fault, kind]) => ({ fault, kind })).sort((a, b) => a.fault - b.fault),
  });
  const relayed = (): RelayControl => {
    if (relay === undefined)
      throw new Error(`no relay stands before ${id}, and without one it has no service-level faults`);
    return relay;
  };
  const control: Control = {
    state,
    async executed() {
      throw new Error(`nobody can tell what ${id} executes: it is a service of the user's own`);
    },
    async reset() {
      faults.clear();
      await relay?.reset();
      return state();
    },
    // Its faults bring seeds of their own, and nothing else of it is ours to draw.
    join: state,
    async setFault(fault) {
      const taken = await relayed().setFault(fault);
      faults.set(fault.fault, fault.kind);
      return taken;
    },
    async clearFault(fault) {
      const healed = await relayed().clearFault(fault);
      return { ...healed, was: faults.delete(fault) };
    },
    async watch(): Promise<Watch> {
      if (own.died === undefined) throw new Error(`nobody can tell when ${id} dies: its process is not ours`);
      return { died: own.died(), close: () => undefined };
    },
  };
  const serves = async () => {
    await own.serves();
    await relay?.up();
  };
  return {
    control,
    shows: at,
    serves,
    async renew() {
      // The first trial finds it as it was started.
      if (used && own.restart !== undefined) {
        await own.restart();
        await serves();
      }
      used = true;
    },
  };
}
