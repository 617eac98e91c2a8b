/** Trials in virtual time: nothing to launch, nothing to remove, and no effect on one another. */
import { availableParallelism } from 'node:os';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { RunLabel } from '../drivers/driver.ts';
import { trialFile } from '../recording.ts';
import type { PlannedTrial, TrialHooks, TrialRunner } from '../trial-runner.ts';
import { SimulationProcesses } from './processes.ts';
import { simulateTrial } from './trial.ts';

export interface SimulatedTrialsOptions {
  readonly dir: string;
  readonly scenario: Scenario;
  readonly label: RunLabel;
  readonly signal: AbortSignal;
  /** Requests are folded as they come: a recording of kilobytes, whose percentiles are within 0.05%. */
  readonly fold?: boolean;
  /** How many trials at once; as many as there are cores, unless given. */
  readonly jobs?: number;
}

export class SimulatedTrials implements TrialRunner {
  readonly name = 'simulation';
  readonly atOnce: number;
  readonly #options: SimulatedTrialsOptions;
  readonly #processes: SimulationProcesses;

  constructor(options: SimulatedTrialsOptions) {
    this.#options = options;
    this.#processes = new SimulationProcesses(options);
    this.atOnce = options.jobs ?? availableParallelism();
  }

  launch(): Promise<void> {
    return Promise.resolve();
  }

  trial(planned: PlannedTrial, { onProgress }: TrialHooks) {
    const { dir, scenario, label, signal, fold = false } = this.#options;
    const folder = trialFile(dir, planned.id, '');
    const processes = this.#processes;
    return simulateTrial(planned, { scenario, folder, label, signal, fold, processes, onProgress });
  }

  close(): Promise<void> {
    return this.#processes.close();
  }
}
