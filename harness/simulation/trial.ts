/** One contender, one round, in virtual time → one recorded trial. */
import { mkdir } from 'node:fs/promises';
import type { ResolvedContender } from '../../scenarios/contenders.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import type { Options, Values } from '../../strategies/strategy.ts';
import { now } from '../clock.ts';
import type { RunLabel } from '../drivers/driver.ts';
import type { RequestCounts, Trial } from '../recording.ts';
import { strategyFile } from '../strategies.ts';
import { StrategyError } from '../strategy-guard.ts';
import { died, notReady } from '../trial-processes.ts';
import type { PlannedTrial, Progress } from '../trial-runner.ts';
import type { SimulatedResult, SimulatedTrialSettings, ToSimulation } from './main.ts';
import { type SimulationProcess, SimulationProcesses } from './processes.ts';

export interface SimulatedTrialContext {
  readonly scenario: Scenario;
  /** Where the trial's recording goes. */
  readonly folder: string;
  readonly label: RunLabel;
  readonly signal: AbortSignal;
  /** Requests are folded as they come, however few they are. */
  readonly fold?: boolean;
  /** Where a process comes from and goes back to; without it the trial has one to itself. */
  readonly processes?: SimulationProcesses;
  readonly onProgress?: (progress: Progress) => void;
}

/** Longest silence before a trial counts as hung, ms: it speaks at least twice a second. */
const silence = 15_000;
const noCounts: RequestCounts = { sent: 0, ok: 0, failed: 0, lost: 0, inFlightAtEnd: 0, notSent: 0 };

const strategyOf = ({ name, file, strategy }: ResolvedContender) => ({
  name,
  file: strategyFile(file ?? strategy),
});

/** Runs one trial. A contender that dies or hangs makes it `failed`, an abort `interrupted`; neither rejects. */
export async function simulateTrial(plan: PlannedTrial, context: SimulatedTrialContext): Promise<Trial> {
  const { scenario, folder, label, signal } = context;
  const { contender, seed } = plan;
  const trial: Trial = {
    id: plan.id,
    contender: contender.name,
    round: plan.round,
    seed,
    order: plan.order,
    status: 'interrupted',
    t0: 0,
    windowMs: 0,
    counts: noCounts,
  };
  await mkdir(folder, { recursive: true });
  const settings: SimulatedTrialSettings = {
    scenario,
    strategy: { name: contender.file ?? contender.strategy, values: contender.options as Values<Options> },
    balancer: contender.balancer,
    seed,
    fold: context.fold ?? false,
    dir: folder,
  };
  const { processes = new SimulationProcesses({ label, signal }) } = context;
  let child: SimulationProcess | undefined;
  try {
    const taken = await processes.take(settings).catch((error: Error) => {
      throw notReady('the simulation', error, strategyOf(contender));
    });
    child = taken.child;
    const { rows, notSteady, ...result } = await resultOf(child, taken.start, plan, context);
    Object.assign(trial, result, { rows });
    if (rows === 'all') trial.executions = { rows: 'unanswered', unknown: [] };
    trial.status = signal.aborted ? 'interrupted' : notSteady === undefined ? 'complete' : 'invalid';
    if (notSteady !== undefined) {
      trial.error = notSteady;
      trial.unsound = [{ check: 'steady', says: notSteady }];
    }
    if (context.processes && contender.file === undefined) {
      processes.giveBack(child);
      child = undefined;
    }
  } catch (error) {
    trial.status = signal.aborted ? 'interrupted' : 'failed';
    trial.error = (error as Error).message;
  } finally {
    await child?.stop();
  }
  return trial;
}

/** Resolves once the trial is over; rejects when its process dies or no longer speaks. */
function resultOf(
  child: SimulationProcess,
  start: ToSimulation,
  { contender }: PlannedTrial,
  { signal, onProgress }: SimulatedTrialContext,
): Promise<SimulatedResult> {
  return new Promise((resolve, reject) => {
    let heard = now();
    let before = { at: heard, ended: 0 };
    let listening = true;
    const stop = () => child.send({ type: 'stop' });
    const watch = setInterval(async () => {
      if (now() - heard < silence) return;
      clearInterval(watch);
      const frames = await child.endStuck();
      reject(StrategyError.endless(strategyOf(contender), `silent for ${silence / 1000} s`, frames));
    }, 1_000);
    const over = () => {
      listening = false;
      clearInterval(watch);
      signal.removeEventListener('abort', stop);
    };
    child.onMessage((message) => {
      if (!listening) return; // it is about a later trial in the same process
      heard = now();
      if (message.type === 'done') {
        over();
        resolve(message.result);
        return;
      }
      const { t, ended, counts, faults } = message;
      const perSecond = ((ended - before.ended) * 1000) / (heard - before.at);
      before = { at: heard, ended };
      onProgress?.({ t, perSecond, counts, faults });
    });
    void child.ended.then((end) => {
      over();
      reject(died('the simulation', end, strategyOf(contender)));
    });
    signal.addEventListener('abort', stop, { once: true });
    child.send(start);
  });
}
