/**
 * `trials/<id>/folds.json`: what stands for the rows of a trial that had too many of them. Everything a report counts is exact;
 * percentiles come from log-linear histograms, whose error their cells bound; what needs the rows themselves is not here, and the
 * report says that it is unknown.
 *
 * A histogram's cell 0 holds latencies below 1 µs; above, each power of two is cut into 2^`bits` equal cells. A value read back is
 * the middle of its cell, so it is off by at most 2^−(bits + 1) of itself: 0.05% for 10 bits, 0.8% for 6. (The layout of
 * HdrHistogram, Tene 2012, with a float's exponent and first bits of its mantissa for an index.)
 *
 * Times are µs in latencies and ms from t = 0 elsewhere, as in the rest of the recording.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trialFile } from './recording-rows.ts';

export const foldsVersion = 1;
export const foldsFile = 'folds.json';

/** Latencies of a phase. */
export interface HistogramFold {
  count: number;
  /** µs; exact. */
  sum: number;
  /** The sum with every latency beyond the cap counted as the cap, µs; exact. */
  cappedSum: number;
  /** µs; exact; 0 when empty. */
  max: number;
  bits: number;
  /** Cell, count, cell, count …, ascending, without empty ones. */
  cells: number[];
}

/** One way for a request to end, and how many did. `outcome` and `cause` are words; `status` is 0 where the cause is not a status. */
export interface ReasonFold {
  outcome: string;
  cause: string;
  status: number;
  count: number;
}

/** Requests due in one phase of the measured window, as `reports/sample.ts` counts them. */
export interface PhaseFold {
  reasons: ReasonFold[];
  /** Ok ones answered after the deadline. */
  late: number;
  /** Failed, lost, or in flight at the end and older than the cap. */
  atDeadline: number;
  /** Complete responses, of any status, that arrived in this phase and within the window; of them, those ok and in time. */
  complete: number;
  good: number;
  /** Latencies of ok responses. */
  ok: HistogramFold;
  /** Ages of those in flight at the end and younger than the cap. */
  open: HistogramFold;
}

/** Equal slots of time from t = 0. */
export interface TimelineFold {
  /** Width of a slot, ms: 50, doubled as often as the trial is long. */
  slotMs: number;
  slots: number;
  /** Requests of the window that ended in each slot, by how. */
  ended: { outcome: string; cause: string; status: number; counts: number[] }[];
  /** Change of the number in flight in each slot, warm-up included; what began earlier counts in the first. */
  inFlight: number[];
  /** Ok latencies by the slot in which the request was due; `bits` and cells as in HistogramFold. */
  bits: number;
  ok: number[][];
  /** Ages of those in flight at the end and younger than the cap, by the slot in which they were due. */
  open: number[][];
  /** Requests due in each slot that were ok and late, and that count at the deadline. */
  late: number[];
  atDeadline: number[];
  /** Attempts by backend index, in steps of five slots, by when the backend was picked. */
  picks: number[][];
}

/** Attempts since a moment, in bins of 250 ms: all of them, and those on the victims. */
export interface ReturnFold {
  /** ms from t = 0. */
  from: number;
  all: number[];
  victims: number[];
}

/** What one fault did, as far as folds can say: `reports/failover.ts` makes its numbers of it. */
export interface FaultFold {
  fault: number;
  backends: readonly string[];
  /** ms from t = 0. */
  taken: number;
  /** Null when more of them had to be remembered than memory is given for. */
  sacrificed: number | null;
  /** Attempts picked while it held, and those on the victims; absent in recordings from before they were counted. */
  held?: { all: number; victims: number };
  /** The last attempt that picked a victim before its heal was asked for, ms from t = 0. */
  lastPicked: number | null;
  /** Attempts on a victim after its detection and before its heal was asked for; see `reports/trial-fold.ts`. */
  afterDetection: { count: number; first: number | null };
  /** From the heal, and from when every victim had been seen healthy again. Null: it never was; `bins` ends early when a trial is long. */
  healed: ReturnFold | null;
  readmitted: ReturnFold | null;
}

export interface Folds {
  version: typeof foldsVersion;
  requests: number;
  attempts: number;
  /** Length of the measured window, and the cap of deadline-capped latencies, ms. */
  windowMs: number;
  capMs: number;
  /** When faults held, as phases were told by: what `reports/windows.ts` makes of the events must be the same. */
  faultTime: { from: number; to: number | null }[];
  /** Requests that were sent, warm-up included. */
  sentWithWarmup: number;
  /** Of the requests' numbers; `fingerprint` as the function below. */
  numbers: { least: number; most: number; fingerprint: number };
  phases: Record<'before' | 'during' | 'after', PhaseFold>;
  /** Attempts picked within the window, by backend index. */
  picks: Record<'before' | 'during' | 'after', number[]>;
  /** Of them, those that ended neither ok nor cancelled nor in flight. */
  errors: number[];
  /** Of them, those beyond a request's first. */
  retries: number;
  timeline: TimelineFold;
  faults: FaultFold[];
  /** Faults beyond those that are followed one by one. */
  unfollowed: number;
}

/** A float, and its two words. Little-endian, as everywhere Node runs. */
const value = new Float64Array(1);
const words = new Uint32Array(value.buffer);
/** Exponent bias of a double. */
const bias = 1023;
/** 2^40 µs, 12 days: whatever is longer counts there. */
export const octaves = 40;

/** The cell of a latency in µs: a float's exponent and the first bits of its mantissa are its number already, at the cost of a shift. */
export function cellOf(micros: number, bits: number): number {
  if (!(micros >= 1)) return 0;
  value[0] = micros;
  const cell = (words[1]! >>> (20 - bits)) - (bias << bits) + 1;
  return cell > octaves << bits ? octaves << bits : cell;
}

/** The value a cell stands for, µs. */
export function cellMiddle(cell: number, bits: number): number {
  if (cell === 0) return 0.5;
  const at = cell - 1;
  const parts = 2 ** bits;
  return 2 ** Math.floor(at / parts) * (1 + ((at % parts) + 0.5) / parts);
}

/** A number of one request; the sum over all, modulo 2^32, tells whether each of a range was there once, whatever the order. */
export function fingerprint(index: number): number {
  let x = Math.imul((index % 4_294_967_296) ^ (index / 4_294_967_296), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** Writes them into a trial's directory, whole or not at all. Synchronous, as what writes them never yields. */
export function writeFolds(trialDir: string, folds: Folds): void {
  const file = join(trialDir, foldsFile);
  writeFileSync(`${file}.part`, JSON.stringify(folds), { flush: true });
  renameSync(`${file}.part`, file);
}

/** Rejects when the file is missing or of another version. */
export async function readFolds(dir: string, trial: string): Promise<Folds> {
  const file = trialFile(dir, trial, foldsFile);
  const folds = JSON.parse(await readFile(file, 'utf8')) as Folds;
  if (folds.version !== foldsVersion)
    throw new Error(`${file}: expected folds of version ${foldsVersion}, got ${folds.version}`);
  return folds;
}
