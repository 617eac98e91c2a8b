/**
 * `summary.json`: what a run came to, for people's scripts. Built from the recording alone, so it can be built again.
 * Every definition of a number stands here, beside its name; the code that computes it is named in brackets.
 *
 * Units: milliseconds unless the name says otherwise, rates per second, shares as fractions of one.
 * `null` means that the number does not exist: no response was ok, the backend was never detected, it never recovered.
 */

import type { Run, Trial } from '../harness/recording.ts';
import type { Divergence } from './divergence.ts';

export const summaryVersion = 1;

/** Nearest-rank percentiles of a set of latencies, ms [latencies.ts]; of a folded trial within 0.05% [histogram.ts]. */
export interface Latency {
  mean: number | null;
  p50: number | null;
  p90: number | null;
  p95: number | null;
  p99: number | null;
  p999: number | null;
  max: number | null;
}

/** Requests due in the measured window. sent = ok + failed + lost + aborted + inFlightAtEnd, exactly; notSent is apart [sample.ts]. */
export interface Requests {
  sent: number;
  ok: number;
  failed: number;
  lost: number;
  inFlightAtEnd: number;
  notSent: number;
  /** Whose clients went away by themselves (the fault `abort`): nobody's error. Absent: none. */
  aborted?: number;
  /** Of the ok ones, those answered after the deadline. */
  late: number;
  /** The sent ones by how they ended: `ok`, `failed-503`, `failed-refused`, `lost-reset`, `aborted`, `in-flight` … */
  byOutcome: Record<string, number>;
}

/** What is measured of any stretch of time: a whole window, or one phase of it [measures.ts]. */
export interface PhaseMeasures {
  /** Length of the stretch, s; of all rounds together. */
  seconds: number;
  requests: Requests;
  /** Complete responses (of any status) received within the stretch, per second of it. */
  throughput: number;
  /** Responses that were ok, and in time where there is a deadline, received within the stretch, per second of it. */
  goodput: number;
  /** (failed + lost) ÷ sent; in flight at the end is neither. Null when nothing was sent. */
  errorRate: number | null;
  /**
   * Attempts picked within the stretch ÷ requests sent in it: what retries multiply the load by. Below 1 where the balancer turns
   * requests away. Null where nothing was sent, and at layer 4, where an attempt is a connection.
   */
  attemptsPerRequest: number | null;
  /**
   * Requests due within the stretch that backends executed more than once, and those of which it cannot be told, as a killed process
   * took its memory along; null where nobody knows [executions.ts].
   */
  duplicated: number | null;
  perhapsDuplicated: number | null;
  /** Of ok responses, from the intended time (open load) or the send (closed load) to the last byte. */
  latencyMs: Latency;
  /**
   * Of every request sent: ok ones at their latency, at most the deadline; failed and lost ones at the deadline; those in flight at
   * the end at their age when the window closed, those whose clients went away at theirs then, the least it can have been. Where the scenario has none, the client's timeout stands in.
   */
  deadlineLatencyMs: Latency;
}

/** A backend's part of the attempts picked within the window [shares.ts]. */
export interface BackendShare {
  id: string;
  weight: number;
  zone?: string;
  attempts: number;
  /** Of all attempts. */
  share: number | null;
  /** weight ÷ sum of weights. */
  fairShare: number;
  /** share ÷ fairShare: 1 is fair. */
  shareOverFair: number | null;
  /** Attempts that ended neither ok nor cancelled, nor in flight. */
  errors: number;
  /** Its share within each phase; absent when nothing was picked in it. */
  phases: Partial<Record<Phase, number>>;
  /** How often it was taken out of a pool, in the window and in each phase [ejections.ts]. */
  ejections: Record<Phase | 'all', number>;
}

/** One fault as one contender lived through it; over several rounds, medians (never is larger than any time) [failover.ts]. */
export interface Failover {
  /** Position in the scenario's list. */
  fault: number;
  /** 0 unless the fault comes again and again. */
  occurrence: number;
  kind: string;
  backends: string[];
  /** From t = 0 of the trial: when the harness began with it, when it held, and when the victims were back. */
  askedMs: number;
  takenMs: number;
  healedMs: number | null;
  /** From taken until every victim had been taken out of a pool, by health, as an outlier, or by its breaker [fault-course.ts]. */
  ejectedMs: number | null;
  /** From taken until every victim was marked unhealthy; 0 when that was before the driver had seen the fault hold. */
  detectMs: number | null;
  /** From taken until the contender was back inside its own band from before the fault, and stayed there for 1 s [recovery.ts]. */
  recoverMs: number | null;
  /** Bad requests (failed, lost or late) that the fault explains [sacrificed.ts]. */
  sacrificed: number | null;
  /** Requests with an attempt on a victim while it held that backends executed more than once, and that perhaps were [executions.ts]. */
  duplicated: number | null;
  perhapsDuplicated: number | null;
  /** Good requests slower than 99% of those of before, beyond the hundredth that would be anyway [delayed.ts]. */
  delayed: number | null;
  /** Good requests missing from the mean of before, from taken until recovered or to the end of the window [lost-goodput.ts]. */
  lostGoodput: number | null;
  /** From taken to the last attempt that picked a victim before its heal was asked for; null when there was none. */
  lastSentMs: number | null;
  /** The victims' share of the attempts picked while the fault held; null where it had none, or nothing was picked. */
  victimShare: number | null;
  /** After the victim was taken back: its largest share in 250 ms ÷ its fair share [readmission.ts]. */
  overshoot: number | null;
  /** From healed until every victim was healthy again, as the balancer sees it; 0 when that was before the driver had said so. */
  readmittedMs: number | null;
  /** Its share of all attempts from then to the end of the window [readmission.ts]. */
  returnedShare: number | null;
  /** From healed until the victim had its part of the requests again for 1 s [readmission.ts]. */
  fairAgainMs: number | null;
  /** Why a number is not known, by its name, where the recording is too large for rows and its folds cannot tell; it is null then. */
  unknown?: Partial<Record<FailoverNumber, string>>;
}

