/** Services of the user's own that run as processes: each on a port of its own on the loopback, in a scratch folder of its own. */
import { toProcesses } from '../../scenarios/own-findings.ts';
import type { BackendSpec } from '../../scenarios/scenario.ts';
import type { Fleet, RunLabel } from '../drivers/driver.ts';
import { fleetOf } from '../drivers/fleet.ts';
import type { Host } from '../drivers/host.ts';
import { freePorts } from '../drivers/ports.ts';
import { probe } from '../drivers/probe.ts';
import type { Relay } from '../relay/relay.ts';
import { ClaimFile } from './claim-file.ts';
import { CommandHost } from './command-host.ts';
import { hostOf } from './contact.ts';

const host = '127.0.0.1';
const runner = { name: 'process', can: toProcesses } as const;
/** A fixed port that nobody has refuses at once, ms. */
const lookMs = 500;

/** Starts them and resolves once each serves; `relay` stands before each where there is one. */
export async function launchCommands(
  specs: readonly BackendSpec[],
  run: RunLabel,
  signal: AbortSignal,
  relay: Relay | undefined,
): Promise<Fleet> {
  const ports = await freePorts(host, specs.length);
  for (const { id, own } of specs) if (own?.port !== undefined) await refuseTaken(id, own.port);
  const claim = new ClaimFile(run);
  const started = specs.map(({ id, index, own }, i) => {
    const values = { id, index, host, port: own!.port ?? ports[i]! };
    return new CommandHost(own!, values, claim, run, signal);
  });
  // A harness that exits in a hurry takes them along, and their folder.
  const leave = () => {
    for (const it of started) it.kill('SIGKILL');
    claim.remove();
  };
  process.once('exit', leave);
  const dismantle = async () => {
    for (const it of started) it.kill('SIGKILL');
    await Promise.all(started.map((it) => it.ended()));
    claim.remove();
    process.off('exit', leave);
  };
  try {
    for (const it of started) it.start();
    const hosts = specs.map(async ({ index }, i): Promise<Host> => {
      const one = started[i]!;
      return hostOf(one, await relay?.before({ id: one.id, index, ...one.at }));
    });
    return await fleetOf(runner, await Promise.all(hosts), dismantle);
  } catch (error) {
    await dismantle();
    throw error;
  }
}

/** A stranger on a fixed port would be taken for the service. */
async function refuseTaken(id: string, port: number): Promise<void> {
  const met = await probe(host, port, lookMs);
  if (met !== 'refused')
    throw new Error(
      `expected port ${port} to be free for ${id}, but somebody listens there (${met}); stop it, or let {port} choose one`,
    );
}
