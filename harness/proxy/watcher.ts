/** Whoever wants to know how every request ended: access log, metrics. Nobody pays for one that is not there. */
import type { Socket } from 'node:net';
import type { OutcomeKind } from '../../strategies/strategy.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import type { Client } from './client.ts';
import type { Exchange } from './exchange.ts';

export interface RequestWatcher {
  /**
   * A request is over, and what it left in `client` and `exchange` still stands. `status` is that of a response written as
   * a whole, a backend's or our own; 0 where there was none. A request we could not read has `client.watched.bytesIn` 0, and
   * nothing of `client.head` is its own; one that had no attempt has no `exchange.backend`, and nothing of
   * `exchange` is its own.
   */
  ended(client: Client, exchange: Exchange, status: number): void;
  /** At layer 4, where there are no requests: a connection is over. */
  disconnected?(connection: ConnectionEnd): void;
}

export interface ConnectionEnd {
  /** Of the client, still with its counts of bytes. */
  readonly socket: Socket;
  readonly client: string;
  /** Where it went to. */
  readonly pool: string;
  /** When it came, and when the first byte of a backend did (NaN where none did); monotonic ms. */
  readonly begun: number;
  readonly firstByteAt: number;
  /** Who had it last; undefined where nobody was there to have it, and then `kind` is too. */
  readonly backend: PooledBackend | undefined;
  readonly kind: OutcomeKind | undefined;
  readonly attempts: number;
}

/** One that tells all of these that are there; undefined for none. */
export function together(given: readonly (RequestWatcher | undefined)[]): RequestWatcher | undefined {
  const watchers = given.filter((it) => it !== undefined);
  if (watchers.length <= 1) return watchers[0];
  return {
    ended(client, exchange, status) {
      for (const it of watchers) it.ended(client, exchange, status);
    },
    disconnected(connection) {
      for (const it of watchers) it.disconnected?.(connection);
    },
  };
}
