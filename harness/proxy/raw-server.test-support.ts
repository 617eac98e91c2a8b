/** A server of raw bytes on loopback: each connection is handed to the test, and all are gone when it ends. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

/** Returns its port. `port` takes a given one, such as that of a server closed before. */
export async function rawServer(
  t: ExecutionContext,
  onConnection: (socket: Socket) => void,
  port = 0,
): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // Peers here reset connections on purpose.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
    return closing;
  };
  t.teardown(close);
  return { port: (server.address() as AddressInfo).port, close };
}

/** Answers every request on a connection with these bytes. */
export function answering(bytes: string): (socket: Socket) => void {
  return (socket) => void socket.on('data', () => socket.write(bytes));
}

/** A whole response. */
export function page(status: number, body: string): string {
  return `HTTP/1.1 ${status} X\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;
}
