/**
 * The simulated twin of a real trial: the same contender, seed, requests and faults in virtual time, recorded beside it in
 * `trials/<id>/simulated/`. Strategy, dispatcher, health, retries, faults and the backend model are the very same files in
 * both, so where the two differ it is the network, the clock or the model: never two copies of the bookkeeping.
 */
import { rm } from 'node:fs/promises';
import type { Scenario } from '../scenarios/scenario.ts';
import { collect } from './collect.ts';
import type { RunLabel } from './drivers/driver.ts';
import { type Run, simulatedTwin, trialFile } from './recording.ts';
import { SimulationProcesses } from './simulation/processes.ts';
import { simulateTrial } from './simulation/trial.ts';
import { spools } from './spools.ts';
import type { PlannedTrial } from './trial-runner.ts';

export interface TwinsOptions {
  readonly dir: string;
  readonly scenario: Scenario;
  readonly label: RunLabel;
  readonly signal: AbortSignal;
}

/**
 * Simulates the twin of every complete trial, one after another. Returns a sentence for each that has none; a run is none
 * the worse for it. Ends early, without a sentence, when `signal` aborts.
 */
export async function simulateTwins(
  run: Pick<Run, 'backends' | 'trials'>,
  planned: readonly PlannedTrial[],
  { dir, scenario, label, signal }: TwinsOptions,
): Promise<string[]> {
  const missing: string[] = [];
  const processes = new SimulationProcesses({ label, signal });
  try {
    for (const trial of run.trials) {
      const plan = planned.find(({ id }) => id === trial.id);
      if (signal.aborted || plan === undefined || trial.status !== 'complete') continue;
      const id = simulatedTwin(trial.id);
      const folder = trialFile(dir, id, '');
      const twin = await simulateTrial(plan, {
        scenario: { ...scenario, steady: false },
        folder,
        label,
        signal,
        processes,
      });
      if (twin.status === 'complete' && twin.rows === 'all') {
        // The requests are what is compared; the rest would say again what the same files decide.
        for (const name of [spools.attempts, spools.events])
          await rm(trialFile(dir, id, name), { force: true });
        await collect(dir, run, { ...twin, id });
        continue;
      }
      await rm(folder, { recursive: true, force: true });
      if (twin.status === 'failed')
        missing.push(`${trial.contender} could not be simulated beside its real trial: ${twin.error}`);
    }
  } finally {
    await processes.close();
  }
  return missing;
}
