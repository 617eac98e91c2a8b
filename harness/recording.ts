/**
 * The run format: every field of every file in a run directory is named here. Reports read this and nothing else
 * of the harness, so a recording can be judged again by another version, another person, another machine.
 *
 *   run.json                      what was run, where, how it ended
 *   events.ndjson                 faults asked, taken and healed; health transitions; one object a line
 *   trials/<id>/requests.parquet  one row per request, as the client saw it
 *   trials/<id>/attempts.parquet  one row per attempt, as the balancer saw it
 *   trials/<id>/executed.parquet  one row per execution, as the backends saw it
 *   trials/<id>/folds.json        instead of both, where a simulation had more than 5 million requests
 *   trials/<id>/simulated/        the same trial in virtual time, beside a measured one: the same files, and its own events.ndjson
 *
 * Rows and folds are named in `recording-rows.ts`, `recording-executions.ts` and `recording-folds.ts`.
 * Times in rows are microseconds from t = 0 of their trial (the end of the warm-up; warm-up rows are negative);
 * times in events are milliseconds from it. Every duration comes from one monotonic clock.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scenario } from '../scenarios/scenario.ts';
import type { TimeConstant } from '../scenarios/time-constants.ts';
import { readEventFile } from './event-log.ts';
import type { ExecutionsKept } from './recording-executions.ts';
import { writeWhole } from './whole-file.ts';

export {
  type ExecutionColumns,
  type ExecutionRow,
  type ExecutionsKept,
  readExecutions,
  writeExecutions,
} from './recording-executions.ts';
export {
  cellMiddle,
  cellOf,
  type FaultFold,
  type Folds,
  fingerprint,
  foldsFile,
  type HistogramFold,
  type PhaseFold,
  readFolds,
  type TimelineFold,
} from './recording-folds.ts';
export {
  type AttemptColumns,
  type AttemptKind,
  type AttemptRow,
  attemptColumns,
  attemptKinds,
  type Cause,
  causes,
  oracleOf,
  outcomes,
  type RequestColumns,
  type RequestOutcome,
  type RequestRow,
  readAttempts,
  readRequests,
  requestColumns,
  simulatedTwin,
  trialFile,
  writeAttempts,
  writeRequests,
} from './recording-rows.ts';
export { writeWhole } from './whole-file.ts';

export const schemaVersion = 1;

/** One line of `events.ndjson`. `t` is milliseconds from t = 0 of the trial. */
export type Event =
  | {
      trial: string;
      t: number;
      type: 'fault';
      /** Position in the scenario's list. */
      fault: number;
      kind: string;
      backends: readonly string[];
      /** `asked` when the harness began, `taken` when it held; then the same for its end. */
      phase: 'asked' | 'taken' | 'heal-asked' | 'healed' | 'failed';
      detail?: string;
    }
  | {
      trial: string;
      t: number;
      type: 'health';
      backend: string;
      from: 'unknown' | 'healthy' | 'unhealthy';
      to: 'unknown' | 'healthy' | 'unhealthy';
      /** What decided: an active check or real traffic. */
      by: 'active' | 'passive';
      detail: string;
      /** Where there are routes: in which pool; absent for that of all backends. */
      pool?: string;
    }
  | {
      trial: string;
      t: number;
      type: 'pool';
      backend: string;
      /**
       * `removed` and `draining` stop new picks, `drained` says that nothing is left in flight, `overdue` that what is left
       * is broken off at the deadline.
       */
      change: 'added' | 'removed' | 'draining' | 'drained' | 'overdue' | 'undrained' | 'reweighed';
      /** Where it was reweighed. */
      weight?: number;
      pool?: string;
    }
  | {
      trial: string;
      t: number;
      type: 'slow-start';
      backend: string;
      phase: 'begun' | 'ended';
      pool?: string;
    }
  /** An outlier is left out until `until`, ms. */
  | {
      trial: string;
      t: number;
      type: 'ejection';
      backend: string;
      phase: 'begun' | 'over';
      by: 'success-rate' | 'failure-percentage';
      until?: number;
      detail?: string;
      pool?: string;
    }
  | {
      trial: string;
      t: number;
      type: 'breaker';
      backend: string;
      from: 'closed' | 'open' | 'half-open';
      to: 'closed' | 'open' | 'half-open';
      detail: string;
      pool?: string;
    }
  /** Whoever answers at a backend's address said another's id, `said`; told once for each other it turns out to be in a row. */
  | {
      trial: string;
      t: number;
      type: 'identity';
      backend: string;
      said: string;
      by: 'active' | 'passive';
      pool?: string;
    }
  /** So few backends were usable that all were used, or no longer. */
  | {
      trial: string;
      t: number;
      type: 'panic';
      phase: 'begun' | 'over';
      usable: number;
      of: number;
      pool?: string;
    }
  /** `refused` retries since it was last told of, at most once a second. */
  | { trial: string; t: number; type: 'retry-budget'; refused: number; pool?: string }
  /** `refused` requests that found the queue full, or waited too long in it, since it was last told of, at most once a second. */
  | { trial: string; t: number; type: 'queue'; refused: number; why: 'full' | 'timeout'; pool?: string }
  | { trial: string; t: number; type: 'note'; text: string };

