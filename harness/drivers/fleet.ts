/**
 * A fleet, whatever it runs on: begins a host-level fault, makes sure at the socket that it holds, undoes it, makes
 * sure that the same backend serves again, and proves that a reset left nothing of the load before. What differs
 * between Docker and plain processes is a `Host`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import { now } from '../clock.ts';
import { type BackendState, type Control, controlOf, sameState, type Watch } from './control.ts';
import type { Driver, Fleet, FleetBackend } from './driver.ts';
import { type Met, probe } from './probe.ts';
import { servesAs } from './serves.ts';

/** One backend, as a driver runs it. */
export interface Host {
  readonly backend: FleetBackend;
  /** Begins a fault of the driver's `can`; resolves once it is asked for. */
  begin(kind: HostFaultKind, options: Record<string, unknown>): Promise<void>;
  /** Undoes whatever ails the host and starts its process where there is none. */
  restore(): Promise<void>;
}

/** How long a backend may take to finish what is in flight after SIGTERM. */
const graceMs = 10_000;
/** How long a fault may take to show at the socket, and each look at it. */
const holdMs = { whole: 3_000, look: 200 };
const serveMs = 30_000;

/** What a new connection meets while a fault holds; of several at once, the first of these. */
const signs: readonly (readonly [HostFaultKind, readonly Met[]])[] = [
  ['vanish', ['silent', 'unreachable']],
  ['crash', ['refused']],
  ['stop', ['refused']],
  ['freeze', ['accepted']],
];

interface ServiceLevelFault {
  readonly kind: string;
  readonly options: Record<string, unknown>;
}

interface Member {
  readonly host: Host;
  readonly control: Control;
  readonly suffers: Set<HostFaultKind>;
  /** Service-level faults switched on, by number. */
  readonly faults: Map<number, ServiceLevelFault>;
  /** What to tell the control port once it can be reached again. */
  deferred: (() => Promise<unknown>)[];
  /** State of the backend when it had met no load. */
  fresh: BackendState;
  /** Faults of one backend begin and end one after the other. */
  busy: Promise<unknown>;
}

