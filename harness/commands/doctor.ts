/** `steelyard doctor`: what this machine can and cannot do for Steelyard, with the remedy for what it cannot. */
import { availableParallelism, freemem, loadavg } from 'node:os';
import { Command } from 'commander';
import { dockerAvailable } from '../drivers/docker-available.ts';
import { findLeavings } from '../leavings.ts';

interface Finding {
  name: string;
  ok: boolean;
  detail: string;
}

export function doctor(): Command {
  return new Command('doctor')
    .description('show what this machine can do, and the remedy for what it cannot')
    .option('--json', 'an array of findings, alone on standard output')
    .action(async ({ json }: { json?: boolean }) => {
      const findings = await examine();
      if (json) console.log(JSON.stringify(findings, undefined, 2));
      else
        for (const { name, ok, detail } of findings)
          console.log(`${ok ? '✔' : '✘'} ${name.padEnd(11)} ${detail}`);
    });
}

async function examine(): Promise<Finding[]> {
  const docker = await dockerAvailable();
  const leavings = await findLeavings();
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  const cores = availableParallelism();
  const busy = loadavg()[0]!;
  return [
    {
      name: 'Node',
      ok: major > 22 || (major === 22 && minor >= 20),
      detail: `${process.version} (22.20 or later is supported; npm scripts bring their own)`,
    },
    {
      name: 'Docker',
      ok: docker.available,
      detail: docker.available ? `${docker.version} answers` : docker.reason,
    },
    {
      name: 'processes',
      ok: process.platform !== 'win32',
      detail: 'the process driver needs POSIX signals (crash, freeze, stop)',
    },
    { name: 'cores', ok: cores >= 2, detail: `${cores}: generator, balancer and backends want at least 2` },
    {
      name: 'idle',
      ok: busy < cores / 2,
      detail: `load average ${busy.toFixed(2)} over one minute: whatever else runs here ends up in the measurements`,
    },
    { name: 'memory', ok: freemem() > 5e8, detail: `${(freemem() / 1e9).toFixed(1)} GB free` },
    {
      name: 'leavings',
      ok: leavings.length === 0,
      detail:
        leavings.length === 0
          ? 'nothing is left of any dead run'
          : `${leavings.length} things of dead runs: run steelyard clean`,
    },
  ];
}
