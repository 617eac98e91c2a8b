/** One summary per contender: all its complete rounds pooled, and each round on its own. Pure. */
import type { Run } from '../harness/recording.ts';
import { enoughOf } from '../scenarios/time-constants.ts';
import { measuresOf } from './measures.ts';
import { milliseconds } from './numbers.ts';
import type { ContenderSummary } from './summary.ts';
import type { TrialFold } from './trial-fold.ts';

/** The folds a contender is judged by: its complete rounds, or whatever there is when none is complete. */
export function counted(folds: readonly TrialFold[]): TrialFold[] {
  const complete = folds.filter(({ trial }) => trial.status === 'complete');
  return complete.length > 0 ? complete : [...folds];
}

/** Backends that a summary names in every round; of a larger fleet, only all rounds together do. */
export const mostBackends = 256;

/** In the order of the run's contenders; one that never began is left out of the list, as there is nothing to say of it. */
export function summarizeContenders(
  run: Pick<Run, 'backends' | 'contenders' | 'driver' | 'scenario'>,
  folds: readonly TrialFold[],
): ContenderSummary[] {
  return run.contenders.flatMap(({ name, strategy, options, slowest }) => {
    const own = folds
      .filter(({ trial }) => trial.contender === name)
      .sort((a, b) => a.trial.round - b.trial.round);
    if (own.length === 0) return [];
    const failed = own.find(({ trial }) => trial.status === 'failed');
    const complete = own.some(({ trial }) => trial.status === 'complete');
    const invalid = own.find(({ trial }) => trial.status === 'invalid');
    const status = failed ? 'failed' : complete ? 'complete' : invalid ? 'invalid' : 'interrupted';
    const error =
      (status === 'invalid' ? invalid : failed)?.trial.error ??
      (failed ? 'it failed and did not say why' : undefined);
    return [
      {
        name,
        strategy,
        options,
        status,
        ...(error === undefined ? {} : { error }),
        ...unexercised(run, own, slowest),
        ...measuresOf(run, counted(own)),
        rounds: own.map((fold) => {
          const { id, round, seed, order, status, error: why } = fold.trial;
          return {
            ...{ trial: id, round, seed, order, status },
            ...(why === undefined ? {} : { error: why }),
            ...measuresOf(run, [fold]),
            ...(run.backends.length > mostBackends ? { perBackend: [] } : {}),
          };
        }),
      } satisfies ContenderSummary,
    ];
  });
}

/** A trial, its warm-up included, must last a few of the longest time constants in play; `scenarios/time-constants.ts`. */
function unexercised(
  { scenario }: Pick<Run, 'scenario'>,
  folds: readonly TrialFold[],
  slowest: Run['contenders'][number]['slowest'],
): Pick<ContenderSummary, 'notExercised'> {
  if (slowest === undefined) return {};
  const complete = folds.filter(({ trial }) => trial.status === 'complete');
  const lasted = Math.min(...complete.map(({ trial }) => scenario.load.warmup + trial.windowMs));
  if (!Number.isFinite(lasted) || lasted >= enoughOf * slowest.ms) return {};
  const [constant, length] = [milliseconds(slowest.ms), milliseconds(lasted)];
  return {
    notExercised: `not exercised: its ${slowest.what} of ${constant} asks for a trial of ${milliseconds(enoughOf * slowest.ms)}, and this lasted ${length}`,
  };
}
