import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

const beneath = new WeakMap<Socket, Socket>();

/** Says which connection carries a TLS connection: only that one can be reset. */
export function lieBeneath(secure: Socket, raw: Socket): void {
  beneath.set(secure, raw);
}

/** The connection that carries a TLS connection, where that was said; else the connection itself. */
export function wireOf(socket: Socket): Socket {
  return beneath.get(socket) ?? socket;
}

/**
 * Ends a connection with RST where that can still be done. After our FIN it cannot: libuv refuses to reset a stream that
 * is being shut down, and Node (26) then leaves the descriptor open for ever; such a connection is closed as it is. So is
 * a TLS connection of which nobody said what lies beneath.
 */
export function reset(socket: Socket): void {
  const raw = wireOf(socket);
  if (socket.writableEnded || raw instanceof TLSSocket) socket.destroy();
  else raw.resetAndDestroy();
}

/** Ends a connection with RST though our FIN may have gone, and with it what still lies in the kernel. */
export function cutOff(socket: Socket): void {
  const raw = wireOf(socket);
  if ((socket.writableEnded && !socket.writableFinished) || raw instanceof TLSSocket) socket.destroy();
  else raw.resetAndDestroy();
}
