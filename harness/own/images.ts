/**
 * Services of the user's own that run in containers of an image: the same holder and network as our backends have, so that a crash
 * leaves a host that refuses; but Docker's own defaults otherwise (capabilities, a file system that can be written), as the image expects.
 */
import type Dockerode from 'dockerode';
import { toContainers } from '../../scenarios/own-findings.ts';
import { filledIn, type OwnService } from '../../scenarios/own-services.ts';
import type { BackendSpec } from '../../scenarios/scenario.ts';
import { now } from '../clock.ts';
import { type Ground, hold, inContainers, labelsFor, partsOf, runs } from '../drivers/containers.ts';
import { imageExists, pullImage, runtimeClient } from '../drivers/docker-client.ts';
import { dockerHost } from '../drivers/docker-host.ts';
import type { Fleet, RunLabel } from '../drivers/driver.ts';
import type { Host } from '../drivers/host.ts';
import type { Relay } from '../relay/relay.ts';
import { hostOf, type OwnBackend } from './contact.ts';
import { serving } from './serving.ts';

/** How long a registry may take to deliver, ms. */
const deliveryMs = 600_000;

const runner = { name: 'docker', can: toContainers } as const;

/** Starts them and resolves once each serves; `relay` stands before each where there is one. */
export async function launchImages(
  specs: readonly BackendSpec[],
  run: RunLabel,
  signal: AbortSignal,
  relay: Relay | undefined,
): Promise<Fleet> {
  const { dockerode } = (await runtimeClient()).container;
  for (const image of new Set(specs.map(({ own }) => own!.image!))) await pulled(dockerode, image, signal);
  return inContainers(runner, specs, run, signal, (spec, i, ground) =>
    startService(spec, ground.network.address(i), ground, relay),
  );
}

async function startService(
  { id, index, own }: BackendSpec,
  host: string,
  ground: Ground,
  relay: Relay | undefined,
): Promise<Host> {
  const { image, port, ready, command, env, restart } = own as OwnService & { image: string; port: number };
  const at = { host, port };
  const holder = await hold(ground, id, host);
  const { Visiting, waiting } = await import('../drivers/docker-container.ts');
  const fill = (text: string) => filledIn(text, { id, index, host: '0.0.0.0', port, dir: '/tmp' });
  const container = new Visiting(image)
    .withNetworkMode(`container:${holder}`)
    .withName(`${ground.fleet}-${id}`)
    .withLabels(labelsFor(ground, id, 'server'))
    .withEnvironment(Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)])))
    .withWaitStrategy(waiting(() => Promise.resolve()));
  if (command !== undefined)
    container.withCommand(typeof command === 'string' ? ['/bin/sh', '-c', fill(command)] : command.map(fill));
  const server = (await container.start()).getId();
  const parts = await partsOf(ground, holder, server);
  const { Config } = await parts.server.inspect();
  // Docker says it, dockerode's types do not.
  const said = (Config as { StopSignal?: string }).StopSignal;
  const stopSignal = own!.stopSignal ?? said ?? 'SIGTERM';
  const inner = dockerHost({ id, ...at, controlPort: port }, parts, stopSignal);
  const alive = async () => {
    ground.signal.throwIfAborted();
    await runs(server);
  };
  const service: OwnBackend = {
    id,
    at,
    begin: (kind, options) => inner.begin(kind, options),
    restore: (suffers) => inner.restore(suffers),
    serves: () => serving({ id, ...at }, ready, alive),
    startedAt: async () => (await parts.server.inspect()).State.StartedAt,
    died: () => parts.server.wait().then(() => now()),
    restart: restart ? () => parts.server.restart({ t: 0 }) : undefined,
  };
  return hostOf(service, await relay?.before({ id, index, ...at }));
}

/** Makes sure that the image is there. Throws one sentence with what to do where it is not and cannot be had. */
async function pulled(dockerode: Dockerode, image: string, signal: AbortSignal): Promise<void> {
  if (await imageExists(dockerode, image)) return;
  try {
    await pullImage(dockerode, image, signal, deliveryMs);
  } catch (cause) {
    signal.throwIfAborted();
    throw new Error(
      `the image ${image} is not on this machine and could not be pulled (${(cause as Error).message}); correct its name, or bring it here with docker pull, docker load or docker build`,
      { cause },
    );
  }
}
