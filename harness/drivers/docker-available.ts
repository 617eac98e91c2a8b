/** Whether the Docker driver can work here, quickly; and if not, why, in one sentence with the remedy. */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runtimeClient } from './docker-client.ts';

/** `daemon`: one answers. `available`: it can carry the driver, too. */
export type DockerAvailability =
  | { readonly available: true; readonly daemon: true; readonly version: string }
  | { readonly available: false; readonly daemon: boolean; readonly reason: string };

const patienceMs = 3_000;
const otherwise = 'or use --driver process';

/** Asks the daemon for its version. Takes milliseconds where one answers, and 3 s at most. */
export async function dockerAvailable(): Promise<DockerAvailability> {
  try {
    const client = await within(patienceMs, runtimeClient());
    const { Version } = await within(patienceMs, client.container.dockerode.version());
    const { operatingSystem, remoteSocketPath } = client.info.containerRuntime;
    if (process.platform === 'linux' && !/docker desktop/i.test(operatingSystem) && remoteSocketPath !== '')
      return { available: true, daemon: true, version: Version };
    const reason = `Docker runs in a virtual machine here, which hides the containers' addresses from this host; use Linux, ${otherwise}`;
    return { available: false, daemon: true, reason };
  } catch (error) {
    return { available: false, daemon: false, reason: diagnose(error as NodeJS.ErrnoException) };
  }
}

/** Why nobody answered, as far as it can be told from the socket. testcontainers itself only says that nothing worked. */
function diagnose(error: NodeJS.ErrnoException): string {
  const host = process.env.DOCKER_HOST;
  if (host !== undefined && !host.startsWith('unix://'))
    return `no Docker daemon answers at DOCKER_HOST=${host} (${error.message}); correct it, ${otherwise}`;
  const socket = host?.slice('unix://'.length) ?? '/var/run/docker.sock';
  if (!existsSync(socket))
    return isInstalled('dockerd') || isInstalled('docker')
      ? `Docker is installed but its daemon is not running (no ${socket}); start it with "sudo systemctl start docker", ${otherwise}`
      : `Docker is not installed; see https://docs.docker.com/engine/install, ${otherwise}`;
  try {
    accessSync(socket, constants.R_OK | constants.W_OK);
  } catch {
    return `no permission to use ${socket}; run "sudo usermod -aG docker $USER" and log in again, ${otherwise}`;
  }
  return `the Docker daemon does not answer at ${socket} (${error.message}); restart it with "sudo systemctl restart docker", ${otherwise}`;
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
