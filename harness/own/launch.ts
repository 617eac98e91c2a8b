/**
 * The fleet of a scenario, whoever its backends are: ours on the driver that was chosen, processes of the user's own commands,
 * containers of their images, addresses where something runs already. Each kind is a fleet of its own; together they are one.
 */
import { hasDistances } from '../../scenarios/distances.ts';
import type { OwnKind } from '../../scenarios/own-services.ts';
import {
  type BackendSpec,
  backendsOf,
  faults as catalogue,
  type Scenario,
} from '../../scenarios/scenario.ts';
import type { Driver, Fleet, RunLabel } from '../drivers/driver.ts';
import { Relay } from '../relay/relay.ts';
import { reachAddresses } from './addresses.ts';
import { launchCommands } from './commands.ts';

/** Launches every backend of the scenario. Removes whatever it has started when it fails or `signal` aborts. */
export async function launchFleet(
  driver: Driver,
  scenario: Scenario,
  run: RunLabel,
  signal: AbortSignal,
): Promise<Fleet> {
  const { network, faults } = scenario;
  const specs = backendsOf(scenario);
  const made = hasDistances(network) ? network : undefined;
  if (specs.every(({ own }) => own === undefined)) return driver.launch(specs, run, signal, made);

  // Off the path where nothing needs it.
  const relayed = faults.some(({ kind }) => catalogue.get(kind)?.level === 'service');
  const relay = relayed ? await Relay.launch(run, signal) : undefined;
  const launches: Record<OwnKind | 'ours', (specs: readonly BackendSpec[]) => Promise<Fleet>> = {
    ours: (some) => driver.launch(some, run, signal, made),
    command: (some) => launchCommands(some, run, signal, relay),
    urls: (some) => reachAddresses(some, signal, relay),
    image: async (some) => (await import('./images.ts')).launchImages(some, run, signal, relay),
  };
  const kinds = [...new Set(specs.map(({ own }) => own?.kind ?? 'ours'))];
  const parts = kinds.map((kind) =>
    launches[kind](specs.filter(({ own }) => (own?.kind ?? 'ours') === kind)),
  );
  // Every launch must have ended before anything is taken away.
  const ends = await Promise.allSettled(parts);
  const fleets = ends.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
  const stop = async () => {
    await Promise.all(fleets.map((it) => it.stop()));
    await relay?.stop();
  };
  const failed = ends.find((it) => it.status === 'rejected');
  if (failed === undefined && !signal.aborted) return together(fleets, specs, stop);
  await stop();
  signal.throwIfAborted();
  throw failed!.reason;
}

/** Several fleets as one; `stop` takes all of it away. */
function together(fleets: readonly Fleet[], specs: readonly BackendSpec[], stop: () => Promise<void>): Fleet {
  const owner = new Map(
    fleets.flatMap((fleet) => fleet.backends.map((it) => [it.id, { fleet, it }] as const)),
  );
  const of = (id: string): Fleet => {
    const found = owner.get(id);
    if (found === undefined) throw new Error(`expected one of ${[...owner.keys()].join(', ')}; got ${id}`);
    return found.fleet;
  };
  let stopped: Promise<void> | undefined;
  const losses = fleets.flatMap(({ lost }) => (lost === undefined ? [] : [lost]));
  return {
    ...(losses.length > 0 && { lost: Promise.race(losses) }),
    backends: specs.map(({ id }) => owner.get(id)!.it),
    inflict: async (kind, id, options, fault) => of(id).inflict(kind, id, options, fault),
    heal: async (id, fault) => of(id).heal(id, fault),
    async reset(seed, from) {
      await Promise.all(fleets.map((it) => it.reset(seed, from)));
    },
    setFault: async (id, fault, kind, options) => of(id).setFault(id, fault, kind, options),
    clearFault: async (id, fault) => of(id).clearFault(id, fault),
    executed: async (id) => of(id).executed(id),
    async verify() {
      return (await Promise.all(fleets.map((it) => it.verify()))).flat();
    },
    stop: () => (stopped ??= stop()),
  };
}
