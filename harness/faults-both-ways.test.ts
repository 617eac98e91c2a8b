/**
 * Every fault, on real backends and in virtual time, with one seed: the same requests must come to the same end. Each backend suffers
 * a fault of its own; consistent hashing sends a request to the backend of its key whatever goes on, so that one trial
 * shows them all. A request counts where it began and ended well inside the fault, or well outside: when exactly a real
 * fault takes hold is the machine's affair.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ResolvedContender } from '../scenarios/contenders.ts';
import type { HostFaultKind } from '../scenarios/faults/fault.ts';
import { balancerSchema, faults as definitions } from '../scenarios/scenario.ts';
import { processDriver } from './drivers/process.ts';
import { runOnProcesses } from './on-processes.test-support.ts';
import {
  type Event,
  outcomes,
  type RequestOutcome,
  type Run,
  readAttempts,
  readEvents,
  readRequests,
  type Trial,
} from './recording.ts';
import {
  type Played,
  play,
  scenarioOf,
  strategies,
  type WorldInput,
} from './simulation/world.test-support.ts';
import { optionValues } from './strategy-options.ts';

interface Row {
  id: string;
  kind: string;
  options?: object;
  /** What clients see while it holds. */
  during: `${RequestOutcome} ${number}`;
  /** Whether health checks notice it. */
  noticed: boolean;
  says: string;
}

const all: Row[] = [
  { id: 'well', kind: 'none', during: 'ok 200', noticed: false, says: 'a backend that is well answers' },
  { id: 'crash', kind: 'crash', during: 'failed 502', noticed: true, says: 'a crash: refused, 502' },
  {
    id: 'stop',
    kind: 'stop',
    during: 'failed 502',
    noticed: true,
    says: 'a stop: refused once it has left, 502',
  },
  {
    id: 'out-of-memory',
    kind: 'out-of-memory',
    during: 'failed 502',
    noticed: true,
    says: 'a process that wants too much memory: refused once it is dead, 502',
  },
  {
    id: 'partition',
    kind: 'partition',
    during: 'failed 504',
    noticed: true,
    says: 'a partition: the try runs out, or the handshake, 504',
  },
  {
    id: 'freeze',
    kind: 'freeze',
    during: 'failed 504',
    noticed: true,
    says: 'a freeze: the try runs out, 504',
  },
  {
    id: 'slow',
    kind: 'slow',
    options: { added: '60ms' },
    during: 'ok 200',
    noticed: false,
    says: 'a slow backend answers, late',
  },
  {
    id: 'error',
    kind: 'error',
    options: { status: 500 },
    during: 'failed 500',
    noticed: true,
    says: 'errors are passed on',
  },
  {
    id: 'lie',
    kind: 'lie',
    options: { status: 503 },
    during: 'failed 503',
    noticed: false,
    says: 'a liar answers its checks',
  },
  {
    id: 'sick',
    kind: 'sick',
    during: 'ok 200',
    noticed: true,
    says: 'a sick one fails its checks, and serves',
  },
  {
    id: 'reset',
    kind: 'reset',
    during: 'failed 502',
    noticed: true,
    says: 'a reset instead of a response: 502',
  },
  {
    id: 'midway',
    kind: 'reset',
    options: { sent: 0.5 },
    during: 'lost 0',
    noticed: true,
    says: 'a reset in mid-body: lost',
  },
  {
    id: 'hang',
    kind: 'hang',
    during: 'failed 504',
    noticed: true,
    says: 'a hanging backend: the try runs out, 504',
  },
  { id: 'truncate', kind: 'truncate', during: 'lost 0', noticed: true, says: 'half a body and a FIN: lost' },
  {
    id: 'drip',
    kind: 'drip',
    options: { every: '50ms' },
    during: 'lost 0',
    noticed: true,
    says: 'a drip outlasts the try, its head is out: lost',
  },
  {
    id: 'bad-length',
    kind: 'bad-length',
    during: 'failed 502',
    noticed: true,
    says: 'two lengths that differ: not believed, 502',
  },
  {
    id: 'too-long',
    kind: 'bad-length',
    options: { how: 'too-long' },
    during: 'lost 0',
    noticed: true,
    says: 'a promise of more than comes outlasts the try, its head is out: lost',
  },
  {
    id: 'extra-bytes',
    kind: 'extra-bytes',
    during: 'ok 200',
    noticed: true,
    says: 'bytes past the body: what was promised is delivered',
  },
  {
    id: 'leak',
    kind: 'leak',
    options: { perSecond: '300ms', most: '40ms' },
    during: 'ok 200',
    noticed: false,
    says: 'a leak: answers, ever later',
  },
  {
    id: 'law',
    kind: 'law',
    options: { times: ['40ms', '60ms'] },
    during: 'ok 200',
    noticed: false,
    says: 'another law: answers, in other times',
  },
  {
    id: 'pauses',
    kind: 'pauses',
    options: { every: '150ms', shortest: '30ms', longest: '60ms' },
    during: 'ok 200',
    noticed: false,
    says: 'pauses: answers, now and then late',
  },
];

