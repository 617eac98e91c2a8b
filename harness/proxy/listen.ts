/** Listening, the same at either layer. */
import type { Server } from 'node:net';

/**
 * Resolves with the port once `server` listens; rejects when it cannot. Out of descriptors afterwards, the kernel's queue waits,
 * accepting goes on when some are free, and `relieve` is called to free them.
 */
export function listen(server: Server, host: string, port: number, relieve: () => void): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject);
      server.on('error', relieve);
      const address = server.address();
      if (address === null || typeof address === 'string')
        reject(new Error(`no port to listen on at ${host}`));
      else resolve(address.port);
    });
  });
}
