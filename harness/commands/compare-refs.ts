/** `steelyard compare SCENARIO --base REF --head REF`: two commits of the user's repository, interleaved on one machine. */
import { mkdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { Listr } from 'listr2';
import { type LoadedScenario, refuseUnable } from '../../scenarios/loader.ts';
import { chooseDriver } from '../choose-driver.ts';
import { Exit, exitCode } from '../exit.ts';
import { Experiment } from '../experiment.ts';
import { type Checkout, CheckoutError, checkOut } from '../git-checkout.ts';
import { turnsOf } from '../interleaved.ts';
import { onInterrupt } from '../interrupt.ts';
import { findLeavings, reap } from '../leavings.ts';
import { labelThisRun } from '../ownership.ts';
import { RealTrials } from '../real-trials.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { SimulatedTrials } from '../simulation/trials.ts';
import type { TrialRunner } from '../trial-runner.ts';
import { progressLine, resultLine } from './live.ts';
import { prepare, type Ready, type ScenarioOptions } from './scenario-options.ts';

export interface RefsOptions extends ScenarioOptions {
  base: string;
  head: string;
  driver: 'auto' | 'docker' | 'process' | 'simulation';
  prepare?: string;
  runs?: string;
  quiet?: boolean;
  json?: boolean;
}

/** Fewest rounds that are advised where a pull request hangs on it; reporting.md. */
const rounds = 15;

/** Measures both and returns their run directories. Whatever happens, backends and checkouts are removed. */
export async function measureRefs(
  file: string,
  options: RefsOptions,
): Promise<{ base: string; head: string; interrupted?: number }> {
  const checkouts: Checkout[] = [];
  try {
    for (const ref of [options.base, options.head]) checkouts.push(await checkOut(ref, options.prepare));
    return await measure(file, options, checkouts as [Checkout, Checkout]);
  } catch (cause) {
    if (cause instanceof CheckoutError) throw new Exit(exitCode.input, cause.message, { cause });
    throw cause;
  } finally {
    for (const checkout of checkouts) await checkout.remove();
  }
}

/** As the user would see it in the checkout: files and relative paths are its own. */
async function readyIn({ dir, ref }: Checkout, file: string, options: RefsOptions): Promise<Ready> {
  if (isAbsolute(file))
    throw new Exit(
      exitCode.input,
      `expected a scenario by a path within the repository, or by its name, got ${file}`,
    );
  const here = process.cwd();
  process.chdir(dir);
  try {
    const given = { ...options, rounds: options.rounds ?? rounds };
    return await prepare(file, given, options.driver === 'simulation');
  } catch (cause) {
    throw cause instanceof Error ? Object.assign(cause, { message: `at ${ref}: ${cause.message}` }) : cause;
  } finally {
    process.chdir(here);
  }
}

async function measure(file: string, options: RefsOptions, checkouts: readonly [Checkout, Checkout]) {
  const ready = [
    await readyIn(checkouts[0], file, options),
    await readyIn(checkouts[1], file, options),
  ] as const;
  const [first] = ready;
  const { dir, id } = await makeRunDirectory(first.loaded.scenario.name, {
    out: options.runs,
    kind: 'compare',
  });
  const interrupt = onInterrupt();
  const runnerOf = await ground(
    ready.map(({ loaded }) => loaded),
    options,
    id,
    interrupt.signal,
  );
  const dirs = [join(dir, 'base'), join(dir, 'head')] as const;
  const open = async (side: 0 | 1) => {
    await mkdir(dirs[side]);
    const { loaded, contenders, source } = ready[side];
    const { ref, commit } = checkouts[side];
    const runner = runnerOf(loaded, dirs[side]);
    const notes = [
      ...loaded.notes,
      `Measured at ${ref} (${commit.slice(0, 12)}), interleaved with ${checkouts[1 - side]!.ref}.`,
    ];
    return Experiment.open({
      dir: dirs[side],
      id: `${id}-${side === 0 ? 'base' : 'head'}`,
      scenario: loaded.scenario,
      contenders,
      source,
      runner,
      notes,
    });
  };
  const experiments = [await open(0), await open(1)] as const;
  interrupt.onForce(async () => void (await Promise.all(experiments.map((it) => it.close()))));
  try {
    for (const it of experiments) await it.launch();
    await runTurns(
      experiments,
      first.loaded.scenario.seed,
      checkouts,
      interrupt.signal,
      Boolean(options.quiet || options.json),
    );
  } finally {
    for (const it of experiments) await it.close();
  }
  for (const it of experiments) await it.finish(it.unfinished ? 'interrupted' : 'complete');
  const { buildReport } = await import('../../reports/report.ts');
  for (const [i, it] of experiments.entries()) {
    const { audit } = await buildReport(dirs[i]!);
    if (audit.passed || it.unfinished) continue;
    await it.finish('invalid');
    await buildReport(dirs[i]!);
  }
  return {
    base: dirs[0],
    head: dirs[1],
    ...(interrupt.code === undefined ? {} : { interrupted: interrupt.code }),
  };
}

/** How a side's trials run: on real backends, one fleet a side, as commands and images may differ; or in virtual time. */
async function ground(
  loaded: readonly LoadedScenario[],
  options: RefsOptions,
  id: string,
  signal: AbortSignal,
): Promise<(loaded: LoadedScenario, dir: string) => TrialRunner> {
  const label = labelThisRun(id);
  if (options.driver === 'simulation')
    return ({ scenario }, dir) => new SimulatedTrials({ dir, scenario, label, signal });
  const { driver, notes } = await chooseDriver(options.driver);
  for (const it of loaded) refuseUnable(it, driver.name, driver.can);
  for (const note of notes) if (!options.quiet) console.error(note);
  await reap(await findLeavings());
  return ({ scenario }, dir) => new RealTrials({ driver, dir, scenario, label, signal });
}

async function runTurns(
  experiments: readonly [Experiment, Experiment],
  seed: number,
  checkouts: readonly [Checkout, Checkout],
  signal: AbortSignal,
  quiet: boolean,
): Promise<void> {
  const turns = turnsOf(experiments[0], experiments[1], seed);
  const stopped = () => experiments.some(({ over }) => over !== undefined);
  const renderer = quiet ? 'silent' : 'default';
  await new Listr(
    turns.map(({ side, planned }) => ({
      title: `${planned.contender.name} at ${checkouts[side].ref}, round ${planned.round + 1}`,
      skip: () => (signal.aborted ? 'interrupted' : stopped() && 'the run has stopped'),
      task: async (_: unknown, task: { title: string; output: string }) => {
        const trial = await experiments[side].trial(planned, (progress) => {
          task.output = progressLine(progress);
        });
        task.title = `${task.title}   ${resultLine(trial)}`;
        if (trial.status !== 'complete') throw new Error(trial.error?.split('\n')[0] ?? trial.status);
      },
    })),
    {
      ...{ renderer, fallbackRenderer: quiet ? 'silent' : 'simple', exitOnError: false },
      ...{ registerSignalListeners: false, rendererOptions: { collapseErrors: false } },
    },
  ).run();
}