const isHost = (kind: string) => definitions.get(kind)?.level === 'host';
/** Not every machine can limit the memory of a process. */
const rows = all.filter(({ kind }) => !isHost(kind) || processDriver.can.has(kind as HostFaultKind));

const [at, until, duration] = [600, 2_200, 5_200];
const tryTimeout = 500;
/** How far from a fault's edges a request must keep, ms, on a busy machine. */
const clear = 150;
const checks = { interval: '250ms', timeout: '600ms', unhealthy: 2, healthy: 2 };

const worldOf = (health: object | false) =>
  ({
    fleet: rows.map(({ id }) => ({
      ...{ id, workers: 16, service: { constant: { mean: '5ms' } } },
    })),
    load: {
      open: { rate: `${rows.length * 15}/s`, arrivals: 'constant' },
      ...{ warmup: '300ms', duration: `${duration}ms`, timeout: '2s', keys: { uniform: { count: 2_000 } } },
    },
    balancer: balancerOf(health),
    steady: false, // a busy machine may be late with a check
    faults: rows
      .filter(({ kind }) => kind !== 'none')
      .map(({ id, kind, options = {} }) => ({ at: `${at}ms`, until: `${until}ms`, on: id, [kind]: options })),
  }) as WorldInput;

const balancerOf = (health: object | false) => ({
  ...{ health, passive: false as const, retries: { max: 0 } },
  ...{ tryTimeout: `${tryTimeout}ms`, connectTimeout: '500ms' },
});

/** When a fault took hold, was asked to end, and had ended; a real process takes its time to start again. */
interface Held {
  from: number;
  to: number;
  back: number;
}

/** Of one trial, real or not: how each request ended, by number, and when each fault held and was noticed. */
interface Seen {
  ends: Map<number, { sent: number; latency: number; said: string }>;
  held: Map<string, Held>;
  noticed: Map<string, number[]>;
  attempts: { request: number; picked: number; backend: number }[];
}

function seenOf(events: readonly Pick<Event, 't' | 'type'>[]): Pick<Seen, 'held' | 'noticed'> {
  const held = new Map<string, Held>();
  const noticed = new Map<string, number[]>();
  for (const event of events as Event[]) {
    if (event.type === 'health' && event.to === 'unhealthy')
      noticed.set(event.backend, [...(noticed.get(event.backend) ?? []), event.t]);
    if (event.type !== 'fault') continue;
    const [id] = event.backends as [string];
    if (event.phase === 'taken') held.set(id, { from: event.t, to: Number.NaN, back: Number.NaN });
    if (event.phase === 'heal-asked') held.get(id)!.to = event.t;
    if (event.phase === 'healed') held.get(id)!.back = event.t;
  }
  return { held, noticed };
}

function simulated({ requests, attempts, events }: Played): Seen {
  const ends = requests.map((it) => [it.index, { ...it, said: `${it.outcome} ${it.status}` }] as const);
  return { ends: new Map(ends), attempts, ...seenOf(events as Event[]) };
}

async function measured(dir: string, run: Run, trial: Trial): Promise<Seen> {
  const [columns, tries, events] = await Promise.all([
    readRequests(dir, run, trial.id),
    readAttempts(dir, run, trial.id),
    readEvents(dir),
  ]);
  const ends = Array.from({ length: columns.length }, (_, i) => {
    const said = `${outcomes[columns.outcome[i]!]} ${columns.status[i]}`;
    return [
      columns.index[i]!,
      { sent: columns.sent[i]! / 1000, latency: columns.latency[i]! / 1000, said },
    ] as const;
  });
  const attempts = Array.from({ length: tries.length }, (_, i) => ({
    request: tries.request[i]!,
    picked: tries.picked[i]! / 1000,
    backend: tries.backend[i]!,
  }));
  return { ends: new Map(ends), attempts, ...seenOf(events.filter((event) => event.trial === trial.id)) };
}

test('the table has every fault of a backend that processes can have; `driver.test.ts` shows the others in containers', (t) => {
  const cannot = [...definitions].flatMap(([kind, { level }]) =>
    level === 'load' || (level === 'host' && !processDriver.can.has(kind as HostFaultKind)) ? [kind] : [],
  );
  t.deepEqual(
    [...definitions.keys()].filter((kind) => rows.every((row) => row.kind !== kind)),
    cannot,
  );
});

const healthOf = { unchecked: false, checked: checks } as const;
const both = {} as Record<keyof typeof healthOf, { real: Seen; virtual: Seen }>;
let dir: string;

