/** What one line of an access log says of one request. */

/**
 * Why an attempt gave no good answer: nobody listened; nobody answered the connect; connected, and no answer in time; the
 * connection broke; the backend itself answered 5xx; or the client left first, which is not the backend's fault.
 */
export type Failure = 'refused' | 'silent' | 'timeout' | 'broken' | 'error' | 'abandoned';

/** One request as one backend had it. */
export interface Attempt {
  /** As the log names it: an address, a socket's path, a server's name. */
  readonly backend: string;
  /** From when it was sent there to the end of its response, ms; undefined where the log does not say. */
  readonly took: number | undefined;
  /** Of the response, or what the balancer made of a failure; 0 where there is none. */
  readonly status: number;
  readonly failure: Failure | undefined;
}

export interface Logged {
  /** The time the line bears, ms of the epoch; lines of a log ascend by when their requests ended. */
  readonly stamp: number;
  /** The stamp is cut to so many ms; 0 where it is exact enough. */
  readonly blur: number;
  /** When the request came, ms of the epoch, were the stamp exact. */
  at: number;
  /** All of it, ms; undefined where the log does not say. */
  readonly took: number | undefined;
  /** What the balancer answered; 0 where it did not. */
  readonly status: number;
  readonly client: string | undefined;
  /** Who the client says it is: a user's name. Tells keys apart and is never written. */
  readonly user: string | undefined;
  readonly method: string | undefined;
  /** Path and query, as they were asked for. */
  readonly target: string | undefined;
  readonly host: string | undefined;
  /** Bytes of the request body; undefined where not known. */
  readonly body: number | undefined;
  /** Bytes of the response. */
  readonly answer: number | undefined;
  /** In their order; empty where no backend had it. Undefined where the log does not name backends. */
  readonly attempts: readonly Attempt[] | undefined;
}

/** What a line is to its reader: a request, or why it is none, in a few words. */
export type Read = Logged | string;

/** A few words for a line that is none of its format. */
export const damaged = (it: Read): it is string => typeof it === 'string';
