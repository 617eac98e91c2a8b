/**
 * FIXTURE, for tests: recordings that nobody measured. A deterministic little world, far simpler than the simulator: backends
 * answer after a drawn latency that grows while one of them is gone; one crashes at 2.5 s, is found out after each contender's own delay, comes
 * back at 5 s. Every count is consistent, so a report built from it passes its audit unless a test breaks it on purpose.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AttemptColumns,
  type AttemptRow,
  type Event,
  outcomes,
  type RequestColumns,
  type RequestRow,
  type Run,
  schemaVersion,
  type Trial,
  writeAttempts,
  writeRequests,
  writeRun,
} from '../harness/recording.ts';
import { draw, roundSeed } from '../scenarios/random.ts';
import { type ScenarioInput, scenarioSchema } from '../scenarios/scenario.ts';
import { attemptsOf, requestsOf } from './fixture-rows.test-support.ts';

/** How a made-up contender fares. Times in ms. */
export interface Behaviour {
  name: string;
  detect: number;
  /** Service is this many times slower than the best. */
  slowness: number;
  /** Whether a refused attempt is tried again elsewhere. */
  retries: boolean;
  /** Share of requests to the victim ÷ fair share for 750 ms after its return. */
  herd: number;
  fails?: boolean;
}

export const fiveContenders: readonly Behaviour[] = [
  { name: 'round-robin', detect: 620, slowness: 1.3, retries: true, herd: 1 },
  { name: 'least-connections', detect: 240, slowness: 1.05, retries: true, herd: 2.2 },
  { name: 'p2c', detect: 330, slowness: 1.1, retries: true, herd: 1.2 },
  { name: 'p2c-peak-ewma', detect: 210, slowness: 1, retries: true, herd: 1.1 },
  { name: 'random', detect: 900, slowness: 1.5, retries: false, herd: 1 },
];

export const failoverInput: ScenarioInput = {
  name: 'failover',
  about: 'One of four backends crashes in mid-run and comes back.',
  fleet: [{ id: 'app', count: 4 }],
  load: { open: { rate: '600/s' }, warmup: '500ms', duration: '8s', deadline: '1s' },
  contenders: 'all',
  faults: [{ at: '2500ms', until: '5s', on: 'app-2', crash: {} }],
  expect: [
    { metric: 'errorRate', contender: 'all', below: '1%' },
    { metric: 'recovery', contender: 'p2c', below: '2s' },
    { better: 'p2c', than: 'random', metric: 'p99' },
  ],
};

export interface FixtureOptions {
  contenders?: readonly Behaviour[];
  rounds?: number;
  /** Requests per second. */
  rate?: number;
  input?: ScenarioInput;
}

export interface FixtureRecording {
  run: Run;
  events: Event[];
  rows: Map<string, { requests: RequestColumns; attempts: AttemptColumns }>;
}

const [crash, revive, windowMs, warmupMs] = [2_503, 5_004, 8_000, 500];

export function fixtureRecording({
  contenders = fiveContenders,
  rounds = 1,
  rate = 600,
  input = failoverInput,
}: FixtureOptions = {}): FixtureRecording {
  const scenario = {
    objective: 'p99' as const,
    ...scenarioSchema.parse(input),
    name: input.name ?? 'fixture',
  };
  const backends = [1, 2, 3, 4].map((n) => ({ id: `app-${n}`, weight: 1 }));
  const events: Event[] = [];
  const rows: FixtureRecording['rows'] = new Map();
  const trials: Trial[] = [];
  for (let round = 0; round < rounds; round++)
    for (const [order, contender] of contenders.entries()) {
      const id = `${round + 1}-${contender.name}`;
      const seed = roundSeed(1, round);
      const world = contender.fails
        ? { requests: requestsOf([]), attempts: attemptsOf([]) }
        : play(contender, seed, rate);
      rows.set(id, world);
      if (!contender.fails) events.push(...eventsOf(id, contender.detect));
      trials.push(trialOf(id, contender, round, seed, order, world.requests));
    }
  const run: Run = {
    schemaVersion,
    id: '20261123-070000-fixture',
    scenario: { ...scenario, objective: scenario.objective ?? 'p99' },
    source: { file: 'scenarios/failover.yaml', text: 'fleet:\n  - id: app # a <made-up> one\n', sets: [] },
    seed: 1,
    driver: 'simulation',
    notes: [],
    status: 'complete',
    startedAt: '2026-11-23T07:00:00.000Z',
    environment: {
      steelyard: '0.1.0',
      node: 'v26.10.0',
      platform: 'linux x64',
      cpuModel: 'made-up CPU',
      cpus: 2,
      memoryBytes: 8e9,
      kernel: '6.1',
      loadAverage: 0.2,
    },
    contenders: contenders.map(({ name }) => ({ name, strategy: name, options: {} })),
    backends,
    trials,
    timing: { wallMs: trials.length * 10_000, loadMs: trials.length * 8_500, overhead: 0.15 },
  };
  return { run, events, rows };
}