test.before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'steelyard-both-'));
  const scenario = { ...scenarioOf(worldOf(false)), name: 'both' };
  const options = optionValues('consistent-hash', strategies.get('consistent-hash')!.options, {});
  const contenders: ResolvedContender[] = Object.entries(healthOf).map(([name, health]) => ({
    ...{ name, strategy: 'consistent-hash', options },
    balancer: balancerSchema.parse(balancerOf(health)),
  }));
  await runOnProcesses({
    ...{ dir, scenario, contenders, atMost: 150_000 },
    onTrial: async (run, trial, contender) => {
      const name = contender as keyof typeof healthOf;
      const virtual = play(worldOf(healthOf[name]), { strategy: 'consistent-hash', seed: trial.seed });
      both[name] = { real: await measured(dir, run, trial), virtual: simulated(virtual) };
    },
  });
});
test.after.always(() => rm(dir, { recursive: true, force: true }));

const heldOf = (seen: Seen, id: string): Held => seen.held.get(id) ?? { from: at, to: until, back: until };
/** The numbers of the requests that a backend's keys send to it. */
const requestsOf = (id: string) => {
  const backend = rows.findIndex((it) => it.id === id);
  return both.unchecked.virtual.attempts.flatMap((it) => (it.backend === backend ? [it.request] : []));
};
/** Of a backend's requests, those well before the fault, well inside it and well after it, in both worlds. */
function parts(id: string) {
  const { real, virtual } = both.unchecked;
  const [one, other] = [heldOf(real, id), heldOf(virtual, id)];
  const lists = { before: [] as number[], during: [] as number[], after: [] as number[] };
  for (const index of requestsOf(id)) {
    const { sent } = virtual.ends.get(index)!;
    if (sent < 0) continue;
    if (sent + clear < Math.min(one.from, other.from)) lists.before.push(index);
    else if (sent > Math.max(one.back, other.back) + clear) lists.after.push(index);
    else if (
      sent > Math.max(one.from, other.from) + clear &&
      sent + tryTimeout + clear < Math.min(one.to, other.to)
    )
      lists.during.push(index);
  }
  return lists;
}

for (const { id, during, says } of rows)
  test(`${says}`, (t) => {
    const { real, virtual } = both.unchecked;
    const lists = parts(id);
    t.true(
      lists.before.length > 0 && lists.during.length > 3,
      `${lists.before.length}, ${lists.during.length}`,
    );
    for (const [part, indexes] of Object.entries(lists)) {
      const expected = part === 'during' ? during : 'ok 200';
      const others = ({ ends }: Seen) =>
        indexes.flatMap((index) => (ends.get(index)?.said === expected ? [] : [ends.get(index)?.said]));
      t.deepEqual(others(virtual), [], `simulated, ${part}`);
      // A busy machine may stand still for longer than a try may take, now and then.
      const odd = others(real);
      t.true(odd.length <= indexes.length / 10, `measured, ${part}: ${odd} among ${indexes.length}`);
    }
    const median = ({ ends }: Seen) => {
      const all = lists.during.map((index) => ends.get(index)!.latency).sort((a, b) => a - b);
      return all[all.length >> 1]!;
    };
    // Reality adds to what the simulator reckons, and takes nothing from it.
    const [late, reckoned] = [median(real), median(virtual)];
    t.true(late > reckoned - 5 && late < reckoned + 150, `median ${late} ms measured, ${reckoned} simulated`);

    // The outage is the fault's own time, in either world.
    for (const it of [real, virtual]) {
      const { from, back } = heldOf(it, id);
      const bad = requestsOf(id).flatMap((index) => {
        const end = it.ends.get(index);
        return end === undefined || end.said === 'ok 200' ? [] : [end.sent];
      });
      const outside = bad.filter((sent) => sent < from - tryTimeout - clear || sent > back + clear);
      t.true(outside.length <= bad.length / 10, `${outside} ms, not from ${from} to ${back}`);
    }
  });

for (const { id, noticed, says } of rows)
  test(`${says}; ${noticed ? 'noticed by checks, and avoided' : 'unnoticed by checks'}`, (t) => {
    const { real, virtual } = both.checked;
    const backend = rows.findIndex((it) => it.id === id);
    for (const [name, seen, slack] of [
      ['measured', real, 500],
      ['simulated', virtual, 0],
    ] as const) {
      const { from, to, back } = heldOf(seen, id);
      const down = seen.noticed.get(id) ?? [];
      if (!noticed) {
        t.deepEqual(down, [], name);
        continue;
      }
      // Two intervals and the timeout: at most so long after it took hold.
      t.true(down[0]! - from <= 2 * 250 + 600 + slack, `${name}: noticed after ${down[0]! - from} ms`);
      const picks = seen.attempts.filter((it) => it.backend === backend).map(({ picked }) => picked);
      t.deepEqual(
        picks.filter((ms) => ms > down[0]! + 5 && ms < to - 5),
        [],
        `${name}: picked though known`,
      );
      t.true(
        picks.some((ms) => ms > back + 100),
        `${name}: it came back`,
      );
    }
  });
