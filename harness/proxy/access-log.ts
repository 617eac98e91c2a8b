/** The access log: a JSON line for each request as it ends, or for each connection at layer 4 (access-entry.ts), in a file or on standard output. */
import { now } from '../clock.ts';
import { connectionLine, requestLine } from './access-entry.ts';
import type { Client } from './client.ts';
import type { Exchange } from './exchange.ts';
import { LogFile, type LogFileOptions } from './log-file.ts';
import type { ConnectionEnd, RequestWatcher } from './watcher.ts';

/** Wall and monotonic time drift apart by little, and are brought together again so often, ms. */
const wallEvery = 1_000;

export class AccessLog implements RequestWatcher {
  readonly file: LogFile;
  #wall = Date.now() - now();
  #wallUntil = now() + wallEvery;

  /** Throws where the file cannot be opened. */
  constructor(options: LogFileOptions) {
    this.file = new LogFile(options);
  }

  ended(client: Client, exchange: Exchange, status: number): void {
    const at = now();
    this.file.add(requestLine(client, exchange, status, this.#wallAt(at), at));
  }

  disconnected(connection: ConnectionEnd): void {
    const at = now();
    this.file.add(connectionLine(connection, this.#wallAt(at), at));
  }

  /** Wall-clock time of monotonic 0, ms. */
  #wallAt(at: number): number {
    if (at >= this.#wallUntil) {
      this.#wall = Date.now() - at;
      this.#wallUntil = at + wallEvery;
    }
    return this.#wall;
  }
}
