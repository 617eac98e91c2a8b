/**
 * Ports for backends that run as plain processes and keep their port while they are dead. They are taken below the
 * kernel's ephemeral range: in it, any outgoing connection could take a dead backend's port, and a connection to that
 * very port on the loopback could even connect to itself (TCP's simultaneous open) and count as accepted.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const lowest = 10_240;

/** Finds `count` different ports that are free on `host` at this moment. */
export async function freePorts(host: string, count: number): Promise<number[]> {
  const found = new Set<number>();
  const span = ephemeralStart() - lowest;
  for (let attempt = 0; found.size < count; attempt++) {
    if (attempt > 50 + 20 * count)
      throw new Error(`no ${count} free ports on ${host} from ${lowest} to ${lowest + span}`);
    const port = lowest + Math.floor(Math.random() * span);
    if (!found.has(port) && (await isFree(host, port))) found.add(port);
  }
  return [...found];
}

/** The first port that outgoing connections take. */
export function ephemeralStart(): number {
  if (process.platform !== 'linux') return 32_768;
  const [from] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t');
  return Math.max(Number(from), lowest + 1000);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
