/**
 * Host-level faults that stand on one backend at once: which may begin while others do, and what they come to together. Real
 * drivers, the simulator and the check before a run go by the same rules. Each fault ends with its own heal and leaves the others
 * standing; a freeze alone is of a process, and ends with it.
 */
import type { HostFaultKind } from './faults/fault.ts';

export interface HostLevelFault {
  readonly kind: HostFaultKind;
  readonly options: Record<string, unknown>;
}

/** What a host suffers: each kind once, with the options that hold. */
export type Suffering = ReadonlyMap<HostFaultKind, Record<string, unknown>>;

/** Faults that leave no process. */
export const ending: ReadonlySet<HostFaultKind> = new Set(['crash', 'stop', 'out-of-memory']);

export const isDead = (suffers: Pick<Suffering, 'has'>): boolean =>
  [...ending].some((kind) => suffers.has(kind));

/** Why a fault cannot begin while a host suffers that, as the end of a sentence; undefined where it can. */
export function whyNot(kind: HostFaultKind, suffers: Pick<Suffering, 'has'>): string | undefined {
  if (kind === 'freeze' && isDead(suffers)) return 'its process is gone already';
  if (kind === 'out-of-memory' && !isDead(suffers)) {
    if (suffers.has('freeze')) return 'frozen, it takes no memory';
    if (suffers.has('vanish')) return 'off the network, it cannot be told to take memory';
  }
  if (kind === 'partition') {
    if (isDead(suffers)) return 'its process is gone already';
    if (suffers.has('freeze')) return 'frozen, it cannot be told to fall silent';
    if (suffers.has('vanish')) return 'it is off the network already';
  }
  // The process makes the silence itself, and would take it along.
  if (ending.has(kind) && suffers.has('partition'))
    return 'cut off, it would be within reach again as it ends';
  if (kind === 'stop' && suffers.has('freeze') && !isDead(suffers)) return 'frozen, it does not hear SIGTERM';
  return undefined;
}

/** What several faults come to. Of one kind twice the harsher holds: the smallest quota. */
export function together(faults: Iterable<HostLevelFault>): Suffering {
  const suffers = new Map<HostFaultKind, Record<string, unknown>>();
  for (const { kind, options } of faults) {
    const before = suffers.get(kind);
    if (kind === 'partition' && before !== undefined && before.direction !== options.direction) {
      suffers.set(kind, { direction: 'both' });
      continue;
    }
    if (before === undefined || Number(options.quota) < Number(before.quota)) suffers.set(kind, options);
  }
  return suffers;
}
