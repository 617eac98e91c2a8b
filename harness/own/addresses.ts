/** Services of the user's own that run already, wherever that is. Nothing of them is ours to stop, start or reset. */
import { addressOf } from '../../scenarios/own-services.ts';
import type { BackendSpec } from '../../scenarios/scenario.ts';
import type { Fleet } from '../drivers/driver.ts';
import { fleetOf } from '../drivers/fleet.ts';
import type { Relay } from '../relay/relay.ts';
import { hostOf, type OwnBackend } from './contact.ts';
import { serving } from './serving.ts';

/** Resolves once each of them serves. */
export async function reachAddresses(
  specs: readonly BackendSpec[],
  signal: AbortSignal,
  relay: Relay | undefined,
): Promise<Fleet> {
  const hosts = specs.map(async ({ id, index, own }) => {
    const at = addressOf(own!.urls![0]!)!;
    const service: OwnBackend = {
      id,
      at,
      begin: (kind) => Promise.reject(new Error(`cannot ${kind} ${id}: its process is not ours`)),
      restore: () => Promise.resolve(),
      serves: () => serving({ id, ...at }, own!.ready, () => signal.throwIfAborted()),
    };
    return hostOf(service, await relay?.before({ id, index, ...at }));
  });
  return fleetOf({ name: 'process', can: new Set() }, await Promise.all(hosts), () => Promise.resolve());
}
