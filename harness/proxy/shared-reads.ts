/**
 * Reads of accepted connections into one buffer for all of them. Node's `onread` gives that to connections it makes
 * (upstream.ts) but not to those it accepts: there every read allocates 64 KiB, shrinks them, wraps them and has them
 * collected, which cost a fifth of all CPU of a balanced connection. So it is switched on here just as Node does it for
 * `onread` (lib/net.js, initSocketHandle), which is no public API: where a Node has it no longer, and for sockets that are
 * more than TCP, the stream's own events do the same at the higher price.
 */
import { Socket } from 'node:net';

/** `b` holds `size` bytes, until it returns: it is used again for the next read. False: read no more until `resume`. */
export type Received = (b: Buffer, size: number) => boolean;

/** Reads are synchronous, and whoever keeps what came keeps a copy. */
const readBuffer = Buffer.allocUnsafeSlow(65_536);

type Internals = Record<symbol, unknown> & {
  readonly _handle?: { useUserBuffer?(buffer: Buffer): void } | null;
};

const symbols = Object.getOwnPropertySymbols(new Socket());
const bufferKey = symbols.find(({ description }) => description === 'kBuffer');
const callbackKey = symbols.find(({ description }) => description === 'kBufferCb');

/** To be called as soon as the connection is accepted, before anything of it is read. Returns whether the buffer is shared. */
export function readShared(socket: Socket, received: Received): boolean {
  const { _handle: handle } = socket as unknown as Internals;
  const plain = socket.constructor === Socket && typeof handle?.useUserBuffer === 'function';
  if (!plain || bufferKey === undefined || callbackKey === undefined) {
    socket.on('data', (chunk: Buffer) => {
      if (!received(chunk, chunk.length)) socket.pause();
    });
    return false;
  }
  const internals = socket as unknown as Record<symbol, unknown>;
  internals[bufferKey] = readBuffer;
  internals[callbackKey] = (size: number) => received(readBuffer, size);
  handle!.useUserBuffer!(readBuffer);
  return true;
}
