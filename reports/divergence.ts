/**
 * A real trial held against its simulated twin, request by request: each request of the measured window carries the same
 * number, key and quantile in both. The strategy, the dispatcher and the backend model are the same files, so a difference
 * points at the network, the machine's clock and load, or at the model.
 *
 * Times in ms. An error is measured − simulated: positive where reality took longer.
 */
import { outcomes, type RequestColumns } from '../harness/recording.ts';
import { nearestRank } from './latencies.ts';

/** The columns a comparison takes. */
export const compared = ['index', 'intended', 'latency', 'outcome', 'backend'] as const;
export type ComparedRows = Pick<RequestColumns, 'length' | (typeof compared)[number]>;

/** One trial and its twin, paired. */
export interface Pairs {
  /** Requests due in the measured window of both. */
  readonly both: number;
  /** Of those, that ended the same way; of those ok in both, that the same backend answered. */
  readonly sameOutcome: number;
  readonly sameBackend: number;
  /** Latencies of those ok in both, in the same order. */
  readonly measured: Float64Array;
  readonly simulated: Float64Array;
}

/** How far a contender's real trials were from their twins, all rounds together. */
export interface Divergence {
  /** Requests due in the measured window of both; ok in both. */
  requests: number;
  ok: number;
  /** Of `requests`, the share that ended the same way; of `ok`, the share that the same backend answered. Null of none. */
  sameOutcome: number | null;
  sameBackend: number | null;
  /** Of the absolute error; null of none. */
  absoluteMs: { mean: number; p50: number; p95: number; p99: number } | null;
  /** Mean error: what reality adds on the whole. */
  biasMs: number | null;
  measuredMs: Distribution | null;
  simulatedMs: Distribution | null;
}

export interface Distribution {
  mean: number;
  p50: number;
  p99: number;
}

const okCode = outcomes.indexOf('ok');

export function pair(real: ComparedRows, twin: ComparedRows): Pairs {
  const rowOf = rowsByNumber(twin);
  let both = 0;
  let sameOutcome = 0;
  let sameBackend = 0;
  let ok = 0;
  const measured = new Float64Array(real.length);
  const simulated = new Float64Array(real.length);
  for (let row = 0; row < real.length; row++) {
    if (!(real.intended[row]! >= 0)) continue;
    const other = rowOf(real.index[row]!);
    if (other === undefined || !(twin.intended[other]! >= 0)) continue;
    both++;
    if (real.outcome[row] === twin.outcome[other]) sameOutcome++;
    if (real.outcome[row] !== okCode || twin.outcome[other] !== okCode) continue;
    if (real.backend[row] === twin.backend[other]) sameBackend++;
    measured[ok] = real.latency[row]! / 1000;
    simulated[ok++] = twin.latency[other]! / 1000;
  }
  return {
    ...{ both, sameOutcome, sameBackend },
    measured: measured.subarray(0, ok),
    simulated: simulated.subarray(0, ok),
  };
}

export function divergenceOf(all: readonly Pairs[]): Divergence {
  const sum = (of: (pairs: Pairs) => number) => all.reduce((total, it) => total + of(it), 0);
  const requests = sum(({ both }) => both);
  const ok = sum(({ measured }) => measured.length);
  const errors = new Float64Array(ok);
  let at = 0;
  for (const { measured, simulated } of all)
    for (let i = 0; i < measured.length; i++) errors[at++] = measured[i]! - simulated[i]!;
  const absolute = errors.map(Math.abs).sort();
  const distribution = (side: 'measured' | 'simulated'): Distribution | null => {
    const values = joined(all.map((it) => it[side])).sort();
    return ok === 0
      ? null
      : { mean: mean(values), p50: nearestRank(values, 0.5), p99: nearestRank(values, 0.99) };
  };
  return {
    ...{ requests, ok },
    sameOutcome: requests === 0 ? null : sum((it) => it.sameOutcome) / requests,
    sameBackend: ok === 0 ? null : sum((it) => it.sameBackend) / ok,
    absoluteMs:
      ok === 0
        ? null
        : {
            mean: mean(absolute),
            p50: nearestRank(absolute, 0.5),
            p95: nearestRank(absolute, 0.95),
            p99: nearestRank(absolute, 0.99),
          },
    biasMs: ok === 0 ? null : mean(errors),
    measuredMs: distribution('measured'),
    simulatedMs: distribution('simulated'),
  };
}

/** Finds a request's row by its number. Numbers run from 0 on, in a closed loop with gaps. */
function rowsByNumber({ index, length }: ComparedRows): (number: number) => number | undefined {
  const rows = new Map<number, number>();
  for (let row = 0; row < length; row++) rows.set(index[row]!, row);
  return (number) => rows.get(number);
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const mean = (values: Float64Array) => values.reduce((total, it) => total + it, 0) / values.length;
