/**
 * What every fleet in containers has: a network of its own with fixed addresses, a watch on the daemon, for each backend a holder that
 * keeps its address, labels by which all of it is found again. What serves in the holders' namespaces is the caller's business.
 */
import { randomBytes } from 'node:crypto';
import type { BackendSpec } from '../../scenarios/scenario.ts';
import { labelsOf } from '../ownership.ts';
import { dockerAvailable } from './docker-available.ts';
import { removeContainer, runtimeClient } from './docker-client.ts';
import { createNetwork, type FleetNetwork, mostBackends } from './docker-network.ts';
import { daemonBack, watchDaemon } from './docker-watch.ts';
import type { Driver, Fleet, RunLabel } from './driver.ts';
import { fleetOf } from './fleet.ts';
import type { Host } from './host.ts';
import { backendImage } from './image.ts';

const fleetLabel = 'steelyard.fleet';
/** Does nothing, and leaves when told: the first process of a container hears no SIGTERM that it has not asked for. */
const holding = `process.on('SIGTERM', () => process.exit()); setInterval(() => undefined, 1e9)`;

/** What the containers of one fleet share. */
export interface Ground {
  /** Ours, of backend and holder. */
  readonly image: string;
  readonly network: FleetNetwork;
  readonly run: RunLabel;
  /** Begins the containers' names. */
  readonly fleet: string;
  readonly signal: AbortSignal;
}

/** Starts each backend by `start`, all at once, and resolves when they serve. Removes whatever was started when that fails. */
export async function inContainers(
  driver: Pick<Driver, 'name' | 'can'>,
  specs: readonly BackendSpec[],
  run: RunLabel,
  signal: AbortSignal,
  start: (spec: BackendSpec, i: number, ground: Ground) => Promise<Host>,
): Promise<Fleet> {
  const docker = await dockerAvailable();
  if (!docker.available) throw new Error(docker.reason);
  if (specs.length > mostBackends)
    throw new Error(`expected at most ${mostBackends} backends on Docker, got ${specs.length}`);
  const image = await backendImage(signal);
  signal.throwIfAborted();
  const fleet = `steelyard-${randomBytes(4).toString('hex')}`;
  const network = await createNetwork(run, fleet);
  let watch: Awaited<ReturnType<typeof watchDaemon>> | undefined;
  const dismantle = async () => {
    watch?.end();
    await removeFleet(fleet);
    await network.remove();
  };
  try {
    watch = await watchDaemon(`${fleetLabel}=${fleet}`);
    const starts = specs.map((spec, i) => start(spec, i, { image, network, run, fleet, signal }));
    // Every start must have ended before anything is removed: one still under way would leave its container.
    const ends = await Promise.allSettled(starts);
    const failed = ends.find((it) => it.status === 'rejected');
    if (failed) throw failed.reason;
    signal.throwIfAborted();
    const made = await fleetOf(driver, await Promise.all(starts), dismantle);
    return { ...made, lost: watch.lost };
  } catch (error) {
    await dismantle();
    throw error;
  }
}

/** The labels of one of a backend's containers. */
export const labelsFor = ({ run, fleet }: Ground, id: string, role: 'holder' | 'server') => ({
  ...labelsOf(run),
  [fleetLabel]: fleet,
  'steelyard.backend': id,
  'steelyard.role': role,
});

/** Starts the container that keeps a backend's address; resolves to its id. */
export async function hold(ground: Ground, id: string, address: string): Promise<string> {
  const { image, network, fleet, signal } = ground;
  const { Contained, waiting } = await import('./docker-container.ts'); // testcontainers is slow to load: only where it is needed
  signal.throwIfAborted();
  const holder = await new Contained(image)
    .at(network.name, address)
    .withName(`${fleet}-${id}-holder`)
    .withLabels(labelsFor(ground, id, 'holder'))
    .withCommand(['-e', holding])
    .withWaitStrategy(waiting(async () => undefined))
    .start();
  signal.throwIfAborted();
  return holder.getId();
}

/** What a backend consists of, for whoever does faults to it. */
export async function partsOf({ network }: Ground, holder: string, server: string) {
  const client = await runtimeClient();
  return {
    holder: client.container.getById(holder),
    server: client.container.getById(server),
    network: client.network.getById(network.id),
  };
}

/** Rejects with what the server last wrote when its container has ended. */
export async function runs(containerId: string): Promise<void> {
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
