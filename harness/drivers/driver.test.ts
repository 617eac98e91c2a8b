/**
 * One conformance test over both drivers, on real processes and real containers: what a fault looks like at the
 * socket, that a revive brings the same backend back to the same address, that a reset is one.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { HostFaultKind } from '../../scenarios/faults/fault.ts';
import { now } from '../clock.ts';
import { labelThisRun } from '../ownership.ts';
import { controlOf } from './control.ts';
import { carrying, docker, drivers, runName, specsOf } from './driver.test-support.ts';
import type { Fleet, FleetBackend } from './driver.ts';
import { type Met, probe } from './probe.ts';

test('containers are tested wherever a daemon answers, and must be where STEELYARD_REQUIRE_DOCKER=1', (t) => {
  if (docker.available) t.regex(docker.version, /^\d+\./);
  else {
    t.not(process.env.STEELYARD_REQUIRE_DOCKER, '1', docker.reason);
    t.log(`without containers: ${docker.reason}`);
  }
});

interface Looks {
  kind: HostFaultKind;
  /** What a new connection meets, looked at for a second. */
  met: Met;
  /** What becomes of a connection that was open and idle: closed, or nothing. */
  open: 'closed' | 'silent';
  /** What the record says beside the time. */
  detail?: RegExp;
  says: string;
}
const looks: Looks[] = [
  {
    kind: 'crash',
    met: 'refused',
    open: 'closed',
    says: 'a crash breaks connections and refuses new ones at once',
  },
  { kind: 'stop', met: 'refused', open: 'closed', says: 'a stop leaves, and then refuses' },
  { kind: 'freeze', met: 'accepted', open: 'silent', says: 'a freeze accepts connections and never answers' },
  {
    kind: 'vanish',
    met: 'silent',
    open: 'silent',
    says: 'a vanished host is silence: not even a connection',
  },
  { kind: 'throttle', met: 'answered', open: 'silent', says: 'a throttled host still answers' },
  {
    kind: 'partition',
    met: 'silent',
    open: 'silent',
    says: 'a backend cut off from the balancer is silence, though the harness reaches it',
  },
  {
    kind: 'out-of-memory',
    met: 'refused',
    open: 'closed',
    detail: /out of memory/,
    says: 'a process that takes more memory than there is dies of it, is a crash from outside, and the record says why',
  },
];
const throttled = { quota: 0.1 };
const optionsOf: Partial<Record<HostFaultKind, Record<string, unknown>>> = {
  throttle: throttled,
  'out-of-memory': { room: 32 },
  partition: { direction: 'both' },
};

/** Begun in this order and healed in the same: what a new connection meets after each step. */
const overlaps: { says: string; faults: [HostFaultKind, Record<string, unknown>?][]; meets: Met[] }[] = [
  {
    says: 'of two crashes the first to be healed revives nobody',
    faults: [['crash'], ['crash']],
    meets: ['refused', 'refused', 'refused', 'answered'],
  },
  {
    says: 'of two freezes the first to be healed thaws nobody',
    faults: [['freeze'], ['freeze']],
    meets: ['accepted', 'accepted', 'accepted', 'answered'],
  },
  {
    says: 'a freeze outlasts the throttle it came in',
    faults: [['throttle', { quota: 0.5 }], ['freeze']],
    meets: ['answered', 'accepted', 'accepted', 'answered'],
  },
  {
    says: 'a host that is off the network is off it still once its process is thawed, and the other way round',
    faults: [['freeze'], ['vanish'], ['freeze']],
    meets: ['accepted', 'silent', 'silent', 'silent', 'accepted', 'answered'],
  },
  {
    says: 'a process started anew on a host off the network serves once the host is back',
    faults: [['crash'], ['vanish']],
    meets: ['refused', 'silent', 'silent', 'answered'],
  },
  {
    says: 'a host that comes back without a process refuses',
    faults: [['vanish'], ['crash']],
    meets: ['silent', 'silent', 'refused', 'answered'],
  },
];

