/**
 * Backends in containers: a network of their own, fixed addresses, load straight to the containers' addresses
 * (published ports would go through docker-proxy, at less than half the rate). What a backend consists of and how
 * faults are done to it: `docker-host.ts`.
 */
import { randomBytes } from 'node:crypto';
import type { NetworkSettings } from '../../scenarios/distances.ts';
import type { BackendSpec } from '../../scenarios/scenario.ts';
import { labelsOf } from '../ownership.ts';
import { dockerAvailable } from './docker-available.ts';
import { removeContainer, runtimeClient } from './docker-client.ts';
import { addressOf, dockerHost } from './docker-host.ts';
import { createNetwork, type FleetNetwork, mostBackends } from './docker-network.ts';
import { daemonBack, watchDaemon } from './docker-watch.ts';
import type { Driver, FleetBackend, RunLabel } from './driver.ts';
import { fleetOf } from './fleet.ts';
import type { Host } from './host.ts';
import { backendImage, serverFile } from './image.ts';
import { servesAs } from './serves.ts';

/** Generous: a busy machine takes its time, and a server that has died is noticed at once. */
const readyMs = 45_000;
const fleetLabel = 'steelyard.fleet';
/** Does nothing, and leaves when told: the first process of a container hears no SIGTERM that it has not asked for. */
const holding = `process.on('SIGTERM', () => process.exit()); setInterval(() => undefined, 1e9)`;

export const dockerDriver: Driver = {
  name: 'docker',
  can: new Set(['crash', 'vanish', 'freeze', 'throttle', 'stop']),

  async launch(specs, run, signal, distances) {
    const docker = await dockerAvailable();
    if (!docker.available) throw new Error(docker.reason);
    if (specs.length > mostBackends)
      throw new Error(`expected at most ${mostBackends} backends on Docker, got ${specs.length}`);
    const image = await backendImage(signal);
    signal.throwIfAborted();
    const fleet = `steelyard-${randomBytes(4).toString('hex')}`;
    const network = await createNetwork(run, fleet);
    const watch = await watchDaemon(`${fleetLabel}=${fleet}`);
    const dismantle = async () => {
      watch.end();
      await removeFleet(fleet);
      await network.remove();
    };
    try {
      const starts = specs.map((spec, i) => {
        const backend = addressOf(spec.id, network, i);
        return startBackend({ spec, backend, image, network, run, fleet, signal, distances });
      });
      // Every start must have ended before anything is removed: one still under way would leave its container.
      const ends = await Promise.allSettled(starts);
      const failed = ends.find((it) => it.status === 'rejected');
      if (failed) throw failed.reason;
      signal.throwIfAborted();
      const made = await fleetOf(dockerDriver, await Promise.all(starts), dismantle);
      return { ...made, lost: watch.lost };
    } catch (error) {
      await dismantle();
      throw error;
    }
  },
};

interface Start {
  spec: BackendSpec;
  backend: FleetBackend;
  image: string;
  network: FleetNetwork;
  run: RunLabel;
  fleet: string;
  signal: AbortSignal;
  distances: NetworkSettings | undefined;
}

async function startBackend(start: Start): Promise<Host> {
  const { spec, backend, image, network, run, fleet, signal, distances } = start;
  const labels = { ...labelsOf(run), [fleetLabel]: fleet, 'steelyard.backend': spec.id };
  const { Contained, waiting } = await import('./docker-container.ts'); // testcontainers is slow to load: only where it is needed
  signal.throwIfAborted();
  const holder = await new Contained(image)
    .at(network.name, backend.host)
    .withName(`${fleet}-${spec.id}-holder`)
    .withLabels({ ...labels, 'steelyard.role': 'holder' })
    .withCommand(['-e', holding])
    .withWaitStrategy(waiting(async () => undefined))
    .start();
  signal.throwIfAborted();
  const { port, controlPort } = backend;
  const settings = { spec, host: '0.0.0.0', port, controlPort, seed: 0, network: distances };
  const server = await new Contained(image)
    .withNetworkMode(`container:${holder.getId()}`)
    .withName(`${fleet}-${spec.id}`)
    .withLabels({ ...labels, 'steelyard.role': 'server' })
    .withEnvironment({ STEELYARD_BACKEND: JSON.stringify(settings) })
    .withCommand([serverFile])
    .withWaitStrategy(waiting((id) => servesAs(backend, readyMs, { signal, alive: () => runs(id) })))
    .start();
  const client = await runtimeClient();
  return dockerHost(backend, {
    holder: client.container.getById(holder.getId()),
    server: client.container.getById(server.getId()),
    network: client.network.getById(network.id),
  });
}

/** Rejects with what the server last wrote when its container has ended. */
async function runs(containerId: string): Promise<void> {
  const container = (await runtimeClient()).container.getById(containerId);
  const { State } = await container.inspect();
  if (State.Running) return;
  const log = await container.logs({ stdout: false, stderr: true, tail: 20 });
  const text = log
    .toString('utf8')
    .replaceAll(/[^\n\x20-\x7e]/g, '')
    .trim(); // frame headers between the lines
  throw new Error(`the backend's container ended with ${State.ExitCode}: ${text}`);
}

/** Found by label, so that what a failed or aborted start left is among them. Servers first: they live in the holders' namespaces. */
async function removeFleet(fleet: string): Promise<void> {
  await daemonBack();
  const { dockerode } = (await runtimeClient()).container;
  const filters = { label: [`${fleetLabel}=${fleet}`] };
  const all = await dockerode.listContainers({ all: true, filters });
  await Promise.all(all.map((it) => removeContainer(it.Id)));
}
