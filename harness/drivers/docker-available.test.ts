/** Each way of not having Docker gets its own sentence, with a remedy, soon. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import type { DockerAvailability } from './docker-available.ts';

/** Asked in a process of its own: testcontainers remembers the first daemon it has found. */
async function ask(env: Record<string, string>): Promise<DockerAvailability> {
  const code = `import { dockerAvailable } from '${new URL('./docker-available.ts', import.meta.url).href}';
    console.log(JSON.stringify(await dockerAvailable())); process.exit()`;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', code], {
    env,
    timeout: 40_000,
  });
  return JSON.parse(stdout) as DockerAvailability;
}

test('46: a DOCKER_HOST that is not there is not quietly replaced by another daemon', async (t) => {
  const answer = await ask({ DOCKER_HOST: 'unix:///nowhere/docker.sock' });
  t.like(answer, { available: false, daemon: false });
  t.regex(JSON.stringify(answer), /no socket at DOCKER_HOST=unix:\/\/\/nowhere\/docker\.sock/);
  t.regex(JSON.stringify(answer), /--driver process/);
});

test('46: a remote DOCKER_HOST where nobody answers is named', async (t) => {
  const answer = await ask({ DOCKER_HOST: 'tcp://127.0.0.1:9' });
  t.like(answer, { available: false, daemon: false });
  t.regex(JSON.stringify(answer), /no Docker daemon answers at DOCKER_HOST=tcp:\/\/127\.0\.0\.1:9/);
});

test('46: a daemon that accepts and never answers is given up on within seconds', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-docker-'));
  const socket = join(folder, 'docker.sock');
  const mute = createServer(() => undefined);
  await new Promise<void>((resolve) => mute.listen(socket, resolve));
  const before = performance.now();
  const answer = await ask({ DOCKER_HOST: `unix://${socket}` });
  t.like(answer, { available: false, daemon: false });
  t.regex(JSON.stringify(answer), /no Docker daemon answers at .*docker\.sock; restart it/);
  t.true(performance.now() - before < 40_000);
  mute.close();
  await rm(folder, { recursive: true });
});
