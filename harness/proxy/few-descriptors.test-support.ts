/** A proxy in a process of its own, in front of the ports given as arguments; started under `ulimit -n` by its test. */
import { startProxy } from './proxy.test-support.ts';

const proxy = await startProxy(process.argv.slice(2).map(Number), {
  // Beyond what the descriptors allow, so that they run out and not our own count.
  limits: { clients: 100_000, upstreamIdle: 0 },
});
process.stdout.write(`${proxy.port}\n`);
