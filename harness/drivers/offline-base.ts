/**
 * A base image without a registry: this machine's own Node and the libraries that `ldd` names, nothing else, as a
 * tarball imported into Docker (about 150 MB, a second or two). It holds no shell. Linux only, and only where the
 * daemon runs the same architecture, which on one machine it does.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type Dockerode from 'dockerode';
import { execa } from 'execa';
import { pack } from 'tar-stream';
import { projectLabel } from '../ownership.ts';
import { followed, imageExists } from './docker-client.ts';

/** Makes sure that the base is there and returns its tag, a hash of what is in it. */
export async function offlineBase(dockerode: Dockerode, signal: AbortSignal): Promise<string> {
  if (process.platform !== 'linux')
    throw new Error(
      'node:26-alpine could not be pulled, and without it the backend image can only be made on Linux; connect to a registry once, or use --driver process',
    );
  const node = await realpath(process.execPath);
  const files = [{ source: node, name: 'usr/local/bin/node' }];
  for (const library of await librariesOf(node))
    files.push({ source: await realpath(library), name: library.replace(/^\/+/, '') });

  const hash = createHash('sha256').update(process.arch);
  for (const { source, name } of files) {
    hash.update(`\0${name}\0`);
    for await (const chunk of createReadStream(source, { signal })) hash.update(chunk);
  }
  const tag = hash.digest('hex').slice(0, 16);
  const image = `steelyard-node:${tag}`;
  if (await imageExists(dockerode, image)) return image;

  const tarball = pack();
  const written = (async () => {
    for (const { source, name } of files) {
      const { size } = await stat(source);
      await pipeline(createReadStream(source), tarball.entry({ name, size, mode: 0o755 }), { signal });
    }
    tarball.finalize();
  })();
  const query = { repo: 'steelyard-node', tag, changes: `LABEL ${projectLabel}`, abortSignal: signal };
  const imported = dockerode
    .importImage(tarball as unknown as NodeJS.ReadableStream, query)
    .then((progress) => followed(dockerode, progress));
  await Promise.all([written, imported]);
  return image;
}

/** The libraries an executable needs, the loader included, under the names it looks for them. */
export async function librariesOf(executable: string): Promise<string[]> {
  const { stdout } = await execa('ldd', [executable]);
  // "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)", and "/lib64/ld-linux-x86-64.so.2 (0x…)" for the loader
  return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map((match) => match[1]!);
}