export type FailoverNumber =
  | 'recoverMs'
  | 'sacrificed'
  | 'duplicated'
  | 'delayed'
  | 'lostGoodput'
  | 'victimShare'
  | 'overshoot'
  | 'returnedShare'
  | 'fairAgainMs';

export type Phase = 'before' | 'during' | 'after';

/**
 * What a contender's choices cost beyond the oracle's, on the same requests in a simulation [regret.ts]. Negative where the contender
 * was faster: the oracle is greedy for the request at hand, and so the bound only nearly.
 */
export interface Regret {
  /** Those that were answered ok both here and by the oracle; null where they were folded as they came, and means are of each one's own. */
  requests: number | null;
  /** Mean sojourn beyond the oracle's. */
  meanMs: number;
  oracleMeanMs: number;
  /** Mean sojourn ÷ the oracle's; null when the oracle's is 0. */
  factor: number | null;
  /** Nearest rank of the difference, request by request; null where they were folded. */
  p50Ms: number | null;
  p99Ms: number | null;
}

export interface Measures extends PhaseMeasures {
  /**
   * By the time a request was due: before the first fault took; during, while one held; after, at any other time.
   * Null when no fault took.
   */
  phases: Record<Phase, PhaseMeasures> | null;
  /** Empty in the single rounds of a fleet of more than 256. */
  perBackend: BackendShare[];
  /** Jain's index over share ÷ weight: 1 when all are even, 1/n when one has everything. Jain, Chiu, Hawe 1984. */
  fairness: number | null;
  /** Attempts beyond the first, picked within the window. */
  retries: number;
  failover: Failover[];
  /** Absent where no oracle was simulated beside it, as in every real run. */
  regret?: Regret;
  /** Against simulated twins; absent where there are none, as in every simulation [divergence.ts]. */
  simulated?: Divergence;
  /** CPU of the balancer's process ÷ requests sent, warm-up included in both; µs. Absent in a simulation: nothing ran. */
  cpuMicrosPerRequest?: number | null;
}

export interface RoundSummary extends Measures {
  trial: string;
  round: number;
  seed: number;
  order: number;
  status: Trial['status'];
  error?: string;
}

/** Numbers of all complete rounds pooled: latencies of every round in one set, counts and seconds summed. */
export interface ContenderSummary extends Measures {
  name: string;
  strategy: string;
  options: Record<string, unknown>;
  /** `failed` when any of its trials failed, `interrupted` when none was complete; only `complete` ones are ranked. */
  status: Trial['status'];
  error?: string;
  /** Why its trials were too short to see what its settings do, where they were. */
  notExercised?: string;
  rounds: RoundSummary[];
}

export interface Finding {
  check: string;
  /** Null: it could not be judged, and `detail` says why. */
  ok: boolean | null;
  detail: string;
}

export interface Audit {
  passed: boolean;
  findings: Finding[];
}

export interface ExpectationResult {
  /** As a sentence. */
  expectation: string;
  status: 'pass' | 'fail' | 'unknown';
  detail: string;
}

export interface Interval {
  contender: string;
  /** `ratio`: how many times as good the best of the others is, 1 for even, below 1 for the best; `difference`: of what has no ratio. */
  scale: 'ratio' | 'difference';
  estimate: number | null;
  /** Null where it has no end: a round had no value to compare. */
  lower: number | null;
  upper: number | null;
}

export interface Verdict {
  objective: string;
  /** By the median of rounds; best first. */
  ranking: { place: number; contender: string; value: number | null }[];
  /** Contenders of which any may be the best, so that none of them is ahead. Empty where one is, and where nothing is claimed. */
  ties: string[][];
  /** Whether one contender is the best with 95% certainty: over rounds enough, and not merely as observed. */
  proven: boolean;
  /**
   * Each contender against the best of the others, by the objective's metric; all of them hold together with 95% [standing.ts].
   * Empty where rounds are too few to claim anything.
   */
  intervals: Interval[];
  sentence: string;
  expectations: ExpectationResult[];
}

/** One contender measured and simulated, all rounds together; `agree` is null where it is not asked [agreement.ts]. */
export interface ContenderAgreement {
  name: string;
  errorRate: { measured: number | null; simulated: number | null; agree: boolean | null };
  p99Ms: { measured: number | null; simulated: number | null; agree: boolean | null };
  overloaded: boolean;
}

/** Whether a real run and its simulated twins come to the same conclusion [agreement.ts]. */
export interface Agreement {
  /** Who is best by the scenario's objective, with all who tie; best first. */
  winner: { measured: string[]; simulated: string[] };
  contenders: ContenderAgreement[];
  findings: Finding[];
}

export interface Summary {
  schemaVersion: typeof summaryVersion;
  scenario: string;
  run: string;
  seed: number;
  driver: Run['driver'];
  status: Run['status'];
  audit: Audit;
  contenders: ContenderSummary[];
  /** Absent where there are no twins, as in every simulation. */
  agreement?: Agreement;
  verdict: Verdict;
}
