/**
 * The keep-alive race (envoy#1979), on real backends and in virtual time: a backend closes unused connections sooner than the
 * balancer does, and a request that sets out while the FIN is on its way finds its connection closed. Pairs of requests are timed
 * so that the first opens a connection and the second meets the race, half-way between too early and too late.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { ResolvedContender } from '../scenarios/contenders.ts';
import { balancerSchema } from '../scenarios/scenario.ts';
import { runOnProcesses } from './on-processes.test-support.ts';
import { outcomes, readRequests } from './recording.ts';
import { byNumber, play, scenarioOf, type WorldInput } from './simulation/world.test-support.ts';

const [trip, service, keepAlive] = [50, 5, 300];
/** A request on a connection that stands, and one that opens its own, ms. */
const round = 2 * trip + service;
const opening = round + 2 * trip;
const pairs = 6;
const times = Array.from({ length: pairs }, (_, i) => {
  const first = i * (opening + 2 * keepAlive + opening);
  return [first, first + opening + keepAlive - trip];
}).flat();

const balancers = {
  'keeps longer': { keepAlive: '4s' },
  'keeps for less': { keepAlive: `${keepAlive - 3 * trip}ms` },
};
type Name = keyof typeof balancers;

const worldOf = (name: Name): WorldInput => ({
  fleet: [{ id: 'app', keepAlive: `${keepAlive}ms`, service: { constant: { mean: `${service}ms` } } }],
  load: {
    open: { trace: times.map((ms) => `${ms}ms`) },
    requests: [{ method: 'GET' }, { method: 'POST' }],
    ...{ warmup: '0ms', duration: `${times.at(-1)! + 1_000}ms` },
  },
  network: { backend: `${trip}ms` },
  balancer: { ...balancers[name], health: false, passive: false },
});

interface Seen {
  said: string[];
}
const both = {} as Record<Name, { real: Seen; virtual: Seen }>;
let dir: string;

test.before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'steelyard-keep-alive-'));
  const names = Object.keys(balancers) as Name[];
  const contenders: ResolvedContender[] = names.map((name) => ({
    ...{ name, strategy: 'round-robin', options: {} },
    balancer: balancerSchema.parse(worldOf(name).balancer),
  }));
  await runOnProcesses({
    ...{ dir, contenders, atMost: 100_000 },
    scenario: { ...scenarioOf(worldOf('keeps longer')), name: 'keep-alive' },
    onTrial: async (run, trial, contender) => {
      const { requests } = play(worldOf(contender as Name), { seed: trial.seed });
      const rows = await readRequests(dir, run, trial.id);
      const real = Array.from({ length: rows.length }, (_, i) => ({
        index: rows.index[i]!,
        said: `${outcomes[rows.outcome[i]!]} ${rows.status[i]} after ${rows.attempts[i]}`,
      })).sort((a, b) => a.index - b.index);
      both[contender as Name] = {
        real: { said: real.map(({ said }) => said) },
        virtual: {
          said: byNumber({ requests }).map(
            ({ outcome, status, attempts }) => `${outcome} ${status} after ${attempts}`,
          ),
        },
      };
    },
  });
});
test.after.always(() => rm(dir, { recursive: true, force: true }));

/** Of the requests that come second, how each ended. */
const seconds = ({ said }: Seen) => said.filter((_, i) => i % 2 === 1);

test('a balancer that keeps connections longer than the backend sends on closed ones: a GET is tried again, a POST is lost', (t) => {
  const { real, virtual } = both['keeps longer'];
  t.deepEqual(new Set(seconds(virtual)), new Set(['ok 200 after 2', 'failed 502 after 1']));
  const same = seconds(virtual).filter((it, i) => it === seconds(real)[i]).length;
  // A machine that stands still for as long as a trip takes lets one come too early or too late.
  t.true(same > pairs / 2, `${same} of ${pairs}: ${seconds(real)}, expected ${seconds(virtual)}`);
});

test('a balancer that keeps them for less never meets it', (t) => {
  for (const seen of Object.values(both['keeps for less']))
    t.deepEqual([...new Set(seen.said)], ['ok 200 after 1']);
});
