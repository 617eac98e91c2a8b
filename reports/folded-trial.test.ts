import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { Recorder } from '../harness/recorder.ts';
import {
  type AttemptRow,
  attemptKinds,
  causes,
  type Event,
  outcomes,
  type RequestRow,
  type Run,
  readFolds,
  type Trial,
} from '../harness/recording.ts';
import { draw } from '../scenarios/random.ts';
import { countsOf, fixtureRecording } from './fixture-recording.test-support.ts';
import { attemptsOf, requestsOf } from './fixture-rows.test-support.ts';
import { foldedAway } from './folded-failover.ts';
import { foldedTrial } from './folded-trial.ts';
import { judge } from './judge.ts';
import { measuresOf } from './measures.ts';
import type { Latency, PhaseMeasures } from './summary.ts';
import { foldTrial, type TrialFold } from './trial-fold.ts';

const [warmup, windowMs] = [500, 6_000];

interface World {
  requests: RequestRow[];
  attempts: AttemptRow[];
  events: Event[];
}

/** A few thousand requests that meet everything that can happen to one, around a crash at 2 s that heals at 4 s. */
function worldOf(seed: number, count = 3_000): World {
  const random = (stream: number, i: number) => draw(seed, stream, i);
  const world: World = { requests: [], attempts: [], events: eventsOf(seed) };
  for (let index = 0; index < count; index++) {
    const intended = (-warmup + random(1, index) * (windowMs + warmup)) * 1000;
    const took = -20_000 * Math.log(random(2, index)) * (random(3, index) < 0.02 ? 40 : 1);
    const luck = random(4, index);
    const end: Pick<RequestRow, 'outcome' | 'cause' | 'status'> =
      luck < 0.85
        ? { outcome: 'ok', cause: 'none', status: luck < 0.8 ? 200 : 204 }
        : luck < 0.9
          ? { outcome: 'failed', cause: 'status', status: luck < 0.88 ? 502 : 503 }
          : luck < 0.95
            ? { outcome: 'lost', cause: luck < 0.92 ? 'reset' : 'timeout', status: 0 }
            : luck < 0.97
              ? { outcome: 'in-flight', cause: 'end-of-run', status: 0 }
              : luck < 0.985
                ? { outcome: 'aborted', cause: 'client-left', status: 0 }
                : { outcome: 'not-sent', cause: 'no-connection-left', status: 0 };
    const over = end.outcome === 'in-flight' || end.outcome === 'not-sent';
    world.requests.push({
      ...{ index, intended, ...end, firstByte: Number.NaN, backend: -1, attempts: 1, keyHash: index },
      sent: end.outcome === 'not-sent' ? Number.NaN : intended + 10,
      latency: over ? Number.NaN : took,
    });
    const tries = end.outcome === 'not-sent' ? 0 : random(5, index) < 0.2 ? 2 : 1;
    for (let attempt = 1; attempt <= tries; attempt++) {
      const picked = intended + ((attempt - 1) * took) / 2 + 20;
      const cancelled = end.cause === 'timeout' || end.cause === 'client-left';
      world.attempts.push({
        ...{ request: index, attempt, picked, status: 200 },
        backend: Math.floor(random(5 + attempt, index) * 4),
        ended: over ? Number.NaN : intended + took * (cancelled ? 1.1 : 0.9),
        kind: over ? 'in-flight' : cancelled ? 'cancelled' : attempt < tries ? 'reset' : 'ok',
      });
    }
  }
  return world;
}

function eventsOf(seed: number): Event[] {
  const trial = 't';
  const fault = { trial, type: 'fault' as const, fault: 0, kind: 'crash', backends: ['app-2'] };
  const health = { trial, type: 'health', backend: 'app-2', by: 'active', detail: '' } as const;
  const seen = 2_000 + 1_500 * draw(seed, 10, 0);
  const back = 4_000 + 900 * draw(seed, 10, 1);
  return [
    { ...fault, t: 2_000, phase: 'asked' },
    { ...fault, t: 2_000, phase: 'taken' },
    // Now and then nobody notices.
    ...(draw(seed, 10, 2) < 0.8
      ? [
          { ...health, t: seen, from: 'healthy', to: 'unhealthy' } as const,
          { ...health, t: back, from: 'unhealthy', to: 'healthy' } as const,
        ]
      : []),
    { ...fault, t: 4_000, phase: 'heal-asked' },
    { ...fault, t: 4_000, phase: 'healed' },
  ].sort((a, b) => a.t - b.t) as Event[];
}

