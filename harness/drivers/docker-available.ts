/** Whether the Docker driver can work here, quickly; and if not, why, in one sentence with the remedy. */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type Dockerode from 'dockerode';
import { runtimeClient } from './docker-client.ts';

/** `daemon`: one answers. `available`: it can carry the driver, too. */
export type DockerAvailability =
  | { readonly available: true; readonly daemon: true; readonly version: string }
  | { readonly available: false; readonly daemon: boolean; readonly reason: string };

const patienceMs = 8_000;
const otherwise = 'or use --driver process';

/** Asks the daemon for its version. Takes milliseconds where one answers, and some seconds at most. */
export async function dockerAvailable(): Promise<DockerAvailability> {
  try {
    // testcontainers passes over a DOCKER_HOST where nobody answers and takes another daemon: not what was asked for.
    const asked = process.env.DOCKER_HOST === undefined ? undefined : await idOf(new (await dockerode())());
    const client = await within(patienceMs, runtimeClient());
    if (asked !== undefined && (await idOf(client.container.dockerode)) !== asked)
      throw new Error('testcontainers cannot use it and took another');
    const { Version } = await within(patienceMs, client.container.dockerode.version());
    const where = elsewhere(client.info.containerRuntime.operatingSystem);
    if (where === undefined) return { available: true, daemon: true, version: Version };
    const reason = `Docker runs ${where}, which hides the containers' addresses from this host; run Steelyard on the Linux machine where the containers run, ${otherwise}`;
    return { available: false, daemon: true, reason };
  } catch (error) {
    return { available: false, daemon: false, reason: diagnose(error as Error) };
  }
}

/** What tells one daemon from another. */
async function idOf(daemon: Pick<Dockerode, 'info'>): Promise<string> {
  return ((await within(patienceMs, daemon.info())) as { ID: string }).ID;
}

const dockerode = async () => (await import('dockerode')).default;

/** Where the containers run when it is not here: load goes to their own addresses, and those must be reachable. */
function elsewhere(operatingSystem: string): string | undefined {
  if (process.platform !== 'linux' || /docker desktop/i.test(operatingSystem)) return 'in a virtual machine';
  const host = process.env.DOCKER_HOST ?? 'unix://';
  const isHere = /^unix:|^(tcp|http):\/\/(localhost|127\.)/.test(host);
  return isHere ? undefined : `on another machine (DOCKER_HOST=${host})`;
}

/** Why nobody answered, as far as it can be told from the socket. */
function diagnose(error: Error): string {
  const host = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  if (!host.startsWith('unix://'))
    return `no Docker daemon answers at DOCKER_HOST=${host} (${error.message}); correct it, ${otherwise}`;
  const socket = host.slice('unix://'.length);
  if (!existsSync(socket) && process.env.DOCKER_HOST !== undefined)
    return `there is no socket at DOCKER_HOST=${host}; correct or unset it, ${otherwise}`;
  if (!existsSync(socket))
    return isInstalled('dockerd') || isInstalled('docker')
      ? `Docker is installed but no daemon is running (there is no ${socket}); start it with "sudo systemctl start docker", ${otherwise}`
      : `Docker is not installed; see https://docs.docker.com/engine/install, ${otherwise}`;
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
  } catch {
    return `no permission to use ${socket}; run "sudo usermod -aG docker $USER" and log in again, ${otherwise}`;
  }
  return `no Docker daemon answers at ${socket}; restart it with "sudo systemctl restart docker", ${otherwise}`;
}

function isInstalled(command: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return [...folders, '/usr/sbin', '/sbin'].some((folder) => existsSync(join(folder, command)));
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`nothing heard within ${ms / 1000} s`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
