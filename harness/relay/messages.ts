/** What is said between the harness and its relay. Plain JSON: it crosses a process boundary. */

/** A service that requests are passed on to. */
export interface Behind {
  readonly id: string;
  /** In the fleet: two backends under one fault draw apart. */
  readonly index: number;
  readonly host: string;
  readonly port: number;
}

export interface Fault {
  readonly fault: number;
  readonly kind: string;
  readonly options: Record<string, unknown>;
  readonly seed: number;
}

/** What is asked of the front of one backend. */
export type Ask =
  | { readonly ask: 'open'; readonly behind: Behind; readonly port: number }
  /** Listens; nothing where it does already. */
  | { readonly ask: 'up' }
  /** Refuses, as the service does; what is in flight goes on. */
  | { readonly ask: 'down' }
  /** No faults, no connections. */
  | { readonly ask: 'reset' }
  | { readonly ask: 'set'; readonly fault: Fault }
  /** And breaks off what it keeps unfinished. */
  | { readonly ask: 'clear'; readonly fault: number };

export type ToRelay = { readonly type: 'ask'; readonly n: number; readonly id: string; readonly what: Ask };

/** `at`: when it was done (clock.ts, ms). */
export type FromRelay = {
  readonly type: 'answer';
  readonly n: number;
  readonly at: number;
  readonly error?: string;
};
