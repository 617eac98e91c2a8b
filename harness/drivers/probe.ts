/**
 * What a new connection to an address meets. Host-level faults are told apart by it: `crash` and `stop` refuse,
 * `freeze` accepts and never answers, `vanish` is silence.
 */
import { connect } from 'node:net';

export type Met =
  /** Bytes came back. */
  | 'answered'
  /** The connection was made; nothing came back in time. */
  | 'accepted'
  /** RST or FIN before any byte came back. */
  | 'closed'
  /** Refused at once. */
  | 'refused'
  /** The network says that there is no such host (on a local link: after about 3 s of silence). */
  | 'unreachable'
  /** Not even a connection in time. */
  | 'silent';

/** Connects, asks for /health and says what it met within `timeoutMs`. Never rejects. */
export function probe(host: string, port: number, timeoutMs: number): Promise<Met> {
  return new Promise((resolve) => {
    let met: Met = 'silent';
    const socket = connect({ host, port });
    const end = (answer: Met) => {
      clearTimeout(timer);
      resolve(answer);
      socket.destroy();
    };
    const timer = setTimeout(() => end(met), timeoutMs);
    socket.on('connect', () => {
      met = 'accepted';
      socket.write(`GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', () => end('answered'));
    socket.on('end', () => end('closed'));
    socket.on('error', (error: NodeJS.ErrnoException) => end(byCode[error.code ?? ''] ?? 'closed'));
  });
}

const byCode: Record<string, Met> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ETIMEDOUT: 'silent',
};
