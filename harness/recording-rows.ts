/**
 * The rows of a recording: what a request and an attempt leave behind, by column, and as Parquet on disk. `recording.ts` names the
 * rest of the run format, and hands these on to whoever reads it.
 */
import { join } from 'node:path';
import { type Block, blockRows, type Column, type Numbers, readParquet, writeParquet } from './parquet.ts';
import type { ExecutionColumns, Run } from './recording.ts';

/** A request, as the client saw it: `ok` below 400; `failed` a complete response of 400 or above, or no connection; `lost` sent, no complete response; `aborted` its client went away before, as the scenario has it. */
export const outcomes = ['ok', 'failed', 'lost', 'in-flight', 'not-sent', 'aborted'] as const;
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
  'client-left',
  'failed-check',
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

export type RequestColumn = Exclude<keyof RequestColumns, 'length'>;

const requestArrays = {
  index: Float64Array,
  intended: Float64Array,
  sent: Float64Array,
  firstByte: Float64Array,
  latency: Float64Array,
  outcome: Uint8Array,
  cause: Uint8Array,
  status: Uint16Array,
  backend: Int32Array,
  attempts: Uint8Array,
  keyHash: Uint32Array,
} as const satisfies Record<RequestColumn, unknown>;
const everyRequestColumn = Object.keys(requestArrays) as RequestColumn[];

function someColumns<K extends RequestColumn>(length: number, names: readonly K[]): Pick<RequestColumns, K> {
  return Object.fromEntries(names.map((name) => [name, new requestArrays[name](length)])) as Pick<
    RequestColumns,
    K
  >;
}

/** Columns for `length` requests, all zero. */
export function requestColumns(length: number): RequestColumns {
  return { length, ...someColumns(length, everyRequestColumn) };
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

/** The name, for files, of the oracle that a round of a simulation is held against; it is none of the run's trials. */
export const oracleOf = (round: number): string => `oracle-${round + 1}`;

/** The name, for files, of a real trial's simulated twin: it stands in a folder of the trial's. */
export const simulatedTwin = (trial: string): string => join(trial, 'simulated');

/** Where a trial's files stand. */
export function trialFile(dir: string, trial: string, file: string): string {
  return join(dir, 'trials', trial, file);
}

const idsOf = (run: Pick<Run, 'backends'>) => run.backends.map(({ id }) => id);

/** Rows as the whole, or in blocks of up to `blockRows` as they are read from a spool. */
export type Blocks<C> = C | AsyncIterable<C>;

export async function writeRequests(
  dir: string,
  run: Pick<Run, 'backends'>,
  trial: string,
  rows: Blocks<RequestColumns>,
): Promise<void> {
  const file = trialFile(dir, trial, 'requests.parquet');
  await writeParquet(file, requestLayout(idsOf(run)), blocksOf(rows));
}

export async function writeAttempts(
  dir: string,
  run: Pick<Run, 'backends'>,
  trial: string,
  attempts: Blocks<AttemptColumns>,
): Promise<void> {
  const file = trialFile(dir, trial, 'attempts.parquet');
  await writeParquet(file, attemptLayout(idsOf(run)), blocksOf(attempts));
}

/** Blocks for the file; those of a whole are cut from it. */
export async function* blocksOf(
  rows: Blocks<RequestColumns> | Blocks<AttemptColumns> | ExecutionColumns,
): AsyncGenerator<Block> {
  if (Symbol.asyncIterator in rows) {
    for await (const { length, ...columns } of rows) yield { length, columns };
    return;
  }
  const { length, ...columns } = rows;
  for (let from = 0; from < length; from += blockRows) {
    const part = Object.entries<Numbers>(columns).map(([name, values]) => [
      name,
      values.subarray(from, from + blockRows),
    ]);
    yield { length: Math.min(blockRows, length - from), columns: Object.fromEntries(part) };
  }
}

/**
 * All columns, or only those named: five million rows of all of them take 250 MB.
 * Rejects when the file is missing or not a Parquet file.
 */
export async function readRequests(
  dir: string,
  run: Pick<Run, 'backends'>,
  trial: string,
): Promise<RequestColumns>;
export async function readRequests<K extends RequestColumn>(
  dir: string,
  run: Pick<Run, 'backends'>,
  trial: string,
  only: readonly K[],
): Promise<Pick<RequestColumns, K | 'length'>>;
export async function readRequests(
  dir: string,
  run: Pick<Run, 'backends'>,
  trial: string,
  only: readonly RequestColumn[] = everyRequestColumn,
): Promise<Pick<RequestColumns, 'length'>> {
  const layout = requestLayout(idsOf(run));
  const { rows, columns } = await readParquet(
    trialFile(dir, trial, 'requests.parquet'),
    Object.fromEntries(only.map((name) => [name, layout[name]])),
    (length) => someColumns(length, only),
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
  const { rows, columns } = await readParquet(trialFile(dir, trial, 'attempts.parquet'), layout, (length) => {
    const { length: _, ...columns } = attemptColumns(length);
    return columns;
  });
  return { length: rows, ...columns };
}
