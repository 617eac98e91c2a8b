/**
 * One backend on Docker is two containers. The holder keeps the network namespace and with it the address, as a
 * pod's pause container does; the server lives in that namespace. So a crash leaves a host that refuses, as a real
 * crash does: were the address gone with the process, a crash would look like a host off the network.
 *
 *   crash      SIGKILL to the server            refused at once
 *   stop       SIGTERM to the server            drains, then refused
 *   freeze     pause the server (cgroup)        accepted, never answered
 *   vanish     disconnect the holder            silence
 *   throttle   CPU quota of the server          slower, where it burns CPU
 *   partition  the server silences its load port (docker/partition.ts)
 *   out-of-memory  memory limit of the server, which then takes more: the kernel kills it, and it refuses
 *
 * On a local link the silence of `vanish` has an end: once this host's neighbour entry has aged (36 s after the fault
 * where it was measured, 3 s where nothing had been sent for long), ARP gives up every 3 s, and a connect under way at
 * that moment meets EHOSTUNREACH. With the usual connect timeouts below 3 s nearly all still time out.
 */
import { totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import { ending as endsProcess, isDead } from '../../scenarios/host-faults.ts';
import { controlOf } from './control.ts';
import { statusOf } from './docker-client.ts';
import type { FleetNetwork } from './docker-network.ts';
import type { FleetBackend } from './driver.ts';
import type { Host } from './host.ts';

/** What a CPU quota is a share of, µs; the kernel's usual period, whose smallest quota is 1000 µs. */
const periodMicros = 100_000;

export function dockerHost(
  backend: FleetBackend,
  containers: { holder: Dockerode.Container; server: Dockerode.Container; network: Dockerode.Network },
  stopSignal = 'SIGTERM',
): Host {
  const { holder, server, network } = containers;

  /** The daemon learns of a death some time after the sockets do, and until then would not start the server again. */
  let ending = false;
  /** It has silenced its load port, and has not been told to open it again. */
  let cut = false;
  const control = controlOf(backend.host, backend.controlPort);

  const begin: Record<HostFaultKind, (options: Record<string, unknown>) => Promise<unknown>> = {
    crash: () => server.kill(),
    stop: () => server.kill({ signal: stopSignal }),
    freeze: () => server.pause(),
    vanish: () => network.disconnect({ Container: holder.id, Force: true }),
    throttle: ({ quota }) => {
      if (typeof quota !== 'number' || !(quota > 0))
        throw new Error(`expected a quota above 0, got ${quota}`);
      return limitCpu(Math.max(1000, Math.round(quota * periodMicros)));
    },
    'out-of-memory': async ({ room }) => {
      const { memory_stats: used } = await server.stats({ stream: false, 'one-shot': true });
      if (!(used.usage > 0))
        throw new Error('this Docker daemon cannot limit memory: its kernel has no memory cgroup');
      const limit = used.usage + (room as number) * 2 ** 20;
      await server.update({ Memory: limit, MemorySwap: limit });
      await control.takeMemory();
    },
    partition: ({ direction }) => {
      cut = true;
      return control.partition(direction as string);
    },
  };

  const limitCpu = (quotaMicros: number) => server.update({ CpuPeriod: periodMicros, CpuQuota: quotaMicros });

  return {
    backend,
    async begin(kind, options) {
      ending ||= endsProcess.has(kind);
      await begin[kind](options);
    },
    async diedOfMemory() {
      await server.wait();
      for (let look = 0; look < 40; look++) {
        const { State, HostConfig } = await server.inspect();
        if (State.OOMKilled)
          return `killed by the kernel: out of memory at ${Math.round((HostConfig.Memory ?? 0) / 2 ** 20)} MiB`;
        await sleep(50);
      }
      throw new Error(`${backend.id} ended, and Docker does not say that it was for want of memory`);
    },
    /** Goes by what Docker says, not by what was done: a backend may have died of itself. */
    async restore(suffers) {
      const dead = isDead(suffers);
      if (ending && !dead) {
        await server.wait();
        ending = false;
      }
      const [its, held] = await Promise.all([server.inspect(), holder.inspect()]);
      const missing = Object.values(held.NetworkSettings.Networks).every(
        (it) => it.IPAddress !== backend.host,
      );
      if (missing && !suffers.has('vanish'))
        await network.connect({
          Container: holder.id,
          EndpointConfig: { IPAMConfig: { IPv4Address: backend.host } },
        });
      if (its.State.Paused && !suffers.has('freeze')) await server.unpause();
      if (suffers.has('throttle')) await begin.throttle(suffers.get('throttle')!);
      else if ((its.HostConfig.CpuQuota ?? 0) > 0) await limitCpu(-1);
      // Docker has no word for a limit that is none, once there has been one.
      if ((its.HostConfig.Memory ?? 0) > 0 && !dead)
        await server.update({ Memory: totalmem(), MemorySwap: -1 });
      if (!its.State.Running && !dead) {
        cut = false;
        await server.start().catch(unlessRunning);
      }
      if (!cut || suffers.has('freeze') || suffers.has('vanish')) return;
      await control.partition(suffers.get('partition')?.direction as string | undefined);
      cut = suffers.has('partition');
    },
  };
}

function unlessRunning(error: unknown): void {
  if (statusOf(error) !== 304) throw error;
}

/** Where the server listens inside its own address. */
export const ports = { load: 8080, control: 8081 } as const;

export function addressOf(id: string, network: FleetNetwork, i: number): FleetBackend {
  return { id, host: network.address(i), port: ports.load, controlPort: ports.control };
}
