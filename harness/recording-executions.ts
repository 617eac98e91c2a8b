/**
 * What backends executed, in a recording: `executed.parquet`, one row per execution. A request that was retried, or given up by its
 * balancer and worked on all the same, is executed more than once: no answer tells of that, and only the backends know.
 *
 * A backend says so when its work on a request is done, whether anybody waits for the answer or not. What it turned away, answered
 * with an error instead, or had not finished is no execution. A process that is killed takes its memory of it along: `Trial.executions`
 * names the backends and the times of which nothing is known.
 */
import { type Column, readParquet, writeParquet } from './parquet.ts';
import type { Run } from './recording.ts';
import { blocksOf, trialFile } from './recording-rows.ts';

/** One row of `executed.parquet`. */
export interface ExecutionRow {
  /** Number of the request in the workload. */
  request: number;
  /** Index of the backend in the fleet. */
  backend: number;
}

export type ExecutionColumns = { length: number; request: Float64Array; backend: Int32Array };

/** `run.json` of a trial. Absent: nobody was asked what was executed. */
export interface ExecutionsKept {
  /**
   * `all`: every execution has a row. `unanswered`: those that an attempt tells of, which ended ok with a 200, have none (a simulation
   * knows which those are, and most are).
   */
  rows: 'all' | 'unanswered';
  /** What these backends had executed before that time, ms from t = 0, is not known; null: nothing is. */
  unknown: { backend: string; before: number | null }[];
}

function layout(ids: readonly string[]): Record<'request' | 'backend', Column> {
  return { request: { as: 'double' }, backend: { as: 'word?', words: ids } };
}

const idsOf = ({ backends }: Pick<Run, 'backends'>) => backends.map(({ id }) => id);
const fileOf = (dir: string, trial: string) => trialFile(dir, trial, 'executed.parquet');

export async function writeExecutions(
  dir: string,
  run: Pick<Run, 'backends'>,
  trial: string,
  executions: ExecutionColumns,
): Promise<void> {
  await writeParquet(fileOf(dir, trial), layout(idsOf(run)), blocksOf(executions));
}

/** Rejects when the file is missing or not a Parquet file. */
export async function readExecutions(
  dir: string,
  run: Pick<Run, 'backends'>,
  trial: string,
): Promise<ExecutionColumns> {
  const { rows, columns } = await readParquet(fileOf(dir, trial), layout(idsOf(run)), (length) => ({
    request: new Float64Array(length),
    backend: new Int32Array(length),
  }));
  return { length: rows, ...columns };
}
