/** Where a run happened: what a reader must know before comparing it with another. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dockerAvailable } from './drivers/docker-available.ts';
import type { Environment, Run } from './recording.ts';

/** This package's version, from the package.json nearest above this file (the compiled files lie one folder deeper). */
export const version: string = (() => {
  for (let folder = new URL('..', import.meta.url); ; folder = new URL('..', folder)) {
    try {
      return (JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { version: string })
        .version;
    } catch (error) {
      if (folder.pathname === '/') throw error;
    }
  }
})();

export async function environment(driver: Run['driver']): Promise<Environment> {
  const docker = driver === 'docker' ? await dockerAvailable() : undefined;
  return {
    steelyard: version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    ...(docker?.available ? { docker: docker.version } : {}),
    loadAverage: loadavg()[0]!,
  };
}
