/**
 * A backend: the model of `scenarios/backend.ts` behind a real socket. Runs in a container without any package, or as
 * a plain process. Settings come as JSON in STEELYARD_BACKEND; one JSON line on stdout says where it listens.
 *
 * SIGTERM drains: no new connections, `/health` fails, what is in flight finishes (at most 5 s), then exit 0.
 */
import { type AddressInfo, Server as NetServer } from 'node:net';
import { createControl } from './control.ts';
import { Service } from './service.ts';
import { readSettings, type ServerSettings } from './settings.ts';

const longestDrainMs = 5_000;

function listen(server: NetServer, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 4096 }, () => resolve((server.address() as AddressInfo).port));
  });
}

async function run({ spec, host, port, controlPort, seed, network }: ServerSettings): Promise<void> {
  const service = new Service(spec, seed, network);
  const control = createControl(service);
  await service.ready;
  const ports = {
    port: await listen(service.server, port, host),
    controlPort: await listen(control, controlPort, host),
  };
  process.on('SIGTERM', () => {
    // The plain close: http's would also cut idle connections, on which a balancer may still ask for health.
    NetServer.prototype.close.call(service.server);
    setTimeout(() => process.exit(0), longestDrainMs);
    // One more turn of the loop, for the last answer to leave.
    void service.drain().then(() => setTimeout(() => process.exit(0), 10));
  });
  process.stdout.write(`${JSON.stringify({ ...ports, pid: process.pid })}\n`);
}

// Ctrl-C reaches the whole process group; the harness decides what stops when.
process.on('SIGINT', () => undefined);
if (process.env.STEELYARD_PARENT_WATCH === '1')
  process.stdin
    .resume()
    .on('close', () => process.exit(0))
    .on('error', () => process.exit(0));

try {
  await run(readSettings(process.env.STEELYARD_BACKEND));
} catch (error) {
  process.stderr.write(`backend: ${(error as Error).message}\n`);
  process.exit(1);
}
