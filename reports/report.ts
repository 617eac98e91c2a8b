/**
 * `steelyard report DIR`: reads a recording and writes every fold of it: the timeline and one file per format. Never touches a
 * backend, so it gives the same answer today and in a year.
 */
import { join } from 'node:path';
import {
  type AttemptColumns,
  attemptColumns,
  type Event,
  oracleOf,
  type Run,
  readAttempts,
  readEvents,
  readExecutions,
  readFolds,
  readRequests,
  readRun,
  requestColumns,
  simulatedTwin,
  type Trial,
  writeWhole,
} from '../harness/recording.ts';
import { loadFolder } from '../scenarios/registry.ts';
import { type JudgedRows, judged } from './deadline.ts';
import { compared, pair } from './divergence.ts';
import { type Executions, executionsOf } from './executions.ts';
import { foldedTrial } from './folded-trial.ts';
import type { FormatDefinition } from './formats/format.ts';
import { judge, type Report } from './judge.ts';
import { regretOf } from './regret.ts';
import { answered, ofConnections, servedRequests } from './served.ts';
import type { Regret, Summary } from './summary.ts';
import { foldTrial, type TrialFold, wholeOf } from './trial-fold.ts';

export const formats = await loadFolder<FormatDefinition>(new URL('./formats/', import.meta.url));

/**
 * Judges the recording in `dir` and writes its folds there, each whole or not at all.
 * @throws when `dir` holds no run of this schema version
 */
export async function buildReport(dir: string): Promise<Summary> {
  const report = await readReport(dir);
  for (const { file, create } of formats.values()) await writeWhole(join(dir, file), await create(report));
  return report.summary;
}

/** Reads and judges, and writes nothing. One trial's rows are in memory at a time. */
export async function readReport(dir: string): Promise<Report> {
  const run = await readRun(dir);
  const events = await readEvents(dir).catch((cause: unknown) => absent(cause, [] as Event[]));
  const folds: TrialFold[] = [];
  for (const trial of run.trials) folds.push(await readTrial(dir, run, trial, events));
  return judge(run, folds);
}

/** A trial that failed or was cut short may lack files: it is folded from nothing, and the audit looks at complete ones. */
async function readTrial(dir: string, run: Run, trial: Trial, events: readonly Event[]): Promise<TrialFold> {
  const problems: string[] = [];
  if (trial.rows === 'folded') {
    const folds = await readFolds(dir, trial.id).catch((cause: unknown) => {
      problems.push(`its folds cannot be read (${said(cause)})`);
      return undefined;
    });
    if (folds) return foldedTrial(run, trial, folds, events);
    const nothing = foldTrial(run, trial, requestColumns(0), attemptColumns(0), events);
    return { ...nothing, unread: problems.join(' and ') };
  }
  const rows = await readRequests(dir, run, trial.id, judged).catch((cause: unknown) => {
    problems.push(`requests cannot be read (${said(cause)})`);
    return requestColumns(0);
  });
  const attempts = await readAttempts(dir, run, trial.id).catch((cause: unknown) => {
    problems.push(`attempts cannot be read (${said(cause)})`);
    return attemptColumns(0);
  });
  const served =
    ofConnections(run, trial) && rows.length > 0
      ? servedRequests(await readRequests(dir, run, trial.id, answered))
      : attempts;
  const executions = await readTrialExecutions(dir, run, trial, rows, served);
  const twin = await readTwin(dir, run, trial);
  const regret = await readRegret(dir, run, trial);
  const fold = {
    ...foldTrial(run, trial, rows, attempts, events, served, executions),
    ...twin,
    ...(regret && { regret }),
  };
  return problems.length === 0 ? fold : { ...fold, unread: problems.join(' and ') };
}

/** Or why nobody knows. */
async function readTrialExecutions(
  dir: string,
  run: Run,
  { id, executions: kept }: Trial,
  rows: JudgedRows,
  served: AttemptColumns,
): Promise<Executions | string> {
  if (kept === undefined) return 'nobody was asked what was executed';
  const executed = await readExecutions(dir, run, id).catch((cause: unknown) => absent(cause, undefined));
  // A simulation in which answers tell of every execution has none to keep.
  if (executed === undefined && kept.rows === 'all') return 'the list of what was executed is missing';
  const backends = run.backends.map((it) => it.id);
  return executionsOf({ rows, served, kept, executed: executed ?? noExecutions, backends });
}

const noExecutions = { length: 0, request: new Float64Array(), backend: new Int32Array() };

/** Nothing where it has none: the run was a simulation, was told not to make one, or could not. */
async function readTwin(dir: string, run: Run, trial: Trial): Promise<Pick<TrialFold, 'twin' | 'simulated'>> {
  const both = [...compared, ...judged] as const;
  const simulated = await readRequests(dir, run, simulatedTwin(trial.id), both).catch((cause: unknown) =>
    absent(cause, undefined),
  );
  if (simulated === undefined) return {};
  const real = await readRequests(dir, run, trial.id, compared).catch((cause: unknown) =>
    absent(cause, undefined),
  );
  if (real === undefined) return {};
  return { twin: pair(real, simulated), simulated: wholeOf(run, trial, simulated) };
}

/** Undefined where there is no oracle to compare with, as in every real run. */
async function readRegret(dir: string, run: Run, trial: Trial): Promise<Regret | undefined> {
  if (run.driver !== 'simulation') return undefined;
  const rows = (id: string) =>
    readRequests(dir, run, id, compared).catch((cause: unknown) => absent(cause, undefined));
  const oracle = await rows(oracleOf(trial.round));
  const own = oracle && (await rows(trial.id));
  return oracle && own && regretOf(pair(own, oracle));
}

function absent<T>(cause: unknown, instead: T): T {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return instead;
  throw cause;
}

function said(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}
