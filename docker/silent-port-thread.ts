/**
 * Listens on a port and never accepts: the thread stands still, and once the queue of connections that nobody takes is full, the
 * kernel drops what knocks without a word. Ends with its thread.
 */
import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { host, port } = workerData as { host: string; port: number };

parentPort!.once('message', () => {
  const server = createServer();
  server.once('error', (error) => parentPort!.postMessage(error.message));
  server.listen({ port, host, backlog: 1 }, () => {
    parentPort!.postMessage('');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
});
parentPort!.postMessage('');