function play(contender: Behaviour, seed: number, rate: number) {
  const requests: Partial<RequestRow>[] = [];
  const attempts: Partial<AttemptRow>[] = [];
  const gap = 1000 / rate;
  for (let index = 0; index * gap < warmupMs + windowMs; index++) {
    const due = -warmupMs + index * gap;
    const gone = due >= crash && due < revive;
    const known = due >= crash + contender.detect && due < revive + 1_000;
    const herd = due >= revive + 1_000 && due < revive + 1_750 ? contender.herd : 1;
    const victim = !known && draw(seed, 100, index) < 0.25 * herd;
    const backend = victim ? 1 : [0, 2, 3][Math.floor(draw(seed, 101, index) * 3)]!;
    const service =
      (3 - 12 * Math.log(draw(seed, 102, index))) *
      contender.slowness *
      (gone || known ? 1.3 : 1) *
      herd ** 0.5;
    const row = { index, intended: due * 1000, sent: due * 1000 + 30 };
    const picked = due * 1000 + 200;
    if (!(gone && victim)) {
      const latency = Math.min(service, 900) * 1000;
      requests.push({ ...row, firstByte: row.sent + latency * 0.9, latency, backend });
      attempts.push({ request: index, backend, picked, ended: row.intended + latency - 50 });
      continue;
    }
    // In the first 15 ms the connection breaks with the request on it; later it is refused.
    const reset = due < crash + 15;
    const kind = reset ? 'reset' : 'unreachable';
    attempts.push({ request: index, backend, picked, ended: picked + 400, kind, status: 0 });
    if (contender.retries && !reset) {
      const latency = service * 1000 + 600;
      const again = { request: index, attempt: 2, backend: 0, picked: picked + 450 };
      requests.push({ ...row, firstByte: row.sent + latency * 0.9, latency, backend: 0, attempts: 2 });
      attempts.push({ ...again, ended: row.intended + latency - 50 });
    } else if (reset && index % 2 === 0)
      requests.push({ ...row, latency: 900, outcome: 'lost', cause: 'reset' });
    else requests.push({ ...row, latency: 900, outcome: 'failed', cause: 'status', status: 502 });
  }
  return { requests: requestsOf(requests), attempts: attemptsOf(attempts) };
}

function eventsOf(trial: string, detect: number): Event[] {
  const fault = { trial, type: 'fault' as const, fault: 0, kind: 'crash', backends: ['app-2'] };
  const health = { trial, type: 'health', backend: 'app-2' } as const;
  return [
    { ...fault, t: 2_500, phase: 'asked' },
    { ...fault, t: crash, phase: 'taken' },
    {
      ...health,
      ...{ t: crash + detect, from: 'healthy', to: 'unhealthy', by: 'active', detail: 'refused three times' },
    },
    { ...fault, t: 5_000, phase: 'heal-asked' },
    { ...fault, t: revive, phase: 'healed' },
    { ...health, t: revive + 999, from: 'unhealthy', to: 'healthy', by: 'active', detail: 'passed twice' },
  ];
}

/** The counts of the measured window, as the generator would have kept them. */
export function countsOf(requests: RequestColumns): Trial['counts'] {
  const counts: Trial['counts'] = { sent: 0, ok: 0, failed: 0, lost: 0, inFlightAtEnd: 0, notSent: 0 };
  for (let row = 0; row < requests.length; row++) {
    if (requests.intended[row]! < 0) continue;
    const outcome = outcomes[requests.outcome[row]!]!;
    if (outcome === 'not-sent') counts.notSent++;
    else counts.sent++;
    if (outcome === 'ok' || outcome === 'failed' || outcome === 'lost') counts[outcome]++;
    if (outcome === 'in-flight') counts.inFlightAtEnd++;
    if (outcome === 'aborted') counts.aborted = (counts.aborted ?? 0) + 1;
  }
  return counts;
}

function trialOf(
  id: string,
  contender: Behaviour,
  round: number,
  seed: number,
  order: number,
  requests: RequestColumns,
): Trial {
  return {
    ...{ id, contender: contender.name, round, seed, order },
    ...(contender.fails
      ? { status: 'failed', error: 'the balancer ended with code 1: "boom" <at> line 3' }
      : { status: 'complete' }),
    startedAt: new Date(Date.UTC(2026, 10, 23, 7, 0, 10 * order + 100 * round)).toISOString(),
    windowMs,
    wallMs: 10_000,
    cpu: { proxyMicros: requests.length * 90, generatorMicros: requests.length * 40 },
    generator: { latenessMs: { p50: 0.1, p99: 0.8, max: 2.5 }, loopDelayP99Ms: 1.2, connections: 64 },
    counts: countsOf(requests),
  } as Trial;
}

/** Writes the recording as the harness would. */
export async function writeFixture(dir: string, { run, events, rows }: FixtureRecording): Promise<void> {
  for (const [id, { requests, attempts }] of rows) {
    if (requests.length === 0) continue;
    await mkdir(join(dir, 'trials', id), { recursive: true });
    await writeRequests(dir, run, id, requests);
    await writeAttempts(dir, run, id, attempts);
  }
  await writeFile(join(dir, 'events.ndjson'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  await writeRun(dir, run);
}
