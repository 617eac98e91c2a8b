/** What a client's connection keeps of its current request for whoever watches; next to nothing where nobody does. */
import type { Client } from './client.ts';
import type { ProxyCore } from './core.ts';
import type { Exchange } from './exchange.ts';

export class Watched {
  /** When the current request had come as far as it must before it is sent on, ms; NaN where there is none, or nobody asks. */
  begun = Number.NaN;
  /** Of the current request as far as it has come, head and framing included; 0 where it could not be read. */
  bytesIn = 0;
  /** Bytes written on the connection before its response. */
  writtenBefore = 0;

  /** A request's head has come, so long. */
  begin(core: ProxyCore, client: Client, exchange: Exchange, headBytes: number): void {
    exchange.backend = undefined;
    exchange.kind = undefined;
    this.begun = core.now();
    this.bytesIn = headBytes;
    this.writtenBefore = client.socket.bytesWritten;
  }

  /** Whoever watches hears of each request once. `status` is that of a response as a whole; 0 where there was none. */
  end(core: ProxyCore, client: Client, exchange: Exchange, status: number): void {
    if (Number.isNaN(this.begun)) return;
    core.watcher!.ended(client, exchange, status);
    this.begun = Number.NaN;
  }
}
