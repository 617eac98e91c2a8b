import type { Socket } from 'node:net';

const beneath = new WeakMap<Socket, Socket>();

/** Says which connection carries a TLS connection: only that one can be reset. */
export function lieBeneath(secure: Socket, raw: Socket): void {
  beneath.set(secure, raw);
}

/**
 * Ends a connection with RST where that can still be done. After our FIN it cannot: libuv refuses to reset a stream that
 * is being shut down, and Node (26) then leaves the descriptor open for ever; such a connection is closed as it is.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else (beneath.get(socket) ?? socket).resetAndDestroy();
}
