/**
 * What dead runs left behind: containers, networks and processes whose owner is gone (`ownership.ts`). A live run's
 * things are never among them. `steelyard clean` shows and reaps them, and so does the start of the next run.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dockerAvailable } from './drivers/docker-available.ts';
import { removeContainer, removeNetwork, runtimeClient } from './drivers/docker-client.ts';
import type { RunLabel } from './drivers/driver.ts';
import { findClaims, reapClaim } from './own/claim-file.ts';
import { isOwnerDead, processOf, projectLabel, runOfEnvironment, runOfLabels } from './ownership.ts';

export interface Leaving {
  readonly kind: 'process' | 'services' | 'container' | 'network';
  /** Process id, Docker's id, or the scratch folder of services of the user's own. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly run: RunLabel;
  /** Of a process: when it started, in clock ticks since boot. */
  readonly startTicks?: string;
}

export interface Reaped {
  readonly removed: Leaving[];
  readonly failed: { readonly leaving: Leaving; readonly why: string }[];
}

/** Everything on this machine whose owner is dead. Looks at Docker only where a daemon answers. */
export async function findLeavings(): Promise<Leaving[]> {
  const docker = await dockerAvailable();
  return [...processLeavings(), ...serviceLeavings(), ...(docker.daemon ? await dockerLeavings() : [])];
}

function processLeavings(): Leaving[] {
  const found: Leaving[] = [];
  if (process.platform !== 'linux') return found; // elsewhere the children's own parent watch has to do
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (statSync(`/proc/${pid}`).uid !== process.getuid?.()) continue;
      const run = runOfEnvironment(readFileSync(`/proc/${pid}/environ`, 'utf8'));
      const it = processOf(pid);
      if (!run || !it || 'ZX'.includes(it.state) || !isOwnerDead(run)) continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
      found.push({ kind: 'process', id: entry, name: command, run, startTicks: it.startTicks });
    } catch (error) {
      if (!goneCodes.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return found;
}

/** Scratch folders, and the process groups that they claim. */
function serviceLeavings(): Leaving[] {
  return findClaims()
    .filter(({ run }) => isOwnerDead(run))
    .map(({ folder, run, groups }) => ({
      kind: 'services',
      id: folder,
      name: `${folder}${groups.map(({ pid }) => `, process group ${pid}`).join('')}`,
      run,
    }));
}

/** A process that ends, or becomes another user's, while it is being read. */
const goneCodes = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

async function dockerLeavings(): Promise<Leaving[]> {
  const { dockerode } = (await runtimeClient()).container;
  const filters = { label: [projectLabel] };
  const [containers, networks] = await Promise.all([
    dockerode.listContainers({ all: true, filters }),
    dockerode.listNetworks({ filters }),
  ]);
  const found: Leaving[] = [];
  for (const { Id, Names, Labels, Created } of containers) {
    const run = runOfLabels(Labels);
    if (run && isOwnerDead(run, Created * 1000))
      found.push({ kind: 'container', id: Id, name: Names[0]?.replace(/^\//, '') ?? Id, run });
  }
  for (const { Id, Name, Labels, Created } of networks) {
    const run = runOfLabels(Labels);
    if (run && isOwnerDead(run, Date.parse(Created)))
      found.push({ kind: 'network', id: Id, name: Name, run });
  }
  return found;
}

/** Removes leavings: processes by SIGKILL (a stopped one hears nothing else), then containers, then networks. */
export async function reap(leavings: readonly Leaving[]): Promise<Reaped> {
  const removed: Leaving[] = [];
  const failed: Reaped['failed'] = [];
  for (const kind of ['process', 'services', 'container', 'network'] as const)
    await Promise.all(
      leavings
        .filter((it) => it.kind === kind)
        .map(async (leaving) => {
          try {
            await remove[kind](leaving);
            removed.push(leaving);
          } catch (error) {
            failed.push({ leaving, why: (error as Error).message });
          }
        }),
    );
  return { removed, failed };
}

const remove: Record<Leaving['kind'], (leaving: Leaving) => Promise<void>> = {
  async process({ id, startTicks }) {
    if (processOf(Number(id))?.startTicks === startTicks) process.kill(Number(id), 'SIGKILL');
  },
  async services({ id }) {
    for (const claim of findClaims()) if (claim.folder === id) reapClaim(claim);
  },
  container: ({ id }) => removeContainer(id),
  network: ({ id }) => removeNetwork(id),
};
