/**
 * A simulated trial in a process apart, as a real one's balancer is: a strategy that never returns, or eats all memory, takes
 * only its own contender with it, and several trials use several cores. One that is done may be told to begin another.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { lengthOf, plannedRequests } from '../../scenarios/load-length.ts';
import { occurrencesOf } from '../../scenarios/occurrences.ts';
import { type BalancerSettings, backendsOf, type Scenario } from '../../scenarios/scenario.ts';
import type { Options, Values } from '../../strategies/strategy.ts';
import { Recorder } from '../recorder.ts';
import type { RequestCounts, Trial } from '../recording.ts';
import { serve } from '../role.ts';
import { spools } from '../spools.ts';
import { NotSteady, SteadyWatch } from '../steady-watch.ts';
import { findStrategy, poolStrategies } from '../strategies.ts';
import { Simulation } from './simulation.ts';

export interface SimulatedTrialSettings {
  scenario: Scenario;
  /** Public name, or an absolute path to a user's own file, with validated options. */
  strategy: { name: string; values: Values<Options> };
  balancer: BalancerSettings;
  seed: number;
  /** Requests are folded as they come, however few they are. */
  fold?: boolean;
  /** Where its recording goes; the directory exists. */
  dir: string;
}

export interface SimulatedResult {
  counts: RequestCounts;
  windowMs: number;
  rows: NonNullable<Trial['rows']>;
  /** Why the trial ended before its first fault. */
  notSteady?: string;
}

/** `settings`: of another trial than the one the process was started for. */
export type ToSimulation = { type: 'start'; settings?: SimulatedTrialSettings } | { type: 'stop' };
export type FromSimulation =
  | { type: 'progress'; t: number; ended: number; counts: RequestCounts; faults: readonly string[] }
  | { type: 'done'; result: SimulatedResult };

/** Things that happen between two looks at the messages: a tenth of a second or so. */
const slice = 100_000;
const progressEvery = 500;

type Say = (message: FromSimulation) => void;

serve<SimulatedTrialSettings, ToSimulation, FromSimulation>(async (settings, say) => {
  let trial = await prepared(settings, say);
  return {
    async receive(message) {
      if (message.type === 'stop') return trial.stop();
      if (message.settings) trial = await prepared(message.settings, say);
      trial.go();
    },
    stop: () => trial.stop(),
  };
});

/** A trial that `go` begins, and that `stop` ends early. */
async function prepared(settings: SimulatedTrialSettings, say: Say) {
  const { scenario, strategy, balancer, seed, fold, dir } = settings;
  const { load } = scenario;
  const recorder = new Recorder({
    dir,
    backends: backendsOf(scenario).map(({ id }) => id),
    planned: plannedRequests(scenario),
    deadline: load.deadline,
    timeout: load.timeout,
    ...(fold ? { most: 0 } : {}),
  });
  const events = openSync(join(dir, spools.events), 'w');
  const occurrences = occurrencesOf(scenario.faults, backendsOf(scenario), seed, lengthOf(scenario));
  const steady = new SteadyWatch(scenario, occurrences);
  const simulation: Simulation = new Simulation({
    scenario,
    strategy: { ...(await findStrategy(strategy.name)), values: strategy.values },
    strategies: await poolStrategies(balancer),
    settings: balancer,
    seed,
    recorder,
    onEvent: (event) => {
      steady.heard(event);
      writeSync(events, `${JSON.stringify(event)}\n`);
    },
    watch: {
      moments: steady.moments,
      at: (t) => {
        steady.look(t, simulation.counts);
        if (t === steady.moments.at(-1)) steady.judge();
      },
    },
  });
  let said = performance.now();
  let over = false;

  const finish = (notSteady?: string) => {
    over = true;
    const rows = recorder.close();
    closeSync(events);
    const { counts, windowMs } = simulation;
    say({
      type: 'done',
      result: { counts, windowMs, rows, ...(notSteady === undefined ? {} : { notSteady }) },
    });
  };
  const go = () => {
    if (over) return;
    try {
      if (!simulation.advance(slice)) return finish();
    } catch (error) {
      if (!(error instanceof NotSteady)) throw error;
      simulation.stop();
      return finish(error.message);
    }
    if (performance.now() - said > progressEvery) {
      said = performance.now();
      const { t, ended, counts, standingFaults: faults } = simulation;
      say({ type: 'progress', t, ended, counts, faults });
    }
    setImmediate(go);
  };
  const stop = () => {
    if (over) return;
    simulation.stop();
    finish();
  };
  return { go, stop };
}
