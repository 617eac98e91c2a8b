/** One summary per contender: all its complete rounds pooled, and each round on its own. Pure. */
import type { Run } from '../harness/recording.ts';
import { measuresOf } from './measures.ts';
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
  run: Pick<Run, 'backends' | 'contenders' | 'driver'>,
  folds: readonly TrialFold[],
): ContenderSummary[] {
  return run.contenders.flatMap(({ name, strategy, options }) => {
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
