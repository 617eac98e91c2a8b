/**
 * The run format: every field of every file in a run directory is named here. Reports read this and nothing else
 * of the harness, so a recording can be judged again by another version, another person, another machine.
 *
 *   run.json                      what was run, where, how it ended
 *   events.ndjson                 faults asked, taken and healed; health transitions; one object a line
 *   trials/<id>/requests.parquet  one row per request, as the client saw it
 *   trials/<id>/attempts.parquet  one row per attempt, as the balancer saw it
 *
 * Times in rows are microseconds from t = 0 of their trial (the end of the warm-up; warm-up rows are negative);
 * times in events are milliseconds from it. Every duration comes from one monotonic clock.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scenario } from '../scenarios/scenario.ts';
import { readEventFile } from './event-log.ts';
import { type Column, readParquet, writeParquet } from './parquet.ts';

export const schemaVersion = 1;

/** A request, as the client saw it: `ok` below 400; `failed` a complete response of 400 or above, or no connection; `lost` sent, no complete response. */
export const outcomes = ['ok', 'failed', 'lost', 'in-flight', 'not-sent'] as const;
export type RequestOutcome = (typeof outcomes)[number];

/** Why a request was not ok. `status` is a complete response that says so; its number stands in `status`. */
export const causes = [
  'none',
  'status',
  'refused',
  'unreachable',
  'connect-timeout',
  'reset',
  'truncated',
  'timeout',
  'malformed',
  'wrong-body',
  'no-connection-left',
  'end-of-run',
] as const;
export type Cause = (typeof causes)[number];

/** One row of `requests.parquet`. */
export interface RequestRow {
  /** Number of the request in the workload. */
  index: number;
  /** When it should have left, µs from t = 0. In a closed loop, when it left. */
  intended: number;
  /** When it left, µs from t = 0; NaN when it never did. */
  sent: number;
  /** First byte of the response, µs from t = 0; NaN when none came. */
  firstByte: number;
  /** µs from `intended` to the last byte, or to the moment it failed; NaN while in flight or never sent. */
  latency: number;
  outcome: RequestOutcome;
  cause: Cause;
  /** HTTP status of the complete response; 0 when there was none. */
  status: number;
  /** Index of the backend that answered (it says so itself); −1 when none did. */
  backend: number;
  /** Attempts the balancer made; 0 when it did not say. */
  attempts: number;
  /** 32-bit hash of the affinity key. */
  keyHash: number;
}

/** How an attempt ended: the strategy contract's kinds, and `in-flight` at the end of the run. */
export const attemptKinds = [
  'ok',
  'error',
  'unreachable',
  'reset',
  'timeout',
  'cancelled',
  'in-flight',
] as const;
export type AttemptKind = (typeof attemptKinds)[number];

/** One row of `attempts.parquet`: one try of one request on one backend. */
export interface AttemptRow {
  /** Number of the request in the workload; −1 when the request carried none. */
  request: number;
  /** 1 for the first try. */
  attempt: number;
  /** Index of the backend in the fleet. */
  backend: number;
  /** When the backend was picked, µs from t = 0. */
  picked: number;
  /** µs from t = 0; NaN when in flight at the end. */
  ended: number;
  kind: AttemptKind;
  status: number;
}

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
    }
  | { trial: string; t: number; type: 'pool'; backend: string; change: 'added' | 'removed' }
  | { trial: string; t: number; type: 'note'; text: string };

/** One trial: one contender, one round. */
export interface Trial {
  id: string;
  contender: string;
  round: number;
  seed: number;
  /** Position in its round's seeded order. */
  order: number;
  status: 'complete' | 'failed' | 'interrupted';
  /** Why it failed, in one sentence. */
  error?: string;
  /** Wall-clock label of t = 0, ISO 8601. */
  startedAt: string;
  /** Monotonic ms of t = 0 on the machine that ran it (harness/clock.ts). */
  t0: number;
  /** Length of the measured window, ms: from t = 0 to the last arrival. */
  windowMs: number;
  /** Wall time of the whole trial, ms, set-up included. */
  wallMs: number;
  /** CPU spent from the start of the load to its end, µs. */
  cpu: { proxyMicros: number; generatorMicros: number };
  /** The generator's own quality. Lateness is actual minus intended send, ms (open load only). */
  generator: {
    latenessMs?: { p50: number; p99: number; max: number };
    loopDelayP99Ms: number;
    connections: number;
  };
  /** Counts as the generator kept them, apart from the rows: the rows must add up to them. */
  counts: RequestCounts;
}

/** Requests of the measured window. sent = ok + failed + lost + inFlightAtEnd, exactly; notSent is apart. */
export interface RequestCounts {
  sent: number;
  ok: number;
  failed: number;
  lost: number;
  inFlightAtEnd: number;
  notSent: number;
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
  startedAt: string;
  environment: Environment;
  contenders: { name: string; strategy: string; options: Record<string, unknown> }[];
  /** Backends in index order. */
  backends: { id: string; weight: number; zone?: string }[];
  trials: Trial[];
  /** Wall time, ms: the whole run, the load windows (warm-up included), and their difference as a share of the whole. */
  timing: { wallMs: number; loadMs: number; overhead: number };
}

