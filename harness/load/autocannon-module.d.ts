/** What is used of autocannon 9.0.0, which ships no types: its documented options, and of its client the private parts that `autocannon-client.ts` replaces. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';
  import type { ConnectionOptions } from 'node:tls';

  export interface Client extends EventEmitter {
    conn: Socket | undefined;
    parser: unknown;
    readonly opts: {
      tlsOptions: ConnectionOptions;
      servername?: string | undefined;
      readonly hostname: string;
      port: number | { host: string; port: number; localAddress: string };
    };
    /** ms, although the option is in whole seconds. */
    timeout: number;
    readonly pipelinedRequests: { clear(): void; size(): number; setHeaders(headers: unknown): void };
    readonly destroyed: boolean;
    getRequestBuffer(): Buffer | string;
    destroy(): void;
    _connect(): void;
    _doRequest(): void;
    _resetConnection(): void;
    _destroyConnection(): void;
  }

  interface IgnoredHistogram {
    readonly __custom: true;
    recordValue(value: number): void;
    reset(): void;
    destroy(): void;
  }

  export interface Options {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    sampleInt: number;
    setupClient(client: Client): void;
    histograms: Record<'latencies' | 'requests' | 'throughput', IgnoredHistogram>;
    skipAggregateResult: boolean;
  }

  export default function autocannon(
    options: Options,
    done: (error: Error | null) => void,
  ): EventEmitter & { stop(): void };
}