/** One trial: one contender, one round. */
export interface Trial {
  id: string;
  contender: string;
  round: number;
  seed: number;
  /** Position in its round's seeded order. */
  order: number;
  /** `invalid`: nothing can be concluded from it, though neither contender nor harness failed; `unsound` says why. */
  status: 'complete' | 'failed' | 'interrupted' | 'invalid';
  /** Why it failed or is invalid, in one sentence. */
  error?: string;
  /** What makes the run invalid, by the check of the audit that it breaks; whatever the trial's status. */
  unsound?: { check: 'faults' | 'steady'; says: string }[];
  /** What there is of its requests: a row each, or folds of them (more than 5 million). Absent: all. */
  rows?: 'all' | 'folded';
  /** What there is of what its backends executed (recording-executions.ts); absent where nobody was asked, or it was folded. */
  executions?: ExecutionsKept;
  /** Wall-clock label of t = 0, ISO 8601; absent in a simulation, whose time is its own. */
  startedAt?: string;
  /** Monotonic ms of t = 0 on the machine that ran it (harness/clock.ts); 0 in a simulation. */
  t0: number;
  /** Length of the measured window, ms: from t = 0 to the last arrival. */
  windowMs: number;
  /** Wall time of the whole trial, ms, set-up included; absent in a simulation. */
  wallMs?: number;
  /** CPU spent from the start of the load to its end, µs; absent in a simulation, where there is no process to ask. */
  cpu?: { proxyMicros: number; generatorMicros: number };
  /** The generator's own quality. Lateness is actual minus intended send, ms (open load only). Absent in a simulation: never late. */
  generator?: {
    latenessMs?: { p50: number; p99: number; max: number };
    loopDelayP99Ms: number;
    connections: number;
  };
  /** Counts as the generator kept them, apart from the rows: the rows must add up to them. */
  counts: RequestCounts;
}

/** Requests of the measured window. sent = ok + failed + lost + aborted + inFlightAtEnd, exactly; notSent is apart. */
export interface RequestCounts {
  sent: number;
  ok: number;
  failed: number;
  lost: number;
  inFlightAtEnd: number;
  notSent: number;
  /** Whose clients went away by themselves (the fault `abort`). Absent: none. */
  aborted?: number;
}

export interface Environment {
  steelyard: string;
  node: string;
  platform: string;
  cpuModel: string;
  cpus: number;
  memoryBytes: number;
  kernel: string;
  docker?: string;
  /** Load average over one minute when the run began. */
  loadAverage: number;
  /**
   * Of a simulation: when it was computed (ISO 8601) and how long that took, ms. They stand here because everything else in its
   * recording is the same whenever and wherever the same seed is simulated.
   */
  simulated?: { at: string; wallMs: number };
}

/** `run.json`. */
export interface Run {
  schemaVersion: number;
  id: string;
  scenario: Scenario;
  /** Where the scenario came from and what `--set` changed, to run it again. */
  source: { file: string; text: string; sets: string[] };
  seed: number;
  driver: 'docker' | 'process' | 'simulation';
  /** Sentences the report must show: a driver fallen back on, a contender left out. */
  notes: string[];
  /** `interrupted` from the first write, so that a run cut short tells the truth; `complete` or `invalid` at its end. */
  status: 'complete' | 'interrupted' | 'invalid';
  /** Absent in a simulation; see `Environment.simulated`. */
  startedAt?: string;
  environment: Environment;
  contenders: {
    name: string;
    strategy: string;
    options: Record<string, unknown>;
    /** 4 where its balancer picks for connections: an attempt is then one connection, of request −1. Absent: 7. */
    layer?: 4;
    /** The longest time that what it does takes to show, where there is one. */
    slowest?: TimeConstant;
  }[];
  /** Backends in index order. */
  backends: { id: string; weight: number; zone?: string }[];
  trials: Trial[];
  /** Why what was measured last cannot be believed, where what the run stood on went away. */
  broken?: string;
  /**
   * Wall time, ms: the whole run up to its last measurement, the load windows (warm-up included), and their difference as a share of
   * the whole. What is simulated afterwards measures nothing and is left out. Absent in a simulation.
   */
  timing?: { wallMs: number; loadMs: number; overhead: number };
}

/** Writes `run.json` whole or not at all: a full disk leaves the earlier one intact. */
export async function writeRun(dir: string, run: Run): Promise<void> {
  await writeWhole(join(dir, 'run.json'), `${JSON.stringify(run, undefined, 2)}\n`);
}

/** Rejects with what was expected when `dir` holds no run or one of another schema version. */
export async function readRun(dir: string): Promise<Run> {
  let text: string;
  try {
    text = await readFile(join(dir, 'run.json'), 'utf8');
  } catch (cause) {
    throw new Error(`${dir} is not a run directory: it has no readable run.json`, { cause });
  }
  const run = JSON.parse(text) as Run;
  if (run.schemaVersion !== schemaVersion)
    throw new Error(
      `${dir}: expected schemaVersion ${schemaVersion}, got ${run.schemaVersion}; use the steelyard that wrote it (${run.environment?.steelyard})`,
    );
  return run;
}

/** Where a run's events stand. */
export const eventsFile = (dir: string): string => join(dir, 'events.ndjson');

/** Events by trial, in the order the trials began, and by time within one: the balancer's are written after its trial. */
export async function readEvents(dir: string): Promise<Event[]> {
  const events = await readEventFile(eventsFile(dir));
  const trials = [...new Set(events.map(({ trial }) => trial))];
  return events.sort((a, b) => trials.indexOf(a.trial) - trials.indexOf(b.trial) || a.t - b.t);
}
