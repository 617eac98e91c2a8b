/**
 * The timeline fold, `timeline.ndjson`: one line per trial and 250 ms, to draw from without touching the rows again. In a long trial the
 * step is doubled until there are at most 819 of them.
 *
 * Counts stand where a request *ended*, so that they add up to what a client received per second; percentiles stand where it was
 * *due*, so that a stall shows at the time it began. Lines run on until the last request of the window has ended.
 */
import { type AttemptColumns, causes, outcomes, type Trial } from '../harness/recording.ts';
import type { JudgedRows } from './deadline.ts';
import { binned, nearestRank } from './latencies.ts';

const shortestStepMs = 250;
const mostSteps = 819;

/** Length of a step for a window of `windowMs`. */
export function stepFor(windowMs: number): number {
  let step = shortestStepMs;
  while (windowMs / step > mostSteps) step *= 2;
  return step;
}

export interface TimelineRow {
  trial: string;
  contender: string;
  round: number;
  /** Start of the step, ms from t = 0. */
  t: number;
  /** Requests of the window that ended in the step. */
  ok: number;
  failed: number;
  lost: number;
  /** Of the failed and lost ones, by cause; a bad status by its number. */
  causes: Record<string, number>;
  /** Attempts picked in the step, by backend index. */
  backends: number[];
  /** Requests sent and not ended at the end of the step, warm-up included. */
  inFlight: number;
  /** Of the ok requests due in the step, ms; null when there were none. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export function timelineOf(
  trial: Pick<Trial, 'id' | 'contender' | 'round' | 'windowMs'>,
  rows: JudgedRows,
  attempts: AttemptColumns,
  backends: number,
): TimelineRow[] {
  const endOf = (row: number) => (rows.intended[row]! + rows.latency[row]!) / 1000;
  let last = trial.windowMs;
  for (let row = 0; row < rows.length; row++)
    if (rows.intended[row]! >= 0) last = Math.max(last, endOf(row) || 0);
  const stepMs = stepFor(trial.windowMs);
  const steps = Math.floor(last / stepMs) + 1;
  const lines = emptyLines(trial, steps, stepMs, backends);
  countEnds(rows, lines, stepMs, endOf);
  countInFlight(rows, lines, stepMs, endOf);
  for (let row = 0; row < attempts.length; row++) {
    const line = lines[Math.floor(attempts.picked[row]! / 1000 / stepMs)];
    const backend = attempts.backend[row]!;
    if (line && backend >= 0 && backend < backends) line.backends[backend]!++;
  }
  const ok = outcomes.indexOf('ok');
  const latencies = binned(
    rows.length,
    (row) => rows.intended[row]! / 1000,
    (row) => (rows.outcome[row] === ok ? rows.latency[row]! : Number.NaN),
    { from: 0, width: stepMs, bins: steps },
  );
  for (const [step, sorted] of latencies.entries()) {
    if (sorted.length === 0) continue;
    const at = (q: number) => nearestRank(sorted, q) / 1000;
    Object.assign(lines[step]!, { p50: at(0.5), p95: at(0.95), p99: at(0.99) });
  }
  return lines;
}

export function emptyLines(
  trial: Pick<Trial, 'id' | 'contender' | 'round'>,
  steps: number,
  stepMs: number,
  backends: number,
): TimelineRow[] {
  return Array.from({ length: steps }, (_, step) => ({
    trial: trial.id,
    contender: trial.contender,
    round: trial.round,
    t: step * stepMs,
    ...{ ok: 0, failed: 0, lost: 0, causes: {}, backends: new Array<number>(backends).fill(0), inFlight: 0 },
    ...{ p50: null, p95: null, p99: null },
  }));
}

/** Adds requests that ended in a line's step. */
export function countEnd(
  line: TimelineRow,
  outcome: string,
  cause: string,
  status: number,
  requests: number,
): void {
  if (outcome === 'ok') line.ok += requests;
  else if (outcome === 'failed' || outcome === 'lost') {
    line[outcome] += requests;
    const name = cause === 'status' ? `status ${status}` : cause;
    line.causes[name] = (line.causes[name] ?? 0) + requests;
  }
}

function countEnds(
  rows: JudgedRows,
  lines: TimelineRow[],
  stepMs: number,
  endOf: (row: number) => number,
): void {
  for (let row = 0; row < rows.length; row++) {
    if (!(rows.intended[row]! >= 0)) continue;
    const line = lines[Math.floor(endOf(row) / stepMs)];
    if (line)
      countEnd(line, outcomes[rows.outcome[row]!]!, causes[rows.cause[row]!] ?? 'none', rows.status[row]!, 1);
  }
}

function countInFlight(
  rows: JudgedRows,
  lines: TimelineRow[],
  stepMs: number,
  endOf: (row: number) => number,
): void {
  const change = new Float64Array(lines.length + 1);
  const step = (ms: number) => Math.min(lines.length, Math.max(0, Math.floor(ms / stepMs)));
  for (let row = 0; row < rows.length; row++) {
    const sent = rows.sent[row]! / 1000;
    if (Number.isNaN(sent)) continue;
    const ended = endOf(row);
    if (ended < 0) continue;
    change[step(sent)]!++;
    if (!Number.isNaN(ended)) change[step(ended)]!--;
  }
  let inFlight = 0;
  for (const [index, line] of lines.entries()) {
    inFlight += change[index]!;
    line.inFlight = inFlight;
  }
}
