/** Whether an address can be listened on, asked before anything is started: a sentence, where it cannot. */

import { unlink } from 'node:fs/promises';
import { connect, createServer, type ListenOptions } from 'node:net';
import { hostPort, type ListenAddress } from '../../scenarios/addresses.ts';

/** Rejects with an Error of one sentence. A socket file that nobody listens on is a dead balancer's, and removed. */
export async function assertFree(address: ListenAddress, option: string): Promise<void> {
  const { host, port, path } = address;
  if (path !== undefined && (await isDeadSocket(path))) await unlink(path);
  const where: ListenOptions = path === undefined ? { host, port } : { path };
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, resolve);
    });
  } catch (cause) {
    throw new Error(sentence(cause as NodeJS.ErrnoException, address, option), { cause });
  }
  await new Promise((resolve) => server.close(resolve));
}

function sentence({ code, message }: NodeJS.ErrnoException, address: ListenAddress, option: string): string {
  const at = address.path ?? hostPort(address.host, address.port);
  const reasons: Partial<Record<string, string>> = {
    EADDRINUSE: `which is in use; stop what listens there, or give another ${option}`,
    EACCES: `which this user may not use${address.port > 0 && address.port < 1024 ? '; ports below 1024 need a privilege' : ''}`,
    EADDRNOTAVAIL: 'which is no address of this machine',
    ENOTFOUND: 'a name that leads nowhere',
  };
  return `${option}: expected an address to listen on, got ${at}, ${reasons[code ?? ''] ?? message}`;
}

function isDeadSocket(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
  });
}
