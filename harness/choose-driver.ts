/** Containers where Docker answers, else plain processes, and a sentence that says so. */
import { dockerDriver } from './drivers/docker.ts';
import { dockerAvailable } from './drivers/docker-available.ts';
import type { Driver } from './drivers/driver.ts';
import { processDriver } from './drivers/process.ts';
import { Exit, exitCode } from './exit.ts';

/** `notes` belong in the report. Throws `Exit` when Docker is asked for by name and cannot be used. */
export async function chooseDriver(
  asked: 'auto' | 'docker' | 'process',
): Promise<{ driver: Driver; notes: string[] }> {
  if (asked === 'process') return { driver: processDriver, notes: [] };
  const docker = await dockerAvailable();
  if (docker.available) return { driver: dockerDriver, notes: [] };
  if (asked === 'docker')
    throw new Exit(exitCode.failed, `The Docker driver cannot be used: ${docker.reason}`);
  return {
    driver: processDriver,
    notes: [
      `Backends run as plain processes, not in containers: ${docker.reason.replace(/[,;] or use --driver process$/, '')}`,
    ],
  };
}
