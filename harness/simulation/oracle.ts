/**
 * The oracle of each round of a simulation, which regret is measured against: the same requests, faults and seed, chosen for by
 * `strategies/oracle.ts`. It is recorded as a trial is, in a folder of its own, and is none of the run's trials: it competes with nobody.
 */
import { rm } from 'node:fs/promises';
import { plannedRequests } from '../../scenarios/load-length.ts';
import { roundSeed } from '../../scenarios/random.ts';
import { backendsOf, type Scenario } from '../../scenarios/scenario.ts';
import { collect } from '../collect.ts';
import type { RunLabel } from '../drivers/driver.ts';
import { oracleOf, type Run, trialFile } from '../recording.ts';
import { spools } from '../spools.ts';
import { SimulationProcesses } from './processes.ts';
import { simulateTrial } from './trial.ts';

export interface OracleOptions {
  readonly dir: string;
  readonly scenario: Scenario;
  readonly label: RunLabel;
  readonly signal: AbortSignal;
}

/** Backends × requests of a round that the oracle is given: half a minute or so. */
const mostLooks = 2e9;

/**
 * Simulates the oracle of every round. Returns a sentence for each that could not be, and for requests too many to keep rows
 * of: regret is then not known, and the run none the worse for it.
 */
export async function simulateOracles(
  run: Pick<Run, 'backends'>,
  { dir, scenario, label, signal }: OracleOptions,
): Promise<string[]> {
  const looks = backendsOf(scenario).length * (plannedRequests(scenario) ?? 0);
  if (looks > mostLooks)
    return [
      'Regret is left out: the oracle looks at every backend for every request, which here takes too long.',
    ];
  const notes: string[] = [];
  const processes = new SimulationProcesses({ label, signal });
  const unwatched = { ...scenario, steady: false as const };
  try {
    for (let round = 0; round < scenario.rounds && !signal.aborted; round++) {
      const id = oracleOf(round);
      const folder = trialFile(dir, id, '');
      const contender = { name: 'oracle', strategy: 'oracle', options: {}, balancer: scenario.balancer };
      const plan = { id, contender, round, order: 0, seed: roundSeed(scenario.seed, round) };
      const trial = await simulateTrial(plan, { scenario: unwatched, folder, label, signal, processes });
      if (trial.status === 'complete' && trial.rows === 'all') {
        // What it sent where is nobody's question: only how long each request took.
        for (const name of [spools.attempts, spools.events])
          await rm(trialFile(dir, id, name), { force: true });
        await collect(dir, run, trial);
        continue;
      }
      await rm(folder, { recursive: true, force: true });
      if (trial.status === 'failed') notes.push(`Regret is not known: the oracle failed: ${trial.error}`);
      else if (trial.status === 'complete')
        notes.push('Regret is not known: of so many requests no rows are kept to compare one by one.');
    }
  } finally {
    await processes.close();
  }
  return notes;
}