/** Tells a recorder of everything, in the order of time; `told` may end early, as `attempts` say. */
function record(
  dir: string,
  { requests, attempts, events }: World,
  planned: number | undefined,
  most?: number,
) {
  const recorder = new Recorder({
    ...{ dir, planned, deadline: 500, timeout: 5_000 },
    backends: ['app-1', 'app-2', 'app-3', 'app-4'],
    ...(most === undefined ? {} : { most }),
  });
  recorder.window(windowMs);
  const late = (at: number) => (Number.isNaN(at) ? Number.POSITIVE_INFINITY : at);
  const all = [
    ...events.map((event) => ({ at: event.t * 1000, tell: () => recorder.event(event) })),
    ...requests.map((it) => ({
      at: late(it.intended + it.latency),
      tell: () =>
        recorder.request(
          ...([it.index, it.intended, it.sent, it.firstByte, it.latency] as const),
          ...([outcomes.indexOf(it.outcome), causes.indexOf(it.cause), it.status] as const),
          ...([it.backend, it.attempts, it.keyHash] as const),
        ),
    })),
    ...attempts.map((it) => ({
      at: late(it.ended),
      tell: () =>
        recorder.attempt(
          ...([it.request, it.picked, it.ended, it.backend, it.status, it.attempt] as const),
          attemptKinds.indexOf(it.kind),
        ),
    })),
  ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  for (const { tell } of all) tell();
  return recorder.close();
}

const { run: fixture } = fixtureRecording({ contenders: [], rounds: 0 });
const run: Run = {
  ...fixture,
  scenario: { ...fixture.scenario, load: { ...fixture.scenario.load, deadline: 500, timeout: 5_000 } },
  contenders: [{ name: 'p2c', strategy: 'p2c', options: {} }],
};

function trialOf(world: World): Trial {
  return {
    ...{ id: 't', contender: 'p2c', round: 0, seed: 1, order: 0, status: 'complete', rows: 'folded' },
    ...{ t0: 0, windowMs, counts: countsOf(requestsOf(world.requests)) },
  } as Trial;
}

async function bothRoads(t: ExecutionContext, world: World): Promise<[rows: TrialFold, folds: TrialFold]> {
  const dir = mkdtempSync(join(tmpdir(), 'steelyard-folds-'));
  try {
    mkdirSync(join(dir, 'trials/t'), { recursive: true });
    t.is(record(join(dir, 'trials/t'), world, 1, 0), 'folded');
    const trial = trialOf(world);
    return [
      foldTrial(
        run,
        trial,
        requestsOf(world.requests),
        attemptsOf(world.attempts),
        world.events,
        undefined,
        foldedAway,
      ),
      foldedTrial(run, trial, await readFolds(dir, 't'), world.events),
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const near = (a: number | null, b: number | null, share: number) =>
  a === b || (a !== null && b !== null && Math.abs(a - b) <= share * Math.abs(b) + 0.0005);

function sameLatency(t: ExecutionContext, folded: Latency, rows: Latency, what: string): void {
  for (const key of ['p50', 'p90', 'p95', 'p99', 'p999'] as const)
    t.true(near(folded[key], rows[key], 0.0005), `${what} ${key}: ${folded[key]}, of rows ${rows[key]}`);
  t.true(near(folded.mean, rows.mean, 1e-9), `${what} mean`);
  t.is(folded.max, rows.max, `${what} max`);
}

function sameMeasures(t: ExecutionContext, folded: PhaseMeasures, rows: PhaseMeasures, what: string): void {
  const { latencyMs, deadlineLatencyMs, seconds, requests, throughput, goodput, errorRate } = rows;
  t.like(folded, { seconds, requests, throughput, goodput, errorRate }, what);
  sameLatency(t, folded.latencyMs, latencyMs, what);
  sameLatency(t, folded.deadlineLatencyMs, deadlineLatencyMs, `${what} capped`);
}

test('the same requests by both roads: the same counts, means and maxima; percentiles within 0.05%', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const [rows, folds] = await bothRoads(t, worldOf(seed));
      const [exact, folded] = [measuresOf(run, [rows]), measuresOf(run, [folds])];
      sameMeasures(t, folded, exact, 'whole');
      for (const phase of ['before', 'during', 'after'] as const)
        sameMeasures(t, folded.phases![phase], exact.phases![phase], phase);
      t.deepEqual(folded.perBackend, exact.perBackend);
      t.is(folded.retries, exact.retries);
      t.is(folds.sentWithWarmup, rows.sentWithWarmup);
      t.is(folds.duplicates, rows.duplicates);
      t.deepEqual(folds.afterDetection, rows.afterDetection);
    }),
    { numRuns: 25 },
  );
});

