import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { collect } from '../harness/collect.ts';
import { Recorder } from '../harness/recorder.ts';
import {
  type Event,
  type Run,
  readAttempts,
  readFolds,
  readRequests,
  type Trial,
} from '../harness/recording.ts';
import { Simulation } from '../harness/simulation/simulation.ts';
import { findStrategy, listStrategies } from '../harness/strategies.ts';
import { loadScenario } from '../scenarios/loader.ts';
import { backendsOf } from '../scenarios/scenario.ts';
import type { Options, Values } from '../strategies/strategy.ts';
import { foldedAway } from './folded-failover.ts';
import { foldedTrial } from './folded-trial.ts';
import { measuresOf } from './measures.ts';
import { foldTrial, type TrialFold } from './trial-fold.ts';

const known = { strategies: new Map(await listStrategies()), simulated: true };

/** One simulated trial, recorded both ways at once. */
async function bothRoads(t: ExecutionContext, file: string, sets: string[]) {
  const { scenario, contenders } = loadScenario({ file, sets, known });
  const contender = contenders.find(({ strategy }) => strategy === 'p2c')!;
  const dir = mkdtempSync(join(tmpdir(), 'steelyard-roads-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const recorders = [Number.POSITIVE_INFINITY, 0].map((most) => {
    const folder = join(dir, 'trials', most === 0 ? 'folds' : 'rows');
    mkdirSync(folder, { recursive: true });
    const { deadline, timeout } = scenario.load;
    const backends = backendsOf(scenario).map(({ id }) => id);
    return new Recorder({ dir: folder, backends, deadline, timeout, planned: 1, most });
  });
  const events: Event[] = [];
  const simulation = new Simulation({
    ...{ scenario, settings: contender.balancer, seed: 7 },
    strategy: {
      ...(await findStrategy(contender.strategy)),
      values: contender.options as Values<Options>,
    },
    recorder: {
      request: (...row) => {
        for (const it of recorders) it.request(...row);
      },
      attempt: (...row) => {
        for (const it of recorders) it.attempt(...row);
      },
      event: (event) => {
        for (const it of recorders) it.event(event);
      },
      window: (ms) => {
        for (const it of recorders) it.window(ms);
      },
    },
    onEvent: (event) => events.push({ trial: 'rows', ...event } as Event),
  });
  while (simulation.advance(100_000));
  t.deepEqual(
    recorders.map((it) => it.close()),
    ['all', 'folded'],
  );
  const { counts, windowMs } = simulation;
  const run = {
    scenario,
    backends: backendsOf(scenario),
    contenders: [],
    driver: 'simulation',
  } as unknown as Run;
  const trial = { ...{ id: 'rows', contender: 'p2c', round: 0, t0: 0 }, windowMs, counts } as Trial;
  await collect(dir, run, trial);
  const requests = await readRequests(dir, run, 'rows');
  const rows = foldTrial(
    run,
    trial,
    requests,
    await readAttempts(dir, run, 'rows'),
    events,
    undefined,
    foldedAway,
  );
  return { run, rows, folds: foldedTrial(run, trial, await readFolds(dir, 'folds'), events) };
}

/** Where two folds of one trial say different things, beyond the error that a histogram states. */
function differences(path: string, folds: unknown, rows: unknown): string[] {
  if (Object.is(folds, rows)) return [];
  if (typeof folds === 'number' && typeof rows === 'number') {
    const percentile = /\.p\d+$/.test(path);
    const allowed = percentile ? (path.startsWith('.timeline') ? 0.008 : 0.0005) : 1e-9;
    return Math.abs(folds - rows) <= allowed * Math.abs(rows) ? [] : [`${path}: ${folds}, of rows ${rows}`];
  }
  if (typeof folds !== 'object' || typeof rows !== 'object' || folds === null || rows === null)
    return [`${path}: ${folds}, of rows ${rows}`];
  const keys = new Set([...Object.keys(folds), ...Object.keys(rows)]);
  return [...keys].flatMap((key) =>
    differences(`${path}.${key}`, folds[key as keyof typeof folds], rows[key as keyof typeof rows]),
  );
}

const trials: [string, string[], string][] = [
  ['failover', [], 'a crash in a closed loop'],
  ['failover', ['faults.0.hang={}'], 'hanging backends, so that clients give up before attempts end'],
  ['failover', ['faults.0.vanish={}'], 'a backend that vanishes'],
  ['gray-failure', [], 'a slow backend under open load, with a deadline'],
  ['theory', ['fleet.0.count=10', 'load.open.utilization=0.9', 'load.requests=20000'], 'no faults at all'],
];
for (const [file, sets, what] of trials)
  test(`simulated, both roads say the same: ${what}`, async (t) => {
    const { run, rows, folds } = await bothRoads(t, file, sets);
    t.true(rows.whole.requests.sent > 5_000);
    const pick = ({ timeline, afterDetection, sentWithWarmup, windows }: TrialFold) => ({
      ...{ timeline, afterDetection, sentWithWarmup, windows },
    });
    t.deepEqual(differences('measures', measuresOf(run, [folds]), measuresOf(run, [rows])), []);
    t.deepEqual(differences('', pick(folds), pick(rows)).slice(0, 5), []);
    t.is(folds.unread, undefined);
  });
