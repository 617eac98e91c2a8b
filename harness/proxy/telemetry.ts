/**
 * What a balancer counts for `/metrics` beyond what it counts for itself: how requests were answered, and how long requests
 * and attempts took. Installed where somebody may ask; a balancer without a side door has none.
 */

import type { OutcomeKind } from '../../strategies/strategy.ts';
import { now } from '../clock.ts';
import type { AttemptObserver, Dispatch } from '../dispatch.ts';
import type { PooledBackend } from '../pooled-backend.ts';
import type { Client } from './client.ts';
import { EventHub } from './event-hub.ts';
import type { Exchange } from './exchange.ts';
import { Histogram } from './open-metrics.ts';
import type { ConnectionEnd, RequestWatcher } from './watcher.ts';

export class Telemetry {
  readonly events = new EventHub();
  /** Requests by status of the response as a whole; 0 where there was none. */
  readonly responses = new Map<number, number>();
  readonly duration = new Histogram();
  receivedBytes = 0;
  sentBytes = 0;
  readonly #attempts = new WeakMap<PooledBackend, Histogram>();

  /** Of the attempts that one backend of one pool had; undefined before the first ended. */
  attemptsAt(backend: PooledBackend): Histogram | undefined {
    return this.#attempts.get(backend);
  }

  readonly observer: AttemptObserver = {
    started: () => undefined,
    ended: ({ backend, startedAt }: Dispatch, _kind: OutcomeKind, _status: number, at: number) => {
      let histogram = this.#attempts.get(backend!);
      if (histogram === undefined) {
        histogram = new Histogram();
        this.#attempts.set(backend!, histogram);
      }
      histogram.add((at - startedAt) / 1000);
    },
  };

  readonly watcher: RequestWatcher = {
    ended: ({ watched, socket }: Client, _exchange: Exchange, status: number) => {
      this.responses.set(status, (this.responses.get(status) ?? 0) + 1);
      this.duration.add((now() - watched.begun) / 1000);
      this.receivedBytes += watched.bytesIn;
      this.sentBytes += socket.bytesWritten - watched.writtenBefore;
    },
    disconnected: ({ socket }: ConnectionEnd) => {
      this.receivedBytes += socket.bytesRead;
      this.sentBytes += socket.bytesWritten;
    },
  };
}
