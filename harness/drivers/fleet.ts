/** A fleet, whatever it runs on: its members, each of which does one thing after the other, and several of them at once. */

import type { Driver, Fleet } from './driver.ts';
import type { Host } from './host.ts';
import { Member, type Setting } from './member.ts';

/** The fleet over hosts whose processes have been started. Resolves when each of them serves; `dismantle` removes everything. */
export async function fleetOf(
  driver: Pick<Driver, 'name' | 'can'>,
  hosts: readonly Host[],
  dismantle: () => Promise<void>,
): Promise<Fleet> {
  const setting: Setting = { seed: 0, from: undefined };
  const members = new Map(hosts.map((host) => [host.backend.id, new Member(driver, host, setting)]));
  await Promise.all([...members.values()].map((it) => it.join()));
  let stopped: Promise<void> | undefined;

  function inTurn<T>(id: string, work: (it: Member) => Promise<T>): Promise<T> {
    const it = members.get(id);
    if (it) return it.inTurn(() => work(it));
    return Promise.reject(new Error(`expected one of ${[...members.keys()].join(', ')}; got ${id}`));
  }

  const everyone = async (work: (it: Member) => Promise<void>): Promise<void> => {
    await Promise.all([...members.keys()].map((id) => inTurn(id, work)));
  };

  return {
    backends: hosts.map((it) => it.backend),
    inflict: (kind, id, options, fault) => inTurn(id, (it) => it.inflict(kind, options, fault)),
    heal: (id, fault) => inTurn(id, (it) => it.heal(fault)),
    executed: (id) => inTurn(id, (it) => it.executed()),
    setFault: (id, fault, kind, options) => inTurn(id, (it) => it.setFault(fault, kind, options)),
    clearFault: (id, fault) => inTurn(id, (it) => it.clearFault(fault)),
    reset: (seed, from) => {
      Object.assign(setting, { seed, from });
      return everyone((it) => it.reset());
    },
    async verify() {
      const ends = await Promise.allSettled([...members.keys()].map((id) => inTurn(id, (it) => it.verify())));
      return ends.flatMap((it) => (it.status === 'rejected' ? [(it.reason as Error).message] : []));
    },
    stop: () => (stopped ??= dismantle()),
  };
}
