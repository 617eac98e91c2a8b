/**
 * Whose is it? Containers and networks carry their owner in labels, processes in their environment: which run, which
 * harness process, when that started and in which boot. So a dead run's leavings can be told from a live run's,
 * even after `kill -9`, a reboot, or the pid being used again.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { uptime } from 'node:os';
import type { RunLabel } from './drivers/driver.ts';

/** What stands on every container and network of ours, and on nobody else's. */
export const projectLabel = 'steelyard.project=steelyard';

/** Environment variable that stands on every process a run starts. */
export const runVariable = 'STEELYARD_RUN';

/** Start time in clock ticks since boot and state letter of a process, from /proc; undefined when there is none. */
export function processOf(pid: number): { startTicks: string; state: string } | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // gone, or a system without /proc
  }
  // The name, in parentheses, may itself hold spaces and parentheses: proc(5) counts from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, startTicks: fields[19]! };
}

/** This boot and this pid namespace: a pid means nothing outside of either. */
function bootId(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
    return `${boot}/${namespace}`;
  } catch {
    return process.platform; // no /proc: the pid alone has to do
  }
}

/** The label of a run that this process owns. */
export function labelThisRun(runId: string): RunLabel {
  const startTicks = processOf(process.pid)?.startTicks ?? '';
  return { runId, pid: process.pid, startTicks, bootId: bootId() };
}

/** The label as Docker labels. */
export function labelsOf(run: RunLabel): Record<string, string> {
  return {
    'steelyard.project': 'steelyard',
    'steelyard.run': run.runId,
    'steelyard.pid': String(run.pid),
    'steelyard.ticks': run.startTicks,
    'steelyard.boot': run.bootId,
  };
}

/** The label as an environment variable, for every process a run starts. */
export function environmentOf(run: RunLabel): Record<string, string> {
  return { [runVariable]: JSON.stringify([run.runId, run.pid, run.startTicks, run.bootId]) };
}

/** The owner that Docker labels name; undefined when they are not ours. */
export function runOfLabels(labels: Record<string, string> | undefined): RunLabel | undefined {
  if (labels?.['steelyard.project'] !== 'steelyard') return undefined;
  return toRun([
    labels['steelyard.run'],
    Number(labels['steelyard.pid']),
    labels['steelyard.ticks'],
    labels['steelyard.boot'],
  ]);
}

/** The owner that a process's environment names (the text of /proc/PID/environ); undefined when it names none. */
export function runOfEnvironment(environ: string): RunLabel | undefined {
  const entry = environ.split('\0').find((it) => it.startsWith(`${runVariable}=`));
  if (entry === undefined) return undefined;
  try {
    return toRun(JSON.parse(entry.slice(runVariable.length + 1)));
  } catch {
    return undefined; // not written by us
  }
}

function toRun(parts: unknown): RunLabel | undefined {
  if (!Array.isArray(parts)) return undefined;
  const [runId, pid, startTicks, boot] = parts as unknown[];
  if (typeof runId !== 'string' || typeof startTicks !== 'string' || typeof boot !== 'string')
    return undefined;
  return Number.isInteger(pid) ? { runId, pid: pid as number, startTicks, bootId: boot } : undefined;
}

/**
 * Whether the process that owns a run is gone for certain. Where this machine cannot tell, the answer is no.
 * `createdAt` is when the thing was made (wall clock, ms): something labelled with another boot is a leaving only if
 * it is older than this boot; a younger one belongs to another machine that shares the Docker daemon.
 */
export function isOwnerDead(run: RunLabel, createdAt?: number): boolean {
  const here = bootId();
  if (run.bootId === here) {
    const owner = processOf(run.pid);
    if (here === process.platform) return !isRunning(run.pid);
    return owner === undefined || owner.startTicks !== run.startTicks || 'ZX'.includes(owner.state);
  }
  const sameBoot = run.bootId.split('/')[0] === here.split('/')[0];
  if (sameBoot) return false; // another pid namespace, a container say: its pids cannot be seen from here
  return createdAt !== undefined && createdAt < Date.now() - uptime() * 1000;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
