/** An image with this machine's own nginx in it, made without a registry: the binary, its libraries, a page and nothing else. */
import { readFileSync, realpathSync } from 'node:fs';
import type Dockerode from 'dockerode';
import { pack } from 'tar-stream';
import { followed } from '../drivers/docker-client.ts';
import { librariesOf } from '../drivers/offline-base.ts';
import { projectLabel } from '../ownership.ts';
import { nginxConfig } from './nginx.test-support.ts';

const binary = '/usr/sbin/nginx';
export const imagePort = 8088;

/** Makes it under that name; whoever asked for it removes it. */
export async function nginxImage(dockerode: Dockerode, name: string): Promise<void> {
  const tarball = pack();
  const add = (path: string, content: Buffer | string, mode = 0o644) =>
    tarball.entry({ name: path.replace(/^\/+/, ''), mode }, content);
  add(binary, readFileSync(binary), 0o755);
  for (const library of await librariesOf(binary)) add(library, readFileSync(realpathSync(library)), 0o755);
  const config = nginxConfig.replaceAll('{host}', '0.0.0.0').replaceAll('{port}', String(imagePort));
  add('etc/passwd', 'root:x:0:0::/:\nnobody:x:65534:65534::/:\n');
  add('etc/group', 'root:x:0:\nnogroup:x:65534:\nnobody:x:65533:\n');
  add('srv/nginx.conf', config);
  add('srv/html/index.html', 'served from an image\n');
  tarball.finalize();
  const command = JSON.stringify([binary, '-e', 'stderr', '-p', '/srv', '-c', '/srv/nginx.conf']);
  const changes = [`LABEL ${projectLabel}`, `CMD ${command}`];
  const [repo, tag] = name.split(':') as [string, string];
  const progress = await dockerode.importImage(tarball as unknown as NodeJS.ReadableStream, {
    repo,
    tag,
    changes,
  });
  await followed(dockerode, progress);
}
