/** `steelyard compare SCENARIO --base REF --head REF`: two commits of the user's repository, interleaved on one machine. */
import { mkdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { Listr } from 'listr2';
import type { Side } from '../../reports/regression.ts';
import { type LoadedScenario, refuseUnable } from '../../scenarios/loader.ts';
import { chooseDriver } from '../choose-driver.ts';
import { diskFull, isDiskFull } from '../disk-full.ts';
import { combine, Exit, exitCode } from '../exit.ts';
import { Experiment } from '../experiment.ts';
import { type Checkout, CheckoutError, checkOut } from '../git-checkout.ts';
import { turnsOf } from '../interleaved.ts';
import { type Interrupt, onInterrupt } from '../interrupt.ts';
import { findLeavings, reap } from '../leavings.ts';
import { labelThisRun } from '../ownership.ts';
import { RealTrials } from '../real-trials.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { SimulatedTrials } from '../simulation/trials.ts';
import type { TrialRunner } from '../trial-runner.ts';
import { endAndJudge } from './carry-out.ts';
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

export interface Measured {
  base: Side;
  head: Side;
  /** Exit codes of what went wrong meanwhile, and was said. */
  codes: number[];
}

/** Measures both. Whatever happens, an interruption too, backends and checkouts are removed. */
export async function measureRefs(file: string, options: RefsOptions): Promise<Measured> {
  const interrupt = onInterrupt();
  const stopWhenAsked = () => {
    if (interrupt.code !== undefined) throw new Exit(interrupt.code);
  };
  const checkouts: Checkout[] = [];
  const remove = async () => {
    for (const checkout of checkouts) await checkout.remove();
  };
  interrupt.onForce(remove);
  try {
    for (const ref of [options.base, options.head]) {
      checkouts.push(await checkOut(ref, options.prepare));
      stopWhenAsked();
    }
    return await measure(file, options, checkouts as [Checkout, Checkout], interrupt, remove);
  } catch (cause) {
    // A --prepare that met the same Ctrl-C failed for it; whatever else fails then, such as a removal, is said.
    if (interrupt.code !== undefined)
      throw new Exit(interrupt.code, cause instanceof CheckoutError ? '' : (cause as Error).message, {
        cause,
      });
    if (cause instanceof CheckoutError) throw new Exit(exitCode.input, cause.message, { cause });
    throw cause;
  } finally {
    await remove();
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

async function measure(
  file: string,
  options: RefsOptions,
  checkouts: readonly [Checkout, Checkout],
  interrupt: Interrupt,
  removeCheckouts: () => Promise<void>,
): Promise<Measured> {
  const ready = [
    await readyIn(checkouts[0], file, options),
    await readyIn(checkouts[1], file, options),
  ] as const;
  const [first] = ready;
  const { dir, id } = await makeRunDirectory(first.loaded.scenario.name, {
    out: options.runs,
    kind: 'compare',
  });
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
  interrupt.onForce(() => closeBoth(experiments).finally(removeCheckouts));
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
    await closeBoth(experiments);
  }
  const overs = experiments.flatMap(({ over }) => over ?? []);
  for (const { why } of overs) console.error(`\n${why}`);
  const codes = overs.map(({ code }) => code);
  const sides: Side[] = [];
  for (const [i, it] of experiments.entries()) {
    const summary = await endAndJudge(it, dirs[i]!, interrupt.signal.aborted).catch((error: unknown) => {
      if (!isDiskFull(error)) throw error;
      throw new Exit(combine([...codes, exitCode.failed]), overs.length === 0 ? diskFull(dirs[i]!) : '');
    });
    if (summary !== undefined) sides.push({ run: it.run, summary });
  }
  if (interrupt.code !== undefined) throw new Exit(interrupt.code);
  const [base, head] = sides;
  if (base === undefined || head === undefined)
    throw new Exit(
      combine([...codes, exitCode.failed]),
      `Too little was measured to compare. What there is stands in ${dir}`,
    );
  return { base, head, codes };
}

/** Both, also where one cannot be; rejects with what the first met. */
async function closeBoth(experiments: readonly Experiment[]): Promise<void> {
  const closed = await Promise.allSettled(experiments.map((it) => it.close()));
  const failed = closed.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
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
