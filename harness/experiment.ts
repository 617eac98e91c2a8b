/**
 * Contenders × rounds on one fleet, back to back in seeded order, each round's contenders under the same requests and
 * faults. Owns the run directory: `run.json` says `interrupted` from its first write until the very end.
 */
import type { ResolvedContender } from '../scenarios/contenders.ts';
import { permutation, roundSeed, stream } from '../scenarios/random.ts';
import { backendsOf, type Scenario } from '../scenarios/scenario.ts';
import { longestTimeConstant, type TimeConstant } from '../scenarios/time-constants.ts';
import { now } from './clock.ts';
import { collect } from './collect.ts';
import { diskFull, isDiskFull } from './disk-full.ts';
import { environment } from './environment.ts';
import { appendEvents } from './event-log.ts';
import { exitCode } from './exit.ts';
import { eventsFile, type Run, schemaVersion, type Trial, writeRun } from './recording.ts';
import type { PlannedTrial, Progress, TrialRunner } from './trial-runner.ts';

export interface ExperimentOptions {
  dir: string;
  id: string;
  scenario: Scenario;
  contenders: readonly ResolvedContender[];
  source: Run['source'];
  runner: TrialRunner;
  notes: string[];
}

const slowest = (it: TimeConstant | undefined) => (it === undefined ? {} : { slowest: it });

/** Every trial of a run, in the order they will run. */
export function plan({
  scenario,
  contenders,
}: Pick<ExperimentOptions, 'scenario' | 'contenders'>): PlannedTrial[] {
  return Array.from({ length: scenario.rounds }, (_, round) =>
    permutation(contenders.length, scenario.seed, stream.order, round).map((index, order) => ({
      contender: contenders[index]!,
      round,
      order,
      seed: roundSeed(scenario.seed, round),
    })),
  )
    .flat()
    .map((trial, i) => ({ ...trial, id: `${String(i + 1).padStart(3, '0')}-${trial.contender.name}` }));
}

/** What ended a run before its time, and was neither its own failure nor an interruption. */
export interface RunOver {
  /** In a sentence or two, with the remedy. */
  readonly why: string;
  /** The exit code: 1 where it only ended early, 3 where what was measured last cannot be believed. */
  readonly code: 1 | 3;
}

export class Experiment {
  readonly trials: readonly PlannedTrial[];
  readonly run: Run;
  readonly #options: ExperimentOptions;
  readonly #began = now();
  #loadMs = 0;
  #over: RunOver | undefined;
  /** Resolves once the trial begun last is recorded. */
  #recorded: Promise<void> = Promise.resolve();

  private constructor(options: ExperimentOptions, run: Run) {
    this.#options = options;
    this.trials = plan(options);
    this.run = run;
  }

  /** Writes the first `run.json`. Nothing is started yet. */
  static async open(options: ExperimentOptions): Promise<Experiment> {
    const { scenario, contenders, source, runner, notes } = options;
    const simulated = runner.name === 'simulation';
    const experiment = new Experiment(options, {
      schemaVersion,
      id: options.id,
      scenario,
      source,
      seed: scenario.seed,
      driver: runner.name,
      notes,
      status: 'interrupted',
      ...(simulated ? {} : { startedAt: new Date().toISOString() }),
      environment: {
        ...(await environment(runner.name)),
        ...(simulated ? { simulated: { at: new Date().toISOString(), wallMs: 0 } } : {}),
      },
      contenders: contenders.map(({ name, strategy, options, balancer }) => ({
        ...{ name, strategy, options },
        ...(balancer.layer === 4 ? { layer: balancer.layer } : {}),
        ...slowest(longestTimeConstant(options, balancer)),
      })),
      backends: backendsOf(scenario).map(({ id, weight, zone }) => ({
        id,
        weight,
        ...(zone === undefined ? {} : { zone }),
      })),
      trials: [],
    });
    appendEvents(eventsFile(options.dir), []);
    await writeRun(options.dir, experiment.run);
    return experiment;
  }

  /** Set once no further trial should begin. */
  get over(): RunOver | undefined {
    return this.#over;
  }

  /** How many trials may run at once. */
  get atOnce(): number {
    return this.#options.runner.atOnce;
  }

  /** Starts the backends. */
  launch(): Promise<void> {
    return this.#options.runner.launch();
  }

  /**
   * Runs one of `trials` and writes its recording. A trial that fails does not reject: its `status` and `error` say so. Where
   * several run at once, they are to begin in their order, and are recorded in it: a recording does not tell who was first.
   */
  async trial(planned: PlannedTrial, onProgress: (progress: Progress) => void): Promise<Trial> {
    const { dir, scenario, runner } = this.#options;
    const before = this.#recorded;
    const { promise, resolve: recorded } = Promise.withResolvers<void>();
    this.#recorded = promise;
    const trial = await runner.trial(planned, {
      onProgress,
      onEvent: (event) => appendEvents(eventsFile(dir), [event]),
      onStart: (started) => {
        this.run.trials.push(started);
        return writeRun(dir, this.run);
      },
    });
    await before;
    if (runner.broken !== undefined) this.#end({ why: runner.broken, code: exitCode.invalid });
    try {
      if (!this.run.trials.includes(trial)) this.run.trials.push(trial);
      else this.#loadMs += scenario.load.warmup + trial.windowMs;
      await collect(dir, this.run, trial);
      await this.#save();
    } catch (error) {
      if (isDiskFull(error)) this.#end({ why: diskFull(dir), code: exitCode.failed });
      throw error;
    } finally {
      recorded();
    }
    // The balancer or a generator may have met it, and with it have died.
    if (isDiskFull(trial.error)) this.#end({ why: diskFull(dir), code: exitCode.failed });
    return trial;
  }

  /** Whether trials are missing that were planned. */
  get unfinished(): boolean {
    return (
      this.run.trials.length < this.trials.length ||
      this.run.trials.some(({ status }) => status === 'interrupted')
    );
  }

  /** Removes the backends; safe to call at any time, also twice. */
  close(): Promise<void> {
    return this.#options.runner.close();
  }

  /** Writes the run's final status. */
  async finish(status: Run['status']): Promise<Run> {
    this.run.status = status;
    await this.#save();
    return this.run;
  }

  #end(over: RunOver): void {
    this.#over ??= over;
    if (over.code === exitCode.invalid) this.run.broken ??= over.why;
  }

  async #save(): Promise<void> {
    const wallMs = now() - this.#began;
    const { simulated } = this.run.environment;
    if (simulated !== undefined) simulated.wallMs = wallMs;
    else this.run.timing = { wallMs, loadMs: this.#loadMs, overhead: (wallMs - this.#loadMs) / wallMs };
    await writeRun(this.#options.dir, this.run);
  }
}