test('the same fault by both roads: what it cost and how the victim came back, and the bins that recovery is told by', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const [rows, folds] = await bothRoads(t, worldOf(seed, 6_000));
      const { recoverMs: _, ...failover } = rows.failover[0]!;
      t.like(folds.failover[0], failover);
      t.deepEqual(folds.failover[0]!.unknown, { duplicated: foldedAway });
      const bins = folds.zooms[0]!.bins;
      t.is(bins.length, rows.zooms[0]!.bins.length);
      for (const [i, { p99, ...bin }] of rows.zooms[0]!.bins.entries()) {
        t.like(bins[i], bin);
        t.true(Object.is(bins[i]!.p99, p99) || near(bins[i]!.p99, p99, 0.008), `p99 of bin ${i}`);
      }
    }),
    { numRuns: 15 },
  );
});

test('the same timeline by both roads; its percentiles within 0.8%', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const [rows, folds] = await bothRoads(t, worldOf(seed));
      t.is(folds.stepMs, rows.stepMs);
      t.is(folds.timeline.length, rows.timeline.length);
      for (const [i, { p50, p95, p99, ...line }] of rows.timeline.entries()) {
        t.like(folds.timeline[i], line, `line ${i}`);
        for (const [key, value] of Object.entries({ p50, p95, p99 }))
          t.true(near(folds.timeline[i]![key as 'p50'], value, 0.008), `${key} of line ${i}`);
      }
    }),
    { numRuns: 15 },
  );
});

test('a folded trial is judged like any other, and its audit counts what the generator counted', async (t) => {
  const world = worldOf(1);
  const [, folds] = await bothRoads(t, world);
  const judged = (fold: TrialFold) =>
    judge({ ...run, trials: [fold.trial] }, [fold]).summary.audit.findings.filter(({ ok }) => ok !== true);
  // Requests went on to the victim after it was detected: the world has no strategy. Nothing else is wrong.
  t.deepEqual(
    judged(folds).map(({ check }) => check),
    ['avoided'],
  );
  const miscounted = { ...folds.trial, counts: { ...folds.trial.counts, ok: folds.trial.counts.ok - 1 } };
  t.true(judged({ ...folds, trial: miscounted }).some(({ check }) => check === 'rows'));
});

test('a request told of twice is found, also without its row', async (t) => {
  const world = worldOf(2, 500);
  const twice = { ...world, requests: [...world.requests, world.requests[17]!] };
  t.is((await bothRoads(t, twice))[1].duplicates, 1);
  // One twice and another never: as many numbers as requests.
  const instead = { ...world, requests: world.requests.with(18, world.requests[17]!) };
  t.not((await bothRoads(t, instead))[1].duplicates, 0);
  const gap = { ...world, requests: world.requests.toSpliced(18, 1) };
  t.regex(String((await bothRoads(t, gap))[1].duplicates), /have gaps/);
});

test('folds that were told of other faults than the events name are not believed', async (t) => {
  const world = worldOf(3, 500);
  const [rows, folds] = await bothRoads(t, world);
  t.truthy(rows.phases);
  t.truthy(folds.phases);
  const dir = mkdtempSync(join(tmpdir(), 'steelyard-folds-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, 'trials/t'), { recursive: true });
  record(join(dir, 'trials/t'), { ...world, events: [] }, 1, 0);
  const deaf = foldedTrial(run, trialOf(world), await readFolds(dir, 't'), world.events);
  t.is(deaf.phases, null);
  t.regex(deaf.unread!, /told of other faults/);
  t.deepEqual(Object.keys(deaf.failover[0]!.unknown!), [
    'duplicated',
    'sacrificed',
    'victimShare',
    'overshoot',
    'returnedShare',
    'fairAgainMs',
  ]);
  const { verdict } = judge({ ...run, trials: [deaf.trial] }, [deaf]).summary;
  t.notRegex(verdict.sentence, /sacrificed/);
});
