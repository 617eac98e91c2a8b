/**
 * The backend image: built once and kept under a tag that is the hash of everything in it, so that a changed model
 * is never measured with an old image. The base is node:26-alpine where a registry answers, else this machine's own
 * Node (`offline-base.ts`).
 *
 * Built through dockerode: testcontainers' `fromDockerfile` neither reports a failed build nor, where the daemon
 * refuses the request, ever ends.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type Dockerode from 'dockerode';
import { pack } from 'tar-stream';
import { projectLabel } from '../ownership.ts';
import { followed, imageExists, pullImage, runtimeClient } from './docker-client.ts';
import { offlineBase } from './offline-base.ts';

/** The repository, or `dist/` of the published package: the same folders stand in both. */
const root = new URL('../../', import.meta.url);
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
/** The server's path, from the root and in the image's working directory alike. */
export const serverFile = `docker/server.${extension}`;

const registryBase = 'node:26-alpine';
/** How long a registry may take to deliver, ms. Tried once per build; nothing is remembered. */
const deliveryMs = 180_000;

interface ContextFile {
  readonly name: string;
  readonly content: Buffer;
}

/** Loaded by listing them, so every file counts; of the rest of `scenarios`, what these import. */
const folders = ['docker', 'scenarios/faults', 'scenarios/service-times'];

/** What goes into the image, sorted by name: the Dockerfile, the server and the model, without tests. */
export function contextFiles(): ContextFile[] {
  const isSource = new RegExp(`^[a-z0-9-]+\\.${extension}$`); // neither *.test.ts nor *.d.ts
  const names = new Set<string>();
  const add = (name: string) => {
    if (names.has(name)) return;
    names.add(name);
    for (const imported of importsOf(readFileSync(new URL(name, root), 'utf8')))
      add(posix.join(posix.dirname(name), imported));
  };
  for (const folder of folders)
    for (const file of readdirSync(new URL(`${folder}/`, root)))
      if (isSource.test(file)) add(`${folder}/${file}`);
  return [
    { name: 'package.json', content: Buffer.from('{"type":"module"}\n') },
    ...['docker/Dockerfile', ...names]
      .sort()
      .map((name) => ({ name, content: readFileSync(new URL(name, root)) })),
  ];
}

/** The files that a source imports; types alone are stripped and need no file. */
function importsOf(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)\s(?!type\s)(?:[^;']*\sfrom\s)?\s*'(\.[^']+)'/gm);
  return [...statements].map((match) => match[1]!);
}

/** The image's tag: a hash of its files and of the Node that may become its base. */
export function imageTag(files: readonly ContextFile[]): string {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}\0`);
  for (const { name, content } of files) hash.update(`${name}\0${content.length}\0`).update(content);
  return `steelyard-backend:${hash.digest('hex').slice(0, 16)}`;
}

/** Makes sure that the image is there and returns its tag. Takes milliseconds when it is, some seconds when not. */
export async function backendImage(signal: AbortSignal): Promise<string> {
  const { dockerode } = (await runtimeClient()).container;
  const files = contextFiles();
  const tag = imageTag(files);
  if (await imageExists(dockerode, tag)) return tag;
  const base = await baseImage(dockerode, signal);
  const context = pack();
  for (const { name, content } of files) context.entry({ name, mode: 0o644 }, content);
  context.finalize();
  const [key, value] = projectLabel.split('=') as [string, string];
  const options = {
    t: tag,
    dockerfile: 'docker/Dockerfile',
    buildargs: { BASE_IMAGE: base },
    labels: { [key]: value },
  };
  const progress = await dockerode.buildImage(context as unknown as NodeJS.ReadableStream, {
    ...options,
    abortSignal: signal,
  });
  await followed(dockerode, progress).catch((cause: Error) => {
    throw new Error(`the backend image could not be built on ${base}: ${cause.message}`, { cause });
  });
  return tag;
}

async function baseImage(dockerode: Dockerode, signal: AbortSignal): Promise<string> {
  if ((await imageExists(dockerode, registryBase)) || (await pull(dockerode, signal))) return registryBase;
  return offlineBase(dockerode, signal);
}

/** Whether the registry's base could be had. Not having it is no error: there is the offline base. */
async function pull(dockerode: Dockerode, signal: AbortSignal): Promise<boolean> {
  try {
    await pullImage(dockerode, registryBase, signal, deliveryMs);
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
