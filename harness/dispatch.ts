/** One request on its way through a balancer: what a strategy sees of it, and where it stands. */
import type { OutcomeKind, Request } from '../strategies/strategy.ts';
import type { PooledBackend } from './pooled-backend.ts';

/** What the data path knows of a request before it is sent anywhere. */
export interface DispatchRequest {
  /** Number in the workload; −1 when it carries none: its draws then come from the dispatcher's own count. */
  readonly number: number;
  readonly key: string;
  readonly client: string;
  readonly region?: string | undefined;
  /** Whether its method may be repeated (RFC 9110 §9.2.2). */
  readonly idempotent: boolean;
}

/** How an attempt ended, beside its kind. */
export interface AttemptEnd {
  /** HTTP status of the complete response; 0 when there was none. */
  readonly status: number;
  /** From the attempt's start to the first byte of the response, ms; NaN when none came. */
  readonly firstByte: number;
  /** Whether a byte of the request reached the backend (was written to an established connection). */
  readonly sent: boolean;
  /** Whether a byte of a response reached the client. */
  readonly answered: boolean;
}

/** Sees every attempt begin and end; `backend`, `attempts` and `startedAt` are that attempt's in both calls. */
export interface AttemptObserver {
  started(dispatch: Dispatch): void;
  ended(dispatch: Dispatch, kind: OutcomeKind, status: number, at: number): void;
}

/** Shared until a retry needs its own: most requests never do. */
const none: PooledBackend[] = [];

export class Dispatch implements Request {
  number: number;
  key: string;
  client: string;
  region?: string;
  idempotent: boolean;
  /** What its random draws are counted by. */
  luck: number;
  /** Backends that earlier attempts have used. */
  tried: PooledBackend[] = none;
  /** The backend its session is bound to: picked before the strategy is asked, where it can be. */
  preferred: PooledBackend | undefined = undefined;
  /** Attempts made, the current one included. */
  attempts = 0;
  /** Of the current attempt; undefined between attempts. */
  backend: PooledBackend | undefined = undefined;
  /** What to do once there is a backend for it, where it waits for one. */
  ready: (() => void) | undefined = undefined;
  #startedAt = 0;

  constructor(request: DispatchRequest, luck: number) {
    this.number = request.number;
    this.key = request.key;
    this.client = request.client;
    if (request.region !== undefined) this.region = request.region;
    this.idempotent = request.idempotent;
    this.luck = luck;
  }

  /** When the current attempt's backend was picked, ms. */
  get startedAt(): number {
    return this.#startedAt;
  }
  set startedAt(ms: number) {
    this.#startedAt = ms;
  }

  /** Takes in another request, where the one before is over and nobody looks at it any more: what simulating millions asks for. */
  reuse(request: DispatchRequest, luck: number): void {
    this.number = request.number;
    this.key = request.key;
    this.client = request.client;
    if (request.region !== undefined || this.region !== undefined) this.region = request.region as string;
    this.idempotent = request.idempotent;
    this.luck = luck;
    this.tried = none;
    this.preferred = undefined;
    this.attempts = 0;
    this.backend = undefined;
  }

  /** Remembers that an attempt on `backend` is over and another is to come. */
  exclude(backend: PooledBackend): void {
    if (this.tried === none) this.tried = [backend];
    else this.tried.push(backend);
  }
}