async function open({ host, port }: FleetBackend): Promise<Socket> {
  const socket = connect({ host, port }).on('error', () => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function timeOf({ host, port }: FleetBackend): Promise<number> {
  const before = now();
  const response = await fetch(`http://${host}:${port}/`, { headers: { 'steelyard-quantile': '0.5' } });
  await response.text();
  return now() - before;
}

for (const driver of drivers) {
  const run = labelThisRun(runName(driver.name));
  let fleet: Fleet;
  let first: FleetBackend;
  let second: FleetBackend;
  let burning: FleetBackend;

  test.before(async () => {
    const burner = {
      id: 'burning',
      work: 'burn' as const,
      workers: 1,
      service: { constant: { mean: '30ms' } },
    };
    fleet = await driver.launch(
      specsOf([{ id: 'app', count: 2 }, burner]),
      run,
      AbortSignal.timeout(120_000),
    );
    [first, second, burning] = fleet.backends as [FleetBackend, FleetBackend, FleetBackend];
  });

  test.after.always(() => fleet?.stop());

  test.serial(`${driver.name}: every backend answers under its own name, on both its ports`, async (t) => {
    t.deepEqual(
      fleet.backends.map((it) => it.id),
      ['app-1', 'app-2', 'burning'],
    );
    for (const { id, host, port, controlPort } of fleet.backends) {
      const response = await fetch(`http://${host}:${port}/`);
      t.is(response.headers.get('steelyard-backend'), id);
      t.is((await controlOf(host, controlPort).state()).id, id);
      await response.text();
    }
  });

  for (const { kind, met, open: becomes, detail, says } of looks.filter((it) => driver.can.has(it.kind)))
    test.serial(`${driver.name}: ${says}; revived, it serves at the same address`, async (t) => {
      const socket = await open(second);
      const closed = once(socket, 'close').then(() => 'closed');
      const asked = now();
      const { at, detail: said = '' } = await fleet.inflict(kind, second.id, optionsOf[kind] ?? {}, 0);
      t.true(at >= asked && at <= now(), 'taken between asked and answered');
      t.regex(said, detail ?? /^$/);
      const begun = now();
      t.is(await probe(second.host, second.port, 1_000), met);
      if (met === 'refused') t.true(now() - begun < 500, 'refused at once, not after a timeout');
      t.is(await Promise.race([closed, sleep(200, 'silent')]), becomes);
      t.is(await probe(first.host, first.port, 2_000), 'answered', 'its neighbour is well');
      socket.destroy();

      const healAsked = now();
      const healed = await fleet.heal(second.id, 0);
      t.true(healed.at >= healAsked && healed.at <= now());
      const response = await fetch(`http://${second.host}:${second.port}/`);
      t.is(response.headers.get('steelyard-backend'), second.id);
      await response.text();
    });

  test.serial(`${driver.name}: a fault it cannot do is refused, and nothing happens`, async (t) => {
    const cannot = looks.map((it) => it.kind).filter((kind) => !driver.can.has(kind));
    for (const kind of cannot)
      await t.throwsAsync(fleet.inflict(kind, first.id, throttled, 0), { message: /cannot do/ });
    await t.throwsAsync(fleet.inflict('crash', 'nobody', {}, 0), {
      message: /expected one of app-1.*got nobody/,
    });
    t.is(await probe(first.host, first.port, 2_000), 'answered');
  });

  if (driver.can.has('throttle'))
    test.serial(
      `${driver.name}: a throttled backend that burns CPU is held to its share, and recovers`,
      async (t) => {
        // 30 ms of CPU at 5 ms in every 100 take 500 ms, however idle the machine; the fastest of five without a
        // quota is far from it, however busy.
        const fastest = async () => {
          const times: number[] = [];
          for (let i = 0; i < 5; i++) times.push(await timeOf(burning));
          return Math.min(...times);
        };
        const before = await fastest();
        await fleet.inflict('throttle', burning.id, { quota: 0.05 }, 0);
        const during = await timeOf(burning);
        await fleet.heal(burning.id, 0);
        const after = await fastest();
        t.true(
          before < 350 && during > 350 && after < 350,
          `${before} ms, then ${during} ms, then ${after} ms`,
        );
      },
    );

  test.serial(
    `${driver.name}: a frozen backend can crash, which ends the freeze with the process`,
    async (t) => {
      await fleet.inflict('freeze', second.id, {}, 0);
      await t.throwsAsync(fleet.inflict('stop', second.id, {}, 1), { message: /does not hear SIGTERM/ });
      await fleet.inflict('crash', second.id, {}, 2);
      t.is(await probe(second.host, second.port, 1_000), 'refused');
      await t.throwsAsync(fleet.inflict('freeze', second.id, {}, 3), { message: /process is gone already/ });
      await fleet.heal(second.id, 0);
      t.is(await probe(second.host, second.port, 1_000), 'refused', 'there is nothing left to thaw');
      await fleet.heal(second.id, 2);
      t.is(await probe(second.host, second.port, 2_000), 'answered');
    },
  );

  for (const { says, faults, meets } of overlaps.filter(({ faults }) =>
    faults.every(([kind]) => driver.can.has(kind)),
  ))
    test.serial(`${driver.name}: ${says}`, async (t) => {
      const met: Met[] = [];
      const look = async () => met.push(await probe(second.host, second.port, 300));
      for (const [number, [kind, options = {}]] of faults.entries()) {
        await fleet.inflict(kind, second.id, options, number);
        await look();
      }
      for (const number of faults.keys()) {
        await fleet.heal(second.id, number);
        await look();
      }
      t.deepEqual(met, meets);
      t.deepEqual(await fleet.verify(), []);
    });

  test.serial(
    `${driver.name}: service-level faults outlive a crash, and can be switched while there is no process`,
    async (t) => {
      const faults = async () => (await controlOf(second.host, second.controlPort).state()).faults;
      await fleet.setFault(second.id, 0, 'slow', {});
      const withSlow = await faults();
      t.deepEqual(withSlow, [{ fault: 0, kind: 'slow' }]);
      await fleet.inflict('crash', second.id, {}, 9);
      await fleet.setFault(second.id, 1, 'hang', {});
      await fleet.clearFault(second.id, 1);
      await fleet.heal(second.id, 9);
      t.deepEqual(await faults(), withSlow);
      await fleet.clearFault(second.id, 0);
      t.notDeepEqual(await faults(), withSlow);
    },
  );

  test.serial(
    `${driver.name}: a reset forgets load and faults, heals what is down, and takes the seed`,
    async (t) => {
      const stateOf = ({ host, controlPort }: FleetBackend) => controlOf(host, controlPort).state();
      await Promise.all(Array.from({ length: 20 }, () => timeOf(first)));
      await fleet.setFault(first.id, 0, 'slow', {});
      await fleet.inflict('freeze', second.id, {}, 0);
      const used = await stateOf(first);
      await fleet.reset(77);
      const [one, two] = await Promise.all([stateOf(first), stateOf(second)]);
      t.true(Number(used.received) >= 20);
      t.like(one, { id: first.id, received: 0, inFlight: 0, seed: 77 });
      t.like(two, { id: second.id, received: 0, inFlight: 0, seed: 77 });
      t.is(await probe(second.host, second.port, 2_000), 'answered');
    },
  );

  test.serial(
    `${driver.name}: stopped, also twice and with a backend frozen, it leaves nothing`,
    async (t) => {
      await fleet.inflict('freeze', second.id, {}, 0);
      t.true((await carrying(run.runId)).length >= 3);
      await Promise.all([fleet.stop(), fleet.stop()]);
      await fleet.stop();
      t.deepEqual(await carrying(run.runId), []);
    },
  );
}
