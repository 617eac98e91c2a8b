import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

const beneath = new WeakMap<Socket, Socket>();

/** Says which connection carries a TLS connection: only that one can be reset. */
export function lieBeneath(secure: Socket, raw: Socket): void {
  beneath.set(secure, raw);
}

/**
 * Ends a connection with RST where that can still be done. After our FIN it cannot: libuv refuses to reset a stream that
 * is being shut down, and Node (26) then leaves the descriptor open for ever; such a connection is closed as it is. So is
 * a TLS connection of which nobody said what lies beneath.
 */
export function reset(socket: Socket): void {
  const raw = beneath.get(socket) ?? socket;
  if (socket.writableEnded || raw instanceof TLSSocket) socket.destroy();
  else raw.resetAndDestroy();
}
