/**
 * The service-time laws and faults there are, found by listing their folders. Needs no library, so that the backend
 * in its container, which has none, finds them the same way as the harness.
 */
import type { FaultDefinition, LoadFault, ServiceFault } from './faults/fault.ts';
import { loadFolder } from './registry.ts';
import type { ServiceTime, ServiceTimeDefinition } from './service-times/service-time.ts';

export const serviceTimes = await loadFolder<ServiceTimeDefinition>(
  new URL('./service-times/', import.meta.url),
);
export const faults = await loadFolder<FaultDefinition>(new URL('./faults/', import.meta.url));

/** The law a fleet entry names. Throws a RangeError where its options make none. */
export function serviceTimeOf({
  kind,
  options,
}: {
  readonly kind: string;
  readonly options: Record<string, unknown>;
}): ServiceTime {
  const definition = serviceTimes.get(kind);
  if (!definition)
    throw new RangeError(
      `no service time is called ${kind}; there are ${[...serviceTimes.keys()].join(', ')}`,
    );
  return definition.create(options as never);
}

/** The service-level fault of that name. Throws a RangeError where there is none or it is the host's. */
export function serviceFaultOf(kind: string): ServiceFault {
  const definition = faults.get(kind);
  if (definition?.level === 'service') return definition;
  const names = [...faults].filter(([, it]) => it.level === 'service').map(([name]) => name);
  throw new RangeError(`no service-level fault is called ${kind}; there are ${names.join(', ')}`);
}

/** The fault of the load of that name. Throws a RangeError where there is none or it hits backends. */
export function loadFaultOf(kind: string): LoadFault {
  const definition = faults.get(kind);
  if (definition?.level === 'load') return definition;
  const names = [...faults].filter(([, it]) => it.level === 'load').map(([name]) => name);
  throw new RangeError(`no fault of the load is called ${kind}; there are ${names.join(', ')}`);
}
