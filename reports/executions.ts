/**
 * Requests that backends executed more than once: tried again though the first try was done all the same, or worked on by a backend
 * after the balancer had given it up. Joined by the number of the request: what the backends say they executed (`executed.parquet`)
 * with what the balancer was answered.
 *
 * An attempt that ended ok with a 200 was executed. Where the recording has a row for every execution, each of those must have one,
 * or backends and balancer contradict each other; what they have beside, no answer tells of. Requests of the measured window count.
 *
 * A process that was killed took its memory along. Of an attempt on it from before that ended otherwise nobody knows whether it was executed
 * (unless no connection was made); a request that is `perhaps` executed twice is one with such an attempt and an execution elsewhere.
 */
import {
  type AttemptColumns,
  attemptKinds,
  type ExecutionColumns,
  type ExecutionsKept,
  type RequestColumns,
} from '../harness/recording.ts';

export interface Executions {
  /** Numbers of the requests executed more than once. */
  duplicated: ReadonlySet<number>;
  /** Of those that may have been. */
  perhaps: ReadonlySet<number>;
  /** Attempts that ended ok with a 200, on backends that say they never executed the request. */
  unexplained: number;
}

export interface Joined {
  rows: Pick<RequestColumns, 'length' | 'index' | 'intended'>;
  /** Who answered what: attempts, or at layer 4 the requests that were answered. */
  served: AttemptColumns;
  kept: ExecutionsKept;
  executed: ExecutionColumns;
  /** Ids, in the order of their indexes. */
  backends: readonly string[];
}

const none: Executions = { duplicated: new Set(), perhaps: new Set(), unexplained: 0 };

const kind = Object.fromEntries(attemptKinds.map((name, code) => [name, code])) as Record<string, number>;

export function executionsOf({ rows, served, kept, executed, backends }: Joined): Executions {
  if (kept.rows === 'unanswered' && executed.length === 0 && kept.unknown.length === 0) return none;
  const count = backends.length;
  const key = (request: number, backend: number) => request * count + backend;
  const horizon = unknownUntil(kept, backends);
  const answers = (row: number) =>
    served.kind[row] === kind.ok && served.status[row] === 200 && served.request[row]! >= 0;
  const logged = new Map<number, number>();
  for (let row = 0; row < executed.length; row++)
    add(logged, key(executed.request[row]!, executed.backend[row]!), 1);
  let unexplained = 0;
  if (kept.rows === 'all')
    for (let row = 0; row < served.length; row++) {
      if (!answers(row)) continue;
      const it = key(served.request[row]!, served.backend[row]!);
      const left = logged.get(it) ?? 0;
      if (left > 1) logged.set(it, left - 1);
      else if (left === 1) logged.delete(it);
      else if (!(served.picked[row]! / 1000 < horizon[served.backend[row]!]!)) unexplained++;
    }
  // What no answer tells of, by request: known, and in doubt.
  const beside = new Map<number, number>();
  for (const [it, times] of logged) add(beside, Math.floor(it / count), times);
  const doubtful = new Set<number>();
  for (let row = 0; row < served.length; row++)
    if (!answers(row) && served.kind[row] !== kind.unreachable)
      if (served.picked[row]! / 1000 < horizon[served.backend[row]!]!) doubtful.add(served.request[row]!);
  const answered = new Map<number, number>();
  for (let row = 0; row < served.length; row++)
    if (answers(row) && (beside.has(served.request[row]!) || doubtful.has(served.request[row]!)))
      add(answered, served.request[row]!, 1);
  const [duplicated, perhaps] = [new Set<number>(), new Set<number>()];
  for (let row = 0; row < rows.length; row++) {
    const request = rows.index[row]!;
    if (!(rows.intended[row]! >= 0) || (!beside.has(request) && !doubtful.has(request))) continue;
    const times = (beside.get(request) ?? 0) + (answered.get(request) ?? 0);
    if (times > 1) duplicated.add(request);
    else if (times === 1 && doubtful.has(request)) perhaps.add(request);
  }
  return { duplicated, perhaps, unexplained };
}

/** By backend index: until when nothing is known of what it executed, ms from t = 0. */
function unknownUntil({ unknown }: ExecutionsKept, backends: readonly string[]): number[] {
  const until = backends.map(() => Number.NEGATIVE_INFINITY);
  for (const { backend, before } of unknown)
    until[backends.indexOf(backend)] = before ?? Number.POSITIVE_INFINITY;
  return until;
}

function add(counts: Map<number, number>, it: number, times: number): void {
  counts.set(it, (counts.get(it) ?? 0) + times);
}

/** Requests executed more than once, and perhaps so. */
export interface Repeated {
  known: number;
  perhaps: number;
}

/** Of the requests that `counts` says yes to. */
export function repeatedAmong(
  { duplicated, perhaps }: Pick<Executions, 'duplicated' | 'perhaps'>,
  counts: (request: number) => boolean,
): Repeated {
  const among = (set: ReadonlySet<number>) => [...set].filter(counts).length;
  return { known: among(duplicated), perhaps: among(perhaps) };
}
