/**
 * A limit on the memory of one process: RLIMIT_AS, set from outside by util-linux's `prlimit`, which needs no privilege for a process
 * of one's own. Other systems have no way to limit a process that runs already.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

/** Whether this machine can do it. */
export function canLimitMemory(): boolean {
  if (process.platform !== 'linux') return false;
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, 'prlimit'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The address space a process has, bytes, by the text of its /proc/PID/status: in kB there, where other files count in pages. */
export function addressSpace(status: string): number {
  const kilobytes = /^VmSize:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined)
    throw new Error('expected VmSize in /proc/PID/status, which a process that has ended lacks');
  return Number(kilobytes) * 1024;
}

/** The process may take `mebibytes` more address space than it has, and not a byte beyond. */
export async function limitMemory(pid: number, mebibytes: number): Promise<void> {
  const has = addressSpace(readFileSync(`/proc/${pid}/status`, 'utf8'));
  await execa('prlimit', ['--pid', String(pid), `--as=${has + mebibytes * 2 ** 20}:`]);
}
