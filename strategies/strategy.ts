/**
 * The contract of a balancing strategy. Start reading here, then `round-robin.ts`, and you are done.
 *
 * A strategy decides where one request goes. It sees a pool, it may be told when requests start and end,
 * and it gets its clock and its randomness as arguments; it never waits and never does I/O. So the same
 * file runs in the simulator, in the proxy and in the micro-benchmark.
 *
 * Units: milliseconds for every time; weights are relative, positive, dimensionless.
 */

/** What a strategy may know of the world beside the pool. */
export interface Env {
  /** Monotonic milliseconds. The origin is arbitrary. */
  now(): number;
  /** A number in [0, 1), drawn from (seed, request, attempt): the same request meets the same luck. */
  random(): number;
  /** Asks a backend for its load, without sending a request; `done` is never called where no answer comes. Present only where the driver can. */
  probe?(backend: Backend, done: (sample: LoadSample) => void): void;
  /** Where this balancer stands among those that share the load, each with counts of its own. Absent: it is alone. */
  readonly balancers?: { readonly index: number; readonly count: number };
  /** One-way latency between two regions or zones as the operator knows it, ms; undefined where the table has no entry. Absent without a table. */
  latency?(from: string, to: string): number | undefined;
  /** The truth: how long this request would take there if it were sent now, ms; Infinity where it would get no answer. Simulator only. */
  sojourn?(backend: Backend, request: Request): number;
}

/** What a backend says of itself, by probe or in response headers. */
export interface LoadSample {
  /** Requests inside the backend when it answered. */
  readonly inFlight: number;
  /** Its own estimate of latency at that load, ms. */
  readonly latency: number;
}

/** What a backend reports with its responses (after ORCA, gRPC A51). */
export interface LoadReport {
  /** Busy workers ÷ workers, averaged over the last second; 0 to 1, may exceed 1. */
  readonly utilization: number;
  /** Requests still inside the backend as the response left, in service and queued. */
  readonly inFlight: number;
  /** Mean time in service (queueing left out) of the requests it finished in the last second, ms; 0 where there was none. */
  readonly serviceTime: number;
  /** Requests per second it has served of late. */
  readonly rate: number;
  /** Errors per second it has served of late. */
  readonly errors: number;
  /** When the report arrived, in `env.now()` milliseconds. */
  readonly at: number;
}

/** One member of the pool. The balancer owns every field; a strategy only reads. */
export interface Backend {
  readonly id: string;
  /** Dense and stable: an array of length `1 + max(index)` holds per-backend state. */
  readonly index: number;
  readonly weight: number;
  readonly zone?: string;
  /** Requests picked and not yet ended, as this balancer counts them. */
  readonly inFlight: number;
  /** Infinity when unlimited. */
  readonly maxInFlight: number;
  readonly reported?: LoadReport;
}

/** The same two arrays until `poolChanged` is called. `available` is a subset of `members`, in the same order. */
export interface Pool {
  readonly members: readonly Backend[];
  readonly available: readonly Backend[];
}

export interface Request {
  /** Affinity key: session, user, cache key. The empty string when the request has none. */
  readonly key: string;
  /** Client address. */
  readonly client: string;
  readonly region?: string;
  /** Backends that earlier attempts of this request have used. Empty on the first attempt. */
  readonly tried: readonly Backend[];
}

/**
 * How one attempt ended: `ok` a complete response below 500; `error` a complete response of 500 or above;
 * `unreachable` no connection; `reset` the connection broke after the request was sent; `timeout` no (complete)
 * response in time; `cancelled` the client left, which says nothing about the backend.
 */
export type OutcomeKind = 'ok' | 'error' | 'unreachable' | 'reset' | 'timeout' | 'cancelled';

export interface Outcome {
  readonly kind: OutcomeKind;
  /** From the attempt's start to its end, ms. */
  readonly latency: number;
  /** From the attempt's start to the first byte of the response, ms; NaN when none came. */
  readonly firstByte: number;
}

export interface Strategy {
  /** Chooses among `pool.available`, skipping `request.tried` while another is available. Undefined when there is none. */
  pick(pool: Pool, request: Request): Backend | undefined;
  /** Called first, and on any change of membership, weight or availability. Rebuild tables here, never in `pick`. */
  poolChanged?(pool: Pool): void;
  /** `backend.inFlight` has just gone up. */
  started?(backend: Backend, request: Request): void;
  /** `backend.inFlight` has just gone down. Nothing else moves it. */
  ended?(backend: Backend, outcome: Outcome): void;
  /** What it holds for each backend, by id (sessions bound, share of the ring). For reports; never on the path of a pick. */
  distribution?(): Readonly<Record<string, number>>;
}

/** A plain description of one option; the harness validates values against it and `list` prints it. */
export type Option =
  | {
      readonly type: 'number' | 'integer' | 'duration';
      readonly default: number;
      readonly min?: number;
      readonly max?: number;
      readonly about: string;
    }
  | { readonly type: 'boolean'; readonly default: boolean; readonly about: string }
  | {
      readonly type: 'choice';
      readonly default: string;
      readonly of: readonly string[];
      readonly about: string;
    };

export type Options = Readonly<Record<string, Option>>;

/** The value of an option: durations in milliseconds. */
type Value<O> = O extends { type: 'boolean' }
  ? boolean
  : O extends { type: 'choice'; of: readonly (infer C)[] }
    ? C
    : number;

/** The values of a set of options. */
export type Values<O extends Options> = { readonly [K in keyof O]: Value<O[K]> };

/** What a strategy's file exports by default. The file's name is the strategy's public name. */
export interface StrategyDefinition<O extends Options = Options> {
  /** One sentence: what it does and when to use it. */
  readonly about: string;
  readonly options: O;
  /** What it needs beyond the basic contract; `list` says so. */
  readonly needs?: 'probe' | 'reported' | 'simulator';
  /**
   * The promise conformance measures: over 10,000 requests of distinct keys, each ended before the next, no
   * backend's share is further than `within` (a fraction of all requests) from its fair one. Absent: no promise.
   */
  readonly spread?: { readonly by: 'weight' | 'equal'; readonly within: number };
  create(env: Env, options: Values<O>): Strategy;
}

/** Checks a definition's types where it is written and returns it unchanged. */
export function define<const O extends Options>(definition: StrategyDefinition<O>): StrategyDefinition<O> {
  return definition;
}
