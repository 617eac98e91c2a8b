/**
 * Whose processes of the user's own services are. A service may wipe its environment (nginx writes its title over it), and what
 * it starts may outlive it, so the label that our processes carry there says nothing. Each run keeps a scratch folder instead,
 * with its owner and the process groups it has started; `leavings.ts` finds the folders of dead owners, kills the groups and
 * removes them.
 */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { RunLabel } from '../drivers/driver.ts';
import { processOf } from '../ownership.ts';

/** A process group, by its leader. The kernel gives no process the number of a group that still has members. */
export interface Group {
  readonly pid: number;
  /** When its leader started, in clock ticks since boot. */
  readonly startTicks: string;
}

const prefix = `steelyard-services-${userInfo().uid}-`;
const claimName = 'claim.json';

/** A run's scratch folder and what it claims. */
export class ClaimFile {
  readonly folder: string;
  readonly #run: RunLabel;
  readonly #groups = new Map<number, Group>();

  constructor(run: RunLabel) {
    this.#run = run;
    this.folder = mkdtempSync(join(tmpdir(), prefix));
    // A service may serve its files as another user than it was started by.
    chmodSync(this.folder, 0o711);
    this.#write();
  }

  /** A folder of its own for one backend. */
  scratch(id: string): string {
    const folder = join(this.folder, id);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** To be called in the very turn in which the group was made: whoever is killed in between leaves it behind. */
  add(pid: number): void {
    this.#groups.set(pid, { pid, startTicks: processOf(pid)?.startTicks ?? '' });
    this.#write();
  }

  drop(pid: number): void {
    if (this.#groups.delete(pid)) this.#write();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Whole or not at all: its reader may come at any time. */
  #write(): void {
    const file = join(this.folder, claimName);
    writeFileSync(`${file}.new`, JSON.stringify({ run: this.#run, groups: [...this.#groups.values()] }));
    renameSync(`${file}.new`, file);
  }
}

export interface Claim {
  readonly folder: string;
  readonly run: RunLabel;
  readonly groups: readonly Group[];
}

/**
 * Every claim of this user on this machine. A folder without one is of a run that is just beginning. Anybody may make a folder of such
 * a name in a place that is everybody's: what another user says in one kills and removes nothing.
 */
export function findClaims(within = tmpdir()): Claim[] {
  const claims: Claim[] = [];
  for (const name of readdirSync(within).filter((it) => it.startsWith(prefix))) {
    const folder = join(within, name);
    try {
      const is = lstatSync(folder);
      if (!is.isDirectory() || is.uid !== userInfo().uid) continue;
      const claim = claimOf(readFileSync(join(folder, claimName), 'utf8'));
      if (claim !== undefined) claims.push({ folder, ...claim });
    } catch (error) {
      if (!notOurs.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return claims;
}

/** It goes while we look, or is kept from us. */
const notOurs = new Set(['ENOENT', 'EACCES', 'EPERM']);

/** What a claim's text says; undefined where a run of ours cannot have written it, or not all of it. */
function claimOf(text: string): Omit<Claim, 'folder'> | undefined {
  let said: Partial<Record<keyof Claim, unknown>> | null;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined; // torn
  }
  const run = said?.run as Partial<RunLabel> | null | undefined;
  const groups = said?.groups;
  const isLabel =
    typeof run?.runId === 'string' &&
    Number.isInteger(run.pid) &&
    typeof run.startTicks === 'string' &&
    typeof run.bootId === 'string';
  return isLabel && Array.isArray(groups) && groups.every(isGroup)
    ? { run: run as RunLabel, groups }
    : undefined;
}

function isGroup(it: Partial<Group> | null): it is Group {
  return isGroupId(it?.pid) && typeof it?.startTicks === 'string';
}

/** To kill(2) the group 0 is the caller's own, and -1 is every process there is. */
const isGroupId = (pid: unknown): pid is number => Number.isInteger(pid) && (pid as number) > 1;

/** Kills what is left of a claim's groups and removes its folder. */
export function reapClaim({ folder, groups }: Claim): void {
  for (const { pid, startTicks } of groups) {
    const leader = processOf(pid);
    // Another process under that number means that the group is gone.
    if (leader === undefined || leader.startTicks === startTicks) killGroup(pid, 'SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Sends a signal to every process of a group; false when there is none left. Throws a `RangeError` for what is no group of ours. */
export function killGroup(pid: number, signal: NodeJS.Signals): boolean {
  if (!isGroupId(pid)) throw new RangeError(`expected a process group above 1, got ${pid}`);
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
