/**
 * From what the processes of a trial spooled while it ran to its recording. Runs after the load, or long after, from
 * `steelyard report`, when the harness was killed: the spools stand until they are safely written.
 */
import { access, readFile, rm } from 'node:fs/promises';
import { readAttemptLog } from './attempt-log.ts';
import { type Event, type Run, type Trial, trialFile, writeAttempts, writeRequests } from './recording.ts';
import { readSpool } from './spool.ts';

/** Names of a trial's spools, in its directory. */
export const spools = {
  requests: 'requests.spool',
  attempts: 'attempts.log',
  events: 'proxy-events.ndjson',
} as const;

/**
 * Writes the trial's Parquet files and returns the balancer's events, which the caller appends to `events.ndjson`
 * before it calls `drop`. A trial without spools, because it never started or was collected before, yields none.
 */
export async function collect(
  dir: string,
  run: Pick<Run, 'backends'>,
  trial: Trial,
): Promise<{ events: Event[]; drop(): Promise<void> }> {
  const file = (name: string) => trialFile(dir, trial.id, name);
  if (await exists(file(spools.requests)))
    await writeRequests(dir, run, trial.id, await readSpool(file(spools.requests)));
  if (await exists(file(spools.attempts)))
    await writeAttempts(dir, run, trial.id, await readAttemptLog(file(spools.attempts), trial.t0));
  const events = (await exists(file(spools.events))) ? await readProxyEvents(file(spools.events), trial) : [];
  return {
    events,
    drop: async () => {
      for (const name of Object.values(spools)) await rm(file(name), { force: true });
    },
  };
}

/** The balancer writes monotonic times, as it knows nothing of trials; a torn last line is left out. */
async function readProxyEvents(file: string, trial: Trial): Promise<Event[]> {
  const text = await readFile(file, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event)
    .map((event) => ({ ...event, trial: trial.id, t: event.t - trial.t0 }));
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
