/** TLS clients for tests, which say how far they got. */
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { ExecutionContext } from 'ava';

/** Connects and shakes hands; rejects with the error where that fails. Gone when the test is over. */
export function secured(
  t: ExecutionContext,
  port: number,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    t.teardown(() => void socket.destroy());
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed in the handshake')));
  });
}

/** What such a handshake came to: the version, or the code of its error. */
export async function handshake(
  t: ExecutionContext,
  port: number,
  options: ConnectionOptions,
): Promise<string> {
  try {
    return (await secured(t, port, options)).getProtocol() ?? 'no protocol';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** Sends, and reads until the other side ends or breaks. */
export function exchange(socket: TLSSocket, bytes: string): Promise<{ text: string; ending: string }> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.once('end', () => resolve({ text, ending: 'end' }));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve({ text, ending: error.code ?? '' }));
    socket.write(bytes);
  });
}
