/** From a run and the folds of its trials to the judgement that every format prints. Pure. */
import type { Run } from '../harness/recording.ts';
import { agreementOf } from './agreement.ts';
import { audit } from './audit.ts';
import { summarizeContenders } from './contenders.ts';
import { type Summary, summaryVersion } from './summary.ts';
import type { TrialFold } from './trial-fold.ts';
import { verdictOf } from './verdict.ts';

/** What formats and charts draw from. */
export interface Report {
  run: Run;
  /** In the order of `run.trials`; trials that never began are absent. */
  folds: TrialFold[];
  summary: Summary;
}

export function judge(run: Run, folds: TrialFold[]): Report {
  const contenders = summarizeContenders(run, folds);
  const agreement = agreementOf(run, folds, contenders);
  return {
    run,
    folds,
    summary: {
      schemaVersion: summaryVersion,
      scenario: run.scenario.name,
      run: run.id,
      seed: run.seed,
      driver: run.driver,
      status: run.status,
      audit: audit(run, folds),
      contenders,
      ...(agreement && { agreement }),
      verdict: verdictOf(run, contenders),
    },
  };
}

/** Contender names, best first; then those that are not ranked, in the run's order. */
export function inOrder({ contenders, verdict }: Summary): string[] {
  const ranked = verdict.ranking.map(({ contender }) => contender);
  return [...ranked, ...contenders.map(({ name }) => name).filter((name) => !ranked.includes(name))];
}
