/** What the drivers' tests share: small fleets, what is left of a run, and a harness of its own to be killed. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { backendsOf, type ScenarioInput, scenarioSchema } from '../../scenarios/scenario.ts';
import { projectLabel, runOfEnvironment } from '../ownership.ts';
import { dockerDriver } from './docker.ts';
import { dockerAvailable } from './docker-available.ts';
import { runtimeClient } from './docker-client.ts';
import type { Driver, FleetBackend } from './driver.ts';
import { processDriver } from './process.ts';

export function specsOf(fleet: ScenarioInput['fleet']) {
  return backendsOf(scenarioSchema.parse({ fleet, load: { closed: { connections: 1 }, duration: '1s' } }));
}

export const docker = await dockerAvailable();
export const drivers: readonly Driver[] = docker.available ? [processDriver, dockerDriver] : [processDriver];

/** A run id that no other test has. */
export const runName = (what: string) =>
  `test-${what}-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;

/** Everything on this machine that carries the run's id: processes, containers, networks. */
export async function carrying(runId: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter((it) => /^\d+$/.test(it))) {
    let environ = '';
    try {
      environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
    } catch {
      continue; // it has just ended
    }
    if (runOfEnvironment(environ)?.runId === runId) found.push(`process ${pid}`);
  }
  if (!docker.available) return found;
  const { dockerode } = (await runtimeClient()).container;
  const filters = { label: [projectLabel, `steelyard.run=${runId}`] };
  for (const it of await dockerode.listContainers({ all: true, filters }))
    found.push(`container ${it.Names[0]}`);
  for (const it of await dockerode.listNetworks({ filters })) found.push(`network ${it.Name}`);
  return found;
}

/** A harness in a process of its own that has launched two backends, frozen the second, and waits to be killed. */
export async function startOwner(driver: Driver, runId: string) {
  const file = fileURLToPath(new URL('./owner.test-support.ts', import.meta.url));
  const child = execa(process.execPath, [file, driver.name, runId], { buffer: false, reject: false });
  const up = once(child.stdout, 'data') as Promise<[Buffer]>;
  const ended = child.then((it) => Promise.reject(new Error(`the owner ended: ${it.shortMessage}`)));
  const [line] = await Promise.race([up, ended]);
  ended.catch(() => 'later on it is killed, as it should be');
  return { child, backends: JSON.parse(line.toString()) as FleetBackend[] };
}
