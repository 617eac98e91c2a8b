/** Where events of a balancer go beside its log: to whoever subscribes, and into counts. */
import type { ServerResponse } from 'node:http';
import type { ToldEvent } from './house-log.ts';

/** Bytes that a subscriber may be behind; one that takes no more is let go, rather than kept in memory. */
const mostBehind = 1024 * 1024;

export class EventHub {
  /** By type. */
  readonly counts = new Map<string, number>();
  readonly #subscribers = new Set<(line: string) => void>();

  publish(event: ToldEvent): void {
    this.counts.set(event.type, (this.counts.get(event.type) ?? 0) + 1);
    if (this.#subscribers.size === 0) return;
    const line = `${JSON.stringify(event)}\n`;
    for (const tell of this.#subscribers) tell(line);
  }

  /** Sends every event from now on as a line of JSON, until the subscriber leaves or falls too far behind. */
  stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    response.flushHeaders();
    response.socket?.setKeepAlive(true, 30_000);
    const tell = (line: string) => {
      if (response.writableLength > mostBehind) response.destroy();
      else response.write(line);
    };
    this.#subscribers.add(tell);
    response.on('close', () => this.#subscribers.delete(tell));
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }
}
