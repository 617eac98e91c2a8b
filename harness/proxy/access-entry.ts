/**
 * One line of the access log: JSON, the same fields in the same order in every line. What comes from outside is escaped as
 * JSON wants it, so that nobody can write a line of their own; queries are kept as they were sent.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Client } from './client.ts';
import type { Exchange } from './exchange.ts';
import type { ConnectionEnd } from './watcher.ts';

/** Milliseconds with three decimals, or null. */
const ms = (value: number): string =>
  Number.isNaN(value) ? 'null' : String(Math.round(value * 1000) / 1000);
const text = (value: string | undefined): string => (value === undefined ? 'null' : JSON.stringify(value));

interface Fields {
  /** Monotonic ms, as are `now` and `firstByteAt`. */
  begun: number;
  firstByteAt: number;
  client: string;
  /** JSON. */
  request: string;
  status: string;
  bytesIn: number;
  bytesOut: number;
  backend: string | undefined;
  pool: string | undefined;
  attempts: number;
  outcome: string | undefined;
  number: number;
  socket: Socket;
}

/** `wall` is the wall-clock time of monotonic 0, ms. */
function line(it: Fields, wall: number, now: number): string {
  const fields = [
    `"time":"${new Date(wall + it.begun).toISOString()}"`,
    `"client":${text(it.client)}`,
    it.request,
    `"status":${it.status}`,
    `"bytesIn":${it.bytesIn}`,
    `"bytesOut":${it.bytesOut}`,
    `"durationMs":${ms(now - it.begun)}`,
    `"firstByteMs":${ms(it.firstByteAt - it.begun)}`,
    `"backend":${text(it.backend)}`,
    `"pool":${text(it.pool)}`,
    `"attempts":${it.attempts}`,
    `"outcome":${text(it.outcome)}`,
    `"request":${it.number >= 0 ? it.number : 'null'}`,
    `"tls":${it.socket instanceof TLSSocket ? text(it.socket.getProtocol() ?? undefined) : 'null'}`,
  ];
  return `{${fields.join(',')}}\n`;
}

/** Of a request that is over, as a `RequestWatcher` hears of it. */
export function requestLine(
  client: Client,
  exchange: Exchange,
  status: number,
  wall: number,
  now: number,
): string {
  const { head, socket } = client;
  const { begun, bytesIn, writtenBefore } = client.watched;
  const { backend } = exchange;
  const read = bytesIn > 0;
  const of = (value: string) => text(read ? value : undefined);
  return line(
    {
      begun,
      firstByteAt: backend === undefined ? Number.NaN : exchange.firstByteAt,
      client: read ? client.who : client.address,
      request: `"method":${of(head.method)},"target":${of(head.target)},"host":${of(head.host)}`,
      status: String(status),
      bytesIn,
      bytesOut: socket.bytesWritten - writtenBefore,
      backend: backend?.id,
      pool: read ? (head.route?.pool ?? 'all') : undefined,
      attempts: backend === undefined ? 0 : exchange.attempts,
      outcome: backend === undefined ? withoutAttempt(status) : exchange.kind,
      number: read ? head.number : -1,
      socket,
    },
    wall,
    now,
  );
}

/** Of a connection that is over, at layer 4: what only requests have is null. */
export function connectionLine(connection: ConnectionEnd, wall: number, now: number): string {
  const { begun, firstByteAt, client, pool, socket, backend, kind, attempts } = connection;
  return line(
    {
      begun,
      firstByteAt,
      client,
      request: '"method":null,"target":null,"host":null',
      status: 'null',
      bytesIn: socket.bytesRead,
      bytesOut: socket.bytesWritten,
      backend: backend?.id,
      pool,
      attempts,
      outcome: kind ?? 'unavailable',
      number: -1,
      socket,
    },
    wall,
    now,
  );
}

/** Why it was sent to nobody: we would not, its client left before we could, or there was nobody. */
function withoutAttempt(status: number): string {
  if (status >= 400 && status < 500) return 'refused';
  return status === 0 ? 'cancelled' : 'unavailable';
}
