/**
 * `sweep.json`: one value of a scenario at several points, every contender at each, all under the same seed. A point is a run of
 * its own; what a sweep keeps of it are the numbers below, which stand for the same as in `summary.ts`. Units as there.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../harness/recording.ts';
import type { ContenderSummary, Latency, Regret, Requests, Summary } from './summary.ts';

export const sweepVersion = 1;
export const sweepFile = 'sweep.json';

/** One contender at one point. */
export interface SweepContender {
  name: string;
  /** `interrupted` too where it never began. */
  status: ContenderSummary['status'];
  error?: string;
  /** Null where it never began, as everything below. */
  requests: Requests | null;
  errorRate: number | null;
  throughput: number | null;
  goodput: number | null;
  /** Of ok responses; see `percentiles` for how exact. */
  latencyMs: Latency | null;
  regret?: Regret;
}

export interface SweepPoint {
  value: number;
  /** As `--set` takes it: simulate it alone to see more of it. */
  set: string;
  /** Offered ÷ what the fleet can serve, faults aside; null for a closed load. */
  utilization: number | null;
  status: Run['status'];
  /** Its run directory, relative to the sweep's; null: there is none, and `why`. */
  run: string | null;
  why?: string;
  /** Laws of the audit that its recording breaks. */
  broken: string[];
  contenders: SweepContender[];
}

export interface Sweep {
  schemaVersion: typeof sweepVersion;
  id: string;
  scenario: string;
  /** What was swept, as after `--set`, and the unit of `values`: none, `ms`, `/s` or `%`. */
  path: string;
  unit: '' | 'ms' | '/s' | '%';
  /** Planned, ascending; `points` are those that began. */
  values: number[];
  seed: number;
  rounds: number;
  status: Run['status'];
  /** `exact` (nearest rank), or `within 0.05%` where requests were folded as they came. Means, counts and maxima are exact always. */
  percentiles: 'exact' | 'within 0.05%';
  /** Where the scenario came from, and what `--sweep`, `--set` and `--contenders` made of it, to run it again. */
  source: Run['source'] & { sweep: string };
  notes: string[];
  contenders: Run['contenders'];
  points: SweepPoint[];
}

/** What a sweep keeps of one contender; undefined for one that never began. */
export function sweepContender(name: string, found: ContenderSummary | undefined): SweepContender {
  if (found === undefined)
    return {
      ...{ name, status: 'interrupted', requests: null, errorRate: null },
      ...{ throughput: null, goodput: null, latencyMs: null },
    };
  const { status, error, requests, errorRate, throughput, goodput, latencyMs, regret } = found;
  return {
    ...{ name, status },
    ...(error === undefined ? {} : { error }),
    ...{ requests, errorRate, throughput, goodput, latencyMs },
    ...(regret === undefined ? {} : { regret }),
  };
}

/** What a sweep keeps of a point, from its judged recording. */
export function sweepPoint(
  { status, audit, contenders }: Summary,
  names: readonly string[],
  about: Pick<SweepPoint, 'value' | 'set' | 'utilization' | 'run' | 'why'>,
): SweepPoint {
  return {
    ...about,
    status: status === 'complete' && !audit.passed ? 'invalid' : status,
    broken: audit.findings.filter(({ ok }) => ok === false).map(({ check, detail }) => `${check}: ${detail}`),
    contenders: names.map((name) =>
      sweepContender(
        name,
        contenders.find((it) => it.name === name),
      ),
    ),
  };
}

/** More than this share of the requests bad, and a p99 over all of them has no value. */
const p99Beyond = 0.01;

/** Requests that never got a good answer, as a share of those sent; 1 where nothing was. */
export function unanswered({ requests }: SweepContender): number {
  if (requests === null || requests.sent === 0) return 1;
  return (requests.failed + requests.lost + requests.inFlightAtEnd) / requests.sent;
}

/**
 * The p99 to draw, ms. Infinity where more than one request in a hundred failed, was lost or never ended: the p99 of the others is
 * a number, but of requests that were turned away none was waited for. Undefined where there is nothing to judge.
 */
export function kneeOf(contender: SweepContender): number | undefined {
  const { status, requests, latencyMs } = contender;
  if (status !== 'complete' || requests === null || requests.sent === 0) return undefined;
  if (unanswered(contender) > p99Beyond) return Number.POSITIVE_INFINITY;
  return latencyMs?.p99 ?? Number.POSITIVE_INFINITY;
}

/** Rejects with what was expected when `dir` holds no sweep, or one of another version. */
export async function readSweep(dir: string): Promise<Sweep> {
  const sweep = JSON.parse(await readFile(join(dir, sweepFile), 'utf8')) as Sweep;
  if (sweep.schemaVersion !== sweepVersion)
    throw new Error(
      `${dir}: expected a sweep of schemaVersion ${sweepVersion}, got ${sweep.schemaVersion}; use the steelyard that wrote it`,
    );
  return sweep;
}
