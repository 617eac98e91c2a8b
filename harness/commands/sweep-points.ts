/** The points of a sweep: each a scenario that can run, and then a run of its own, one after the other or several at once. */
import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SweepPoint } from '../../reports/sweep.ts';
import { ScenarioError } from '../../scenarios/loader.ts';
import { planOf } from '../../scenarios/plan.ts';
import { Experiment } from '../experiment.ts';
import { labelThisRun } from '../ownership.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { SimulatedTrials } from '../simulation/trials.ts';
import { prepare, type Ready, type ScenarioOptions } from './scenario-options.ts';
import { blamedOnSweep, inWholeNumbers, type SweepValues, settingOf } from './sweep-values.ts';

export interface PreparedPoint extends Ready {
  readonly value: number;
  /** As `--set` takes it. */
  readonly set: string;
}

export interface PreparedSweep {
  readonly sweep: SweepValues;
  readonly points: readonly PreparedPoint[];
}

/**
 * Loads the scenario at every point, before anything is started. Where a reckoned value is refused that, rounded, would do, what
 * is swept counts things, and all values are rounded. Throws a `ScenarioError` that names the option for what the sweep makes wrong.
 */
export async function preparePoints(
  file: string,
  options: ScenarioOptions,
  sweep: SweepValues,
): Promise<PreparedSweep> {
  try {
    return { sweep, points: await prepareAll(file, options, sweep) };
  } catch (error) {
    const broken = sweep.unit === '' && sweep.values.some((value) => !Number.isInteger(value));
    if (!(error instanceof ScenarioError) || !sweep.reckoned || !broken) throw error;
    const whole = inWholeNumbers(sweep);
    return prepareAll(file, options, whole).then(
      (points) => ({ sweep: whole, points }),
      () => {
        throw error;
      },
    );
  }
}

async function prepareAll(
  file: string,
  options: ScenarioOptions,
  sweep: SweepValues,
): Promise<PreparedPoint[]> {
  const points: PreparedPoint[] = [];
  for (const value of sweep.values) {
    const set = settingOf(sweep, value);
    try {
      points.push({ ...(await prepare(file, { ...options, set: [...options.set, set] }, true)), value, set });
    } catch (error) {
      throw error instanceof ScenarioError ? blamedOnSweep(error, sweep, value) : error;
    }
  }
  return points;
}

/** A value as a folder, and a link to it, can be named. */
const folderName = (value: string) => value.replace('/', '-per-').replace('%', '-percent');

export interface PointContext {
  /** The sweep's directory, and its id. */
  readonly dir: string;
  readonly id: string;
  /** Keep its whole recording, with its own report. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  onProgress(line: string): void;
}

/** Runs one point. Undefined when it was interrupted before any contender had begun; a contender that fails does not reject. */
export async function runPoint(
  { loaded, contenders, source, value, set }: PreparedPoint,
  index: number,
  { dir: sweepDir, id, keep, signal, onProgress }: PointContext,
): Promise<SweepPoint | undefined> {
  const { scenario } = loaded;
  const name = `${String(index + 1).padStart(3, '0')}-${folderName(set.slice(set.indexOf('=') + 1))}`;
  const { dir } = await makeRunDirectory(scenario.name, { out: join(sweepDir, 'points', name) });
  const runner = new SimulatedTrials({ dir, scenario, label: labelThisRun(id), signal, fold: !keep });
  const experiment = await Experiment.open({
    ...{ dir, id: `${id}-${index + 1}`, scenario, contenders, source, runner },
    notes: [...loaded.notes],
  });
  try {
    for (const planned of experiment.trials) {
      if (signal.aborted) break;
      await experiment.trial(planned, ({ perSecond }) =>
        onProgress(`${planned.contender.name}   ${Math.round(perSecond).toLocaleString('en')} req/s`),
      );
    }
  } finally {
    await experiment.close();
  }
  const { trials } = await experiment.finish(experiment.unfinished ? 'interrupted' : 'complete');
  const { buildReport, readReport } = await import('../../reports/report.ts');
  const { sweepPoint } = await import('../../reports/sweep.ts');
  const summary = trials.length === 0 ? undefined : (await readReport(dir)).summary;
  const point =
    summary &&
    sweepPoint(
      summary,
      contenders.map((it) => it.name),
      {
        ...{ value, set, utilization: planOf(scenario, contenders.length).utilization ?? null },
        ...(keep
          ? { run: relative(sweepDir, dir) }
          : {
              run: null,
              why: 'a sweep keeps its numbers and not its recordings, unless asked to with --keep',
            }),
      },
    );
  if (keep && point) {
    if (point.status === 'invalid') await experiment.finish('invalid');
    await buildReport(dir);
  } else await rm(dir, { recursive: true, force: true });
  return point;
}
