/** Runs the real command line, as a user would, in a folder of its own. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { runtimeClient } from './drivers/docker-client.ts';
import { projectLabel, runOfEnvironment } from './ownership.ts';

const cli = fileURLToPath(new URL('./cli.ts', import.meta.url));

/** Two backends, one of which crashes; about three seconds a contender. A busy machine may fail a check before that, which is no test's concern. */
export const shortScenario = `
about: a short failover, for tests
fleet: [{ id: app, count: 2, workers: 8, service: { constant: { mean: 5ms } } }]
load: { closed: { connections: 4 }, warmup: 200ms, duration: 2500ms, deadline: 1s }
balancer: { health: { interval: 200ms, timeout: 150ms, unhealthy: 2, healthy: 1 } }
contenders: [round-robin, p2c]
faults: [{ at: 500ms, until: 1s, on: app-2, crash: {} }]
steady: false
`;

export interface Place {
  readonly dir: string;
  readonly scenario: string;
  /** Starts a command; never rejects for its exit code. Objects among `args` are environment. */
  steelyard(...args: (string | Record<string, string>)[]): ReturnType<typeof start>;
}

function start(cwd: string, args: readonly (string | Record<string, string>)[]) {
  const words = args.filter((it) => typeof it === 'string');
  return execa(process.execPath, [cli, ...words], {
    cwd,
    reject: false,
    stdin: 'ignore',
    timeout: 120_000,
    env: Object.assign({ NO_COLOR: '1' }, ...args.filter((it) => typeof it === 'object')) as Record<
      string,
      string
    >,
  });
}

/** A new folder with `scenario.yaml` in it, removed when the test ends. */
export async function place(t: ExecutionContext, text = shortScenario): Promise<Place> {
  const dir = await mkdtemp(join(tmpdir(), 'steelyard-cli-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, 'scenario.yaml'), text);
  return { dir, scenario: join(dir, 'scenario.yaml'), steelyard: (...args) => start(dir, args) };
}

/** Process ids and command lines of the processes of ours that belong to this harness process, children of a run included. */
export async function processesOf(pid: number): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const run = runOfEnvironment(await readFile(`/proc/${entry}/environ`, 'utf8'));
      if (run?.pid === pid)
        found.push(`${entry} ${(await readFile(`/proc/${entry}/cmdline`, 'utf8')).replaceAll('\0', ' ')}`);
    } catch (error) {
      if (!['ENOENT', 'EACCES', 'ESRCH'].includes((error as NodeJS.ErrnoException).code!)) throw error; // gone, or not ours
    }
  }
  return found;
}

/** Names of the containers and networks that carry the label of this harness process. */
export async function dockerThingsOf(pid: number): Promise<string[]> {
  const { dockerode } = (await runtimeClient()).container;
  const filters = { label: [projectLabel, `steelyard.pid=${pid}`] };
  const containers = await dockerode.listContainers({ all: true, filters });
  const networks = await dockerode.listNetworks({ filters });
  return [...containers.flatMap(({ Names }) => Names), ...networks.map(({ Name }) => Name)];
}

/** Polls until `done` holds; fails the test's expectation by returning false after `ms`. */
export async function eventually(done: () => Promise<boolean> | boolean, ms = 20_000): Promise<boolean> {
  for (
    const until = Date.now() + ms;
    Date.now() < until;
    await new Promise((resolve) => setTimeout(resolve, 100))
  )
    if (await done()) return true;
  return false;
}