/** The rows of one trial by column; codes are positions in `outcomes` and `causes`. */
export type RequestColumns = {
  length: number;
  index: Float64Array;
  intended: Float64Array;
  sent: Float64Array;
  firstByte: Float64Array;
  latency: Float64Array;
  outcome: Uint8Array;
  cause: Uint8Array;
  status: Uint16Array;
  backend: Int32Array;
  attempts: Uint8Array;
  keyHash: Uint32Array;
};

/** The attempts of one trial by column; `kind` is a position in `attemptKinds`. */
export type AttemptColumns = {
  length: number;
  request: Float64Array;
  attempt: Uint8Array;
  backend: Int32Array;
  picked: Float64Array;
  ended: Float64Array;
  kind: Uint8Array;
  status: Uint16Array;
};

/** Columns for `length` requests, all zero. */
export function requestColumns(length: number): RequestColumns {
  return {
    length,
    index: new Float64Array(length),
    intended: new Float64Array(length),
    sent: new Float64Array(length),
    firstByte: new Float64Array(length),
    latency: new Float64Array(length),
    outcome: new Uint8Array(length),
    cause: new Uint8Array(length),
    status: new Uint16Array(length),
    backend: new Int32Array(length),
    attempts: new Uint8Array(length),
    keyHash: new Uint32Array(length),
  };
}

/** Columns for `length` attempts, all zero. */
export function attemptColumns(length: number): AttemptColumns {
  return {
    length,
    request: new Float64Array(length),
    attempt: new Uint8Array(length),
    backend: new Int32Array(length),
    picked: new Float64Array(length),
    ended: new Float64Array(length),
    kind: new Uint8Array(length),
    status: new Uint16Array(length),
  };
}

/** In the file, backends stand by their ids and codes by their words: whoever opens it needs no key. */
function requestLayout(ids: readonly string[]): Record<Exclude<keyof RequestColumns, 'length'>, Column> {
  return {
    index: { as: 'double' },
    intended: { as: 'double' },
    sent: { as: 'double?' },
    firstByte: { as: 'double?' },
    latency: { as: 'double?' },
    outcome: { as: 'word', words: outcomes },
    cause: { as: 'word', words: causes },
    status: { as: 'int' },
    backend: { as: 'word?', words: ids },
    attempts: { as: 'int' },
    keyHash: { as: 'double' },
  };
}

function attemptLayout(ids: readonly string[]): Record<Exclude<keyof AttemptColumns, 'length'>, Column> {
  return {
    request: { as: 'double' },
    attempt: { as: 'int' },
    backend: { as: 'word?', words: ids },
    picked: { as: 'double' },
    ended: { as: 'double?' },
    kind: { as: 'word', words: attemptKinds },
    status: { as: 'int' },
  };
}

/** Where a trial's files stand. */
export function trialFile(dir: string, trial: string, file: string): string {
  return join(dir, 'trials', trial, file);
}

const idsOf = (run: Pick<Run, 'backends'>) => run.backends.map(({ id }) => id);

export async function writeRequests(
  dir: string,
  run: Pick<Run, 'backends'>,
  trial: string,
  { length, ...columns }: RequestColumns,
): Promise<void> {
  await writeParquet(
    trialFile(dir, trial, 'requests.parquet'),
    requestLayout(idsOf(run)),
    { ...columns, keyHash: Float64Array.from(columns.keyHash) },
    length,
  );
}

export async function writeAttempts(
  dir: string,
  run: Pick<Run, 'backends'>,
  trial: string,
  { length, ...columns }: AttemptColumns,
): Promise<void> {
  await writeParquet(trialFile(dir, trial, 'attempts.parquet'), attemptLayout(idsOf(run)), columns, length);
}

/** Rejects when the file is missing or not a Parquet file. */
export async function readRequests(
  dir: string,
  run: Pick<Run, 'backends'>,
  trial: string,
): Promise<RequestColumns> {
  const layout = requestLayout(idsOf(run));
  const { rows, columns } = await readParquet(
    trialFile(dir, trial, 'requests.parquet'),
    layout,
    withoutLength(requestColumns),
  );
  return { length: rows, ...columns };
}

/** Rejects when the file is missing or not a Parquet file. */
export async function readAttempts(
  dir: string,
  run: Pick<Run, 'backends'>,
  trial: string,
): Promise<AttemptColumns> {
  const layout = attemptLayout(idsOf(run));
  const { rows, columns } = await readParquet(
    trialFile(dir, trial, 'attempts.parquet'),
    layout,
    withoutLength(attemptColumns),
  );
  return { length: rows, ...columns };
}

function withoutLength<C extends { length: number }>(
  allocate: (rows: number) => C,
): (rows: number) => Omit<C, 'length'> {
  return (rows) => {
    const { length: _, ...columns } = allocate(rows);
    return columns;
  };
}

/** Writes `run.json` whole or not at all: a full disk leaves the earlier one intact. */
export async function writeRun(dir: string, run: Run): Promise<void> {
  const file = join(dir, 'run.json');
  await writeFile(`${file}.part`, `${JSON.stringify(run, undefined, 2)}\n`, { flush: true });
  await rename(`${file}.part`, file);
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
