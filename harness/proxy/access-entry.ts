/**
 * One line of the access log: JSON, the same fields in the same order in every line. What comes from outside is escaped as
 * JSON wants it, so that nobody can write a line of their own; queries are kept as they were sent.
 */
import { TLSSocket } from 'node:tls';
import type { Client } from './client.ts';
import type { Exchange } from './exchange.ts';

/** Milliseconds with three decimals, or null. */
const ms = (value: number): string =>
  Number.isNaN(value) ? 'null' : String(Math.round(value * 1000) / 1000);
const text = (value: string | undefined): string => (value === undefined ? 'null' : JSON.stringify(value));

/**
 * `wall` is the wall-clock time of monotonic 0, ms; `now` monotonic. The request is over, as a `RequestWatcher` hears of it.
 */
export function accessEntry(
  client: Client,
  exchange: Exchange,
  status: number,
  wall: number,
  now: number,
): string {
  const { head, begun, bytesIn } = client;
  const { backend } = exchange;
  const read = bytesIn > 0;
  const attempts = backend === undefined ? 0 : exchange.attempts;
  const firstByte = backend === undefined ? Number.NaN : exchange.firstByteAt - begun;
  const fields = [
    `"time":"${new Date(wall + begun).toISOString()}"`,
    `"client":${text(read ? client.who : client.address)}`,
    `"method":${text(read ? head.method : undefined)}`,
    `"target":${text(read ? head.target : undefined)}`,
    `"host":${text(read ? head.host : undefined)}`,
    `"status":${status}`,
    `"bytesIn":${bytesIn}`,
    `"bytesOut":${client.socket.bytesWritten - client.writtenBefore}`,
    `"durationMs":${ms(now - begun)}`,
    `"firstByteMs":${ms(firstByte)}`,
    `"backend":${text(backend?.id)}`,
    `"pool":${text(read ? (head.route?.pool ?? 'all') : undefined)}`,
    `"attempts":${attempts}`,
    `"outcome":"${backend === undefined ? withoutAttempt(status) : exchange.kind}"`,
    `"request":${read && head.number >= 0 ? head.number : 'null'}`,
    `"tls":${client.socket instanceof TLSSocket ? text(client.socket.getProtocol() ?? undefined) : 'null'}`,
  ];
  return `{${fields.join(',')}}\n`;
}

/** Why it was sent to nobody: we would not, its client left before we could, or there was nobody. */
function withoutAttempt(status: number): string {
  if (status >= 400 && status < 500) return 'refused';
  return status === 0 ? 'cancelled' : 'unavailable';
}
