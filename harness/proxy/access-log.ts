/** The access log: a JSON line for each request as it ends (access-entry.ts), in a file or on standard output. */
import { now } from '../clock.ts';
import { accessEntry } from './access-entry.ts';
import type { Client } from './client.ts';
import type { Exchange } from './exchange.ts';
import { LogFile, type LogFileOptions } from './log-file.ts';
import type { RequestWatcher } from './watcher.ts';

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
    if (at >= this.#wallUntil) {
      this.#wall = Date.now() - at;
      this.#wallUntil = at + wallEvery;
    }
    this.file.add(accessEntry(client, exchange, status, this.#wall, at));
  }
}
