/**
 * How much of what was written the kernel still holds, because the other side has not taken it. A kernel takes in megabytes for a
 * connection whose reader takes none of them, and to this process all of it is gone. Linux tells in /proc/net/tcp and tcp6, of all
 * connections at once, in some 150 bytes each: to be asked now and then. Elsewhere nobody tells.
 */
import { fstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { wireOf } from './reset.ts';

type Internals = { readonly _handle?: { readonly fd?: number; readonly bytesWritten?: number } | null };

const tables = ['/proc/net/tcp', '/proc/net/tcp6'];
/** Columns of a line, in words. */
const [queues, inode] = [4, 9];

/** What tells a socket from all others of this machine; undefined where that is not to be known. */
export function numberOf(socket: Socket): number | undefined {
  const fd = (wireOf(socket) as unknown as Internals)._handle?.fd;
  return process.platform === 'linux' && fd !== undefined && fd >= 0 ? fstatSync(fd).ino : undefined;
}

/** Bytes ever given to the kernel. */
export function givenTo(socket: Socket): number {
  return (wireOf(socket) as unknown as Internals)._handle?.bytesWritten ?? 0;
}

/** Bytes not taken, of each of those sockets that has any. */
export async function untaken(numbers: ReadonlySet<number>): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (const table of tables)
    for (const line of (await readTable(table)).split('\n').slice(1)) {
      const words = line.trim().split(/\s+/);
      const bytes = Number.parseInt(words[queues] ?? '', 16);
      if (bytes > 0 && numbers.has(Number(words[inode]))) found.set(Number(words[inode]), bytes);
    }
  return found;
}

/** Empty where there is none: a kernel without IPv6, a container without /proc. */
async function readTable(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) return '';
    throw cause;
  }
}
