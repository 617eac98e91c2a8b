/**
 * Backends as plain processes on the loopback, for machines without Docker. The same server and model as in the
 * container. It can do what signals can; a process has no address of its own that could vanish and, without
 * privileges, no CPU quota.
 */
import { availableParallelism } from 'node:os';
import type { NetworkSettings } from '../../scenarios/distances.ts';
import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import type { BackendSpec } from '../../scenarios/scenario.ts';
import type { Driver, RunLabel } from './driver.ts';
import { fleetOf } from './fleet.ts';
import { freePorts } from './ports.ts';
import { BackendProcess } from './process-host.ts';
import { canLimitMemory } from './process-memory.ts';

const host = '127.0.0.1';
/** How often a start may lose its port to somebody else between looking and listening. */
const attempts = 5;

const memory = ['out-of-memory'] as const;
/** Other systems answer where Linux drops what finds a queue full. */
const silence = process.platform === 'linux' ? (['partition'] as const) : [];

export const processDriver: Driver = {
  name: 'process',
  can: new Set<HostFaultKind>(['crash', 'freeze', 'stop', ...silence, ...(canLimitMemory() ? memory : [])]),

  async launch(specs, run, signal, network) {
    const started: BackendProcess[] = [];
    // A harness that exits in a hurry takes its backends along; a stopped one would not hear of its end otherwise.
    const killAll = () => started.forEach((it) => void it.kill('SIGKILL'));
    process.once('exit', killAll);
    const dismantle = async () => {
      killAll();
      await Promise.all(started.map((it) => it.ended()));
      process.off('exit', killAll);
    };
    try {
      const queue = [...specs];
      // More at once than there are processors would only make each start slower.
      const starting = Array.from({ length: 2 * availableParallelism() }, async () => {
        for (let spec = queue.shift(); spec; spec = queue.shift()) {
          signal.throwIfAborted();
          started.push(await start(spec, run, network));
        }
      });
      const ends = await Promise.allSettled(starting);
      const failed = ends.find((it) => it.status === 'rejected');
      if (failed) throw failed.reason;
      signal.throwIfAborted();
      started.sort((a, b) => a.spec.index - b.spec.index);
      return await fleetOf(processDriver, started, dismantle);
    } catch (error) {
      await dismantle();
      throw error;
    }
  },
};

async function start(
  spec: BackendSpec,
  run: RunLabel,
  network: NetworkSettings | undefined,
): Promise<BackendProcess> {
  for (let attempt = 1; ; attempt++) {
    const [port, controlPort] = (await freePorts(host, 2)) as [number, number];
    const it = new BackendProcess(spec, { id: spec.id, host, port, controlPort }, run, network);
    try {
      await it.restore(new Map());
      return it;
    } catch (error) {
      if (attempt === attempts || !/EADDRINUSE/.test((error as Error).message)) throw error;
    }
  }
}