/** The fleet over hosts whose processes have been started. Resolves when each of them serves; `dismantle` removes everything. */
export async function fleetOf(
  driver: Pick<Driver, 'name' | 'can'>,
  hosts: readonly Host[],
  dismantle: () => Promise<void>,
): Promise<Fleet> {
  let seed = 0;
  /** Zone of the trial's balancer. */
  let from: string | undefined;
  let stopped: Promise<void> | undefined;
  const members = new Map<string, Member>();

  await Promise.all(
    hosts.map(async (host) => {
      const { id, host: address, controlPort } = host.backend;
      await servesAs(host.backend, serveMs);
      const control = controlOf(address, controlPort);
      const fresh = await control.reset(seed);
      const rest = { suffers: new Set<HostFaultKind>(), faults: new Map(), deferred: [] };
      members.set(id, { host, control, fresh, busy: Promise.resolve(), ...rest });
    }),
  );

  /** Runs `work` after whatever the backend is busy with. */
  function inTurn<T>(id: string, work: (it: Member) => Promise<T>): Promise<T> {
    const it = members.get(id);
    if (!it) {
      const known = hosts.map(({ backend }) => backend.id).join(', ');
      return Promise.reject(new Error(`expected one of ${known}; got ${id}`));
    }
    const turn = it.busy.then(() => work(it));
    it.busy = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  async function inflict(it: Member, kind: HostFaultKind, options: Record<string, unknown>) {
    if (!driver.can.has(kind)) throw new Error(`the ${driver.name} driver cannot do ${kind}`);
    const ends = kind === 'crash' || kind === 'stop';
    const isDead = it.suffers.has('crash') || it.suffers.has('stop');
    if (it.suffers.has(kind) || (ends && isDead)) return { at: now() };
    if (isDead && kind !== 'vanish')
      throw new Error(`cannot ${kind} ${it.host.backend.id}: its process is gone already`);
    if (kind === 'stop' && it.suffers.has('freeze'))
      throw new Error(`cannot stop ${it.host.backend.id}: frozen, it does not hear SIGTERM`);
    const watch = ends && isReachable(it) ? await it.control.watch() : undefined;
    try {
      it.suffers.add(kind); // before it is so: a reset must heal what went wrong half-way, too
      await it.host.begin(kind, options);
      const begun = now();
      const at = watch ? await death(it, watch) : begun;
      if (ends) {
        it.suffers.delete('freeze'); // gone with the process, and so are the service-level faults
        it.deferred = [...it.faults].map(([fault, how]) => tell(it, fault, how));
      }
      await holds(it);
      return { at };
    } finally {
      watch?.close();
    }
  }

  async function revive(it: Member) {
    const anew = it.suffers.has('crash') || it.suffers.has('stop');
    await it.host.restore();
    it.suffers.clear();
    // With service-level faults on, the load port may well answer nothing, as it should.
    await servesAs(it.host.backend, serveMs, { controlOnly: it.faults.size > 0 });
    if (anew) await it.control.join(seed, from);
    for (const tellIt of it.deferred.splice(0)) await tellIt();
    return { at: now() };
  }

  async function reset(it: Member) {
    if (it.suffers.size > 0) await revive(it);
    it.faults.clear();
    it.deferred = [];
    await it.control.reset(seed, from);
    const state = await it.control.state();
    if (!sameState(state, it.fresh))
      throw new Error(
        `${it.host.backend.id} is not as it was after its reset: expected ${JSON.stringify(it.fresh)}, got ${JSON.stringify(state)}`,
      );
  }

  const tell = (it: Member, fault: number, how: ServiceLevelFault) => () =>
    it.control.setFault({ fault, ...how, seed });

  return {
    backends: hosts.map((it) => it.backend),
    inflict: (kind, id, options) => inTurn(id, (it) => inflict(it, kind, options)),
    revive: (id) => inTurn(id, revive),
    async reset(given, zone) {
      seed = given;
      from = zone;
      await Promise.all([...members.keys()].map((id) => inTurn(id, reset)));
    },
    setFault: (id, fault, kind, options) =>
      inTurn(id, async (it) => {
        const how = { kind, options };
        it.faults.set(fault, how);
        if (isReachable(it)) return tell(it, fault, how)();
        it.deferred.push(tell(it, fault, how));
        return { at: now() };
      }),
    clearFault: (id, fault) =>
      inTurn(id, async (it) => {
        it.faults.delete(fault);
        if (isReachable(it)) return it.control.clearFault(fault);
        it.deferred.push(() => it.control.clearFault(fault));
        return { at: now() };
      }),
    stop: () => (stopped ??= dismantle()),
  };
}

/** When the process died. One that does not leave in time is killed, as an orchestrator does. */
async function death(it: Member, watch: Watch): Promise<number> {
  const died = await Promise.race([watch.died, sleep(graceMs, undefined, { ref: false })]);
  if (died !== undefined) return died;
  await it.host.begin('crash', {});
  return watch.died;
}

/** Whether the control port answers, as far as what was done to the backend goes. */
function isReachable(it: Member): boolean {
  return signs.every(([kind]) => !it.suffers.has(kind));
}

/** Resolves once the fault shows at the control port's socket; a fault that does not is an error, never a guess. */
async function holds(it: Member): Promise<void> {
  const expected = signs.find(([kind]) => it.suffers.has(kind))?.[1] ?? ['answered'];
  const { id, host, controlPort } = it.host.backend;
  const until = now() + holdMs.whole;
  for (;;) {
    const met = await probe(host, controlPort, holdMs.look);
    if (expected.includes(met)) return;
    if (now() > until)
      throw new Error(
        `${[...it.suffers].join(' and ')} of ${id} did not take: expected its control port to be ${expected.join(' or ')}, found it ${met}`,
      );
    await sleep(10);
  }
}
