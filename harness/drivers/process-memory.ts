/**
 * A limit on the memory of one process: RLIMIT_AS, set from outside by util-linux's `prlimit`, which needs no privilege for a process
 * of one's own. Other systems have no way to limit a process that runs already.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

const pageBytes = 4096;

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

/** The process may take `mebibytes` more address space than it has, and not a byte beyond. */
export async function limitMemory(pid: number, mebibytes: number): Promise<void> {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[0]);
  await execa('prlimit', ['--pid', String(pid), `--as=${pages * pageBytes + mebibytes * 2 ** 20}:`]);
}
