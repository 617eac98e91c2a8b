/** How many requests the schedule of an open load has in store for a trial, faults of the load and all. */
import type { Run, Trial } from '../harness/recording.ts';
import { loadClockOf, loadOccurrencesOf } from '../scenarios/load-length.ts';
import { rateOf, Workload } from '../scenarios/workload.ts';

/** Requests that are counted one by one; more take longer than judging all else. */
const mostCounted = 20_000_000;

/** Whether any fault of the scenario changes how many there are. */
export function changesTheRate({ scenario }: Pick<Run, 'scenario'>): boolean {
  return scenario.load.open !== undefined && loadClockOf(scenario) !== undefined;
}

/** Due within the measured window; undefined where they are too many to count, and of closed load. */
export function dueIn(
  { scenario }: Pick<Run, 'scenario'>,
  { seed, windowMs }: Pick<Trial, 'seed' | 'windowMs'>,
): number | undefined {
  const { load, fleet } = scenario;
  if (load.open === undefined) return undefined;
  if (load.requests !== undefined) return load.requests;
  const next = new Workload(load, seed, rateOf(load, fleet), loadOccurrencesOf(scenario)).arrivals();
  let count = 0;
  for (let sent = 0; sent <= mostCounted; sent++) {
    const t = next() - load.warmup;
    if (t >= windowMs) return count;
    if (t >= 0) count++;
  }
  return undefined;
}
