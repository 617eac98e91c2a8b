/**
 * From what the processes of a trial spooled while it ran to its recording. Runs after the load, or long after, from
 * `steelyard report`, when the harness was killed: the spools stand until they are safely written.
 */
import { access, rm } from 'node:fs/promises';
import { readAttemptBlocks } from './attempt-log.ts';
import { appendEvents, readEventFile } from './event-log.ts';
import { readExecutionLog } from './execution-log.ts';
import { blockRows } from './parquet.ts';
import {
  eventsFile,
  type Run,
  type Trial,
  trialFile,
  writeAttempts,
  writeExecutions,
  writeRequests,
} from './recording.ts';
import { readSpoolBlocks } from './spool.ts';
import { spools } from './spools.ts';

/**
 * Writes the trial's Parquet files, appends the balancer's events to the run's, and drops the spools. A trial without
 * spools, because it never started or was collected before, is left as it is.
 */
export async function collect(dir: string, run: Pick<Run, 'backends'>, trial: Trial): Promise<void> {
  const file = (name: string) => trialFile(dir, trial.id, name);
  if (await exists(file(spools.requests)))
    await writeRequests(dir, run, trial.id, readSpoolBlocks(file(spools.requests), blockRows));
  if (await exists(file(spools.attempts)))
    await writeAttempts(dir, run, trial.id, readAttemptBlocks(file(spools.attempts), trial.t0, blockRows));
  if (await exists(file(spools.executed)))
    await writeExecutions(dir, run, trial.id, await readExecutionLog(file(spools.executed)));
  if (await exists(file(spools.events))) {
    // The balancer writes monotonic times, as it knows nothing of trials.
    const events = await readEventFile(file(spools.events));
    appendEvents(
      eventsFile(dir),
      events.map((event) => ({ ...event, trial: trial.id, t: event.t - trial.t0 })),
    );
  }
  for (const name of Object.values(spools)) await rm(file(name), { force: true });
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
