/**
 * Backends in containers: a network of their own, fixed addresses, load straight to the containers' addresses
 * (published ports would go through docker-proxy, at less than half the rate). What a backend consists of and how
 * faults are done to it: `docker-host.ts`.
 */
import type { NetworkSettings } from '../../scenarios/distances.ts';
import type { BackendSpec } from '../../scenarios/scenario.ts';
import { type Ground, hold, inContainers, labelsFor, partsOf, runs } from './containers.ts';
import { addressOf, dockerHost } from './docker-host.ts';
import type { Driver, FleetBackend } from './driver.ts';
import type { Host } from './host.ts';
import { serverFile } from './image.ts';
import { servesAs } from './serves.ts';

/** Generous: a busy machine takes its time, and a server that has died is noticed at once. */
const readyMs = 45_000;

export const dockerDriver: Driver = {
  name: 'docker',
  can: new Set(['crash', 'vanish', 'freeze', 'throttle', 'stop', 'out-of-memory', 'partition']),

  launch: (specs, run, signal, distances) =>
    inContainers(dockerDriver, specs, run, signal, (spec, i, ground) =>
      startBackend(spec, addressOf(spec.id, ground.network, i), ground, distances),
    ),
};

async function startBackend(
  spec: BackendSpec,
  backend: FleetBackend,
  ground: Ground,
  distances: NetworkSettings | undefined,
): Promise<Host> {
  const { image, fleet, signal } = ground;
  const holder = await hold(ground, spec.id, backend.host);
  const { Contained, waiting } = await import('./docker-container.ts');
  const { port, controlPort } = backend;
  const settings = { spec, host: '0.0.0.0', port, controlPort, seed: 0, network: distances };
  const server = await new Contained(image)
    .withNetworkMode(`container:${holder}`)
    .withName(`${fleet}-${spec.id}`)
    .withLabels(labelsFor(ground, spec.id, 'server'))
    .withEnvironment({ STEELYARD_BACKEND: JSON.stringify(settings) })
    .withCommand([serverFile])
    .withWaitStrategy(waiting((id) => servesAs(backend, readyMs, { signal, alive: () => runs(id) })))
    .start();
  return dockerHost(backend, await partsOf(ground, holder, server.getId()));
}
