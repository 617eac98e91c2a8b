/** Contenders run once each on real processes, recorded as a run is. */
import type { ResolvedContender } from '../scenarios/contenders.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { runName } from './drivers/driver.test-support.ts';
import { processDriver } from './drivers/process.ts';
import { Experiment } from './experiment.ts';
import { labelThisRun } from './ownership.ts';
import { RealTrials } from './real-trials.ts';
import type { Run, Trial } from './recording.ts';

export interface OnProcesses {
  /** Where it is recorded. */
  readonly dir: string;
  readonly scenario: Scenario;
  readonly contenders: readonly ResolvedContender[];
  /** ms that all of it may take. */
  readonly atMost: number;
  /** Called after each trial, in their order. */
  readonly onTrial?: (run: Run, trial: Trial, contender: string) => Promise<void>;
}

/** Rejects where a trial is not complete. */
export async function runOnProcesses(options: OnProcesses) {
  const { dir, scenario, contenders, atMost, onTrial } = options;
  const label = labelThisRun(runName(scenario.name));
  const signal = AbortSignal.timeout(atMost);
  const experiment = await Experiment.open({
    ...{ dir, id: label.runId, scenario, contenders: [...contenders], notes: [] },
    source: { file: `${scenario.name}.yaml`, text: '', sets: [] },
    runner: new RealTrials({ driver: processDriver, dir, scenario, label, signal }),
  });
  try {
    await experiment.launch();
    for (const planned of experiment.trials) {
      const trial = await experiment.trial(planned, () => undefined);
      if (trial.status !== 'complete') throw new Error(trial.error);
      await onTrial?.(experiment.run, trial, planned.contender.name);
    }
  } finally {
    await experiment.close();
  }
  return { experiment, label, signal };
}
