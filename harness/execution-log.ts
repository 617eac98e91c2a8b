/**
 * What backends executed, as a trial's spool: a header of 16 bytes, then for each execution the number of its request and the index of
 * its backend, as two doubles. Written at once when a trial is over; `collect.ts` makes Parquet of it.
 */
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ExecutionColumns } from './recording.ts';

const magic = 'steelyard done 1';
const recordBytes = 16;

/** `pairs`: request, backend, request, backend … Throws when the file cannot be written. */
export function writeExecutionLog(file: string, pairs: readonly number[]): void {
  const records = Float64Array.from(pairs);
  writeFileSync(file, Buffer.concat([Buffer.from(magic, 'latin1'), Buffer.from(records.buffer)]));
}

/** A torn last record is left out. Rejects when `file` is missing or something else. */
export async function readExecutionLog(file: string): Promise<ExecutionColumns> {
  const bytes = await readFile(file);
  if (bytes.toString('latin1', 0, magic.length) !== magic)
    throw new Error(`${file}: expected a log of executions of this version, got something else`);
  const length = Math.floor((bytes.length - magic.length) / recordBytes);
  const columns = { length, request: new Float64Array(length), backend: new Int32Array(length) };
  for (let row = 0; row < length; row++) {
    columns.request[row] = bytes.readDoubleLE(magic.length + row * recordBytes);
    columns.backend[row] = bytes.readDoubleLE(magic.length + row * recordBytes + 8);
  }
  return columns;
}
