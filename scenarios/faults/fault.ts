/**
 * The contract of a fault, and the three kinds there are.
 *
 * A *service-level* fault is a pure function from one request to a verdict; the backend (in its container, its
 * process or the simulator) carries the verdict out. It never waits and never does I/O.
 * A *host-level* fault is a name from a closed set which each driver implements in its own way.
 * A *load* fault is a change of the load itself, which the workload carries out (load-faults.ts): it hits no backend.
 */
import type { Parameters, ParameterValues } from '../parameters.ts';
import type { PauseLaw } from '../pauses.ts';

/** What a service-level fault makes of one request. The set is closed: backend and simulator implement each of them. */
export type Verdict =
  | { readonly kind: 'pass' }
  /** The service takes `ms` longer, or shorter where that is below 0, and the worker is busy all the while. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Answers `status` after `after` ms, without occupying a worker. */
  | { readonly kind: 'error'; readonly status: number; readonly after: number }
  /** RST: before the response where `sent` is 0, else after that share of the body. */
  | { readonly kind: 'reset'; readonly sent: number }
  /** Accepts and never answers. */
  | { readonly kind: 'hang' }
  /** Promises the whole body, sends `sent` (a share) of it, then FIN. */
  | { readonly kind: 'truncate'; readonly sent: number }
  /** Sends the body one byte every `every` ms. */
  | { readonly kind: 'drip'; readonly every: number }
  /** Sends the body under a Content-Length that cannot be true. */
  | { readonly kind: 'bad-length'; readonly how: BadLength }
  /** Sends the body, and so many bytes more. */
  | { readonly kind: 'extra-bytes'; readonly bytes: number };

/** Two that differ; beside chunks; no number; or twice what comes, on a connection that stays open. */
export type BadLength = 'differing' | 'with-chunked' | 'malformed' | 'too-long';

/** Whether a response so judged stays unfinished on an open connection; healing its fault breaks that off. */
export const isHeld = (verdict: Verdict): boolean =>
  verdict.kind === 'hang' ||
  verdict.kind === 'drip' ||
  (verdict.kind === 'bad-length' && verdict.how === 'too-long');

/** Whether it is carried out without a worker, and so without the work. */
export const isUnworked = (verdict: Verdict): boolean =>
  verdict.kind === 'error' || verdict.kind === 'hang' || (verdict.kind === 'reset' && verdict.sent === 0);

/** What a fault may look at. */
export interface Victim {
  /** Since the fault's onset, ms; or since the process started, where that was later. */
  readonly elapsed: number;
  /** Requests taken in since then. */
  readonly taken: number;
  /** Number of the request in the workload. −1 for a health check. */
  readonly request: number;
  /** Whether this is a health check: most faults spare it or hit only it. */
  readonly healthCheck: boolean;
  /** The service time this request would have without the fault, ms. 0 for a health check. */
  readonly service: number;
  /** Where the request inverts service-time laws, in (0, 1). 0.5 for a health check. */
  readonly quantile: number;
  /** A draw in (0, 1) for this request and this fault. */
  readonly random: number;
}

/** What a service-level fault's file exports by default. The file's name is its name in a scenario. */
export interface ServiceFault<P extends Parameters = Parameters> {
  readonly level: 'service';
  readonly about: string;
  readonly options: P;
  create(values: ParameterValues<P>): (victim: Victim) => Verdict;
  /** Where the whole process stands still now and then while the fault is on: how often, and for how long. */
  pauses?(values: ParameterValues<P>): PauseLaw;
}

/** Host-level faults, told apart at the socket; a test proves it. `revive` undoes each of them. */
export type HostFaultKind =
  | 'crash'
  | 'vanish'
  | 'freeze'
  | 'throttle'
  | 'stop'
  | 'out-of-memory'
  | 'partition';

/** What a host-level fault's file exports by default: a name, its options and what it looks like from outside. */
export interface HostFault<P extends Parameters = Parameters> {
  readonly level: 'host';
  readonly about: string;
  readonly options: P;
}

/** What a load fault makes of the load while it holds. The set is closed. */
export type LoadChange =
  /** So many times the rate, or the connections of a closed loop: `from` at its onset, linearly to `to` over `over` ms, then `to`. */
  | { readonly kind: 'rate'; readonly from: number; readonly to: number; readonly over: number }
  /** A share of the requests has one of so many keys that nobody else has. */
  | { readonly kind: 'keys'; readonly share: number; readonly keys: number }
  /** The clients of a share of the requests go away `after` ms, unless they have their answer by then. */
  | { readonly kind: 'leave'; readonly share: number; readonly after: number };

/** What a load fault's file exports by default. */
export interface LoadFault<P extends Parameters = Parameters> {
  readonly level: 'load';
  readonly about: string;
  readonly options: P;
  /** `lasts`: how long it holds, ms; Infinity where nobody knows. */
  create(values: ParameterValues<P>): (lasts: number) => LoadChange;
}

export type FaultDefinition = ServiceFault | HostFault | LoadFault;

/** Checks a definition's types where it is written and returns it unchanged. */
export function defineService<const P extends Parameters>(
  fault: Omit<ServiceFault<P>, 'level'>,
): ServiceFault<P> {
  return { level: 'service', ...fault };
}

/** Checks a definition's types where it is written and returns it unchanged. */
export function defineHost<const P extends Parameters>(fault: Omit<HostFault<P>, 'level'>): HostFault<P> {
  return { level: 'host', ...fault };
}

/** Checks a definition's types where it is written and returns it unchanged. */
export function defineLoad<const P extends Parameters>(fault: Omit<LoadFault<P>, 'level'>): LoadFault<P> {
  return { level: 'load', ...fault };
}

export const pass: Verdict = { kind: 'pass' };
