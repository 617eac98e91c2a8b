/** Trials on one fleet of real backends, launched once for all of them. */
import type { Scenario } from '../scenarios/scenario.ts';
import type { Driver, Fleet, RunLabel } from './drivers/driver.ts';
import { launchFleet } from './own/launch.ts';
import { runTrial } from './trial.ts';
import type { PlannedTrial, TrialHooks, TrialRunner } from './trial-runner.ts';

export interface RealTrialsOptions {
  readonly driver: Driver;
  readonly dir: string;
  readonly scenario: Scenario;
  readonly label: RunLabel;
  readonly signal: AbortSignal;
  /** A fleet that outlives these trials, made by the first who needs it and stopped by whoever gives it. */
  readonly standing?: (launch: () => Promise<Fleet>) => Promise<Fleet>;
}

export class RealTrials implements TrialRunner {
  readonly atOnce = 1;
  readonly #options: RealTrialsOptions;
  /** Aborts once the fleet is lost. */
  readonly #lost = new AbortController();
  #fleet: Fleet | undefined;

  constructor(options: RealTrialsOptions) {
    this.#options = options;
  }

  get broken(): string | undefined {
    return this.#lost.signal.aborted ? String(this.#lost.signal.reason) : undefined;
  }

  get name() {
    return this.#options.driver.name;
  }

  async launch(): Promise<void> {
    const { driver, scenario, label, signal, standing } = this.#options;
    const launch = () => launchFleet(driver, scenario, label, signal);
    this.#fleet = await (standing === undefined ? launch() : standing(launch));
    void this.#fleet.lost?.then((why) => this.#lost.abort(why));
  }

  trial(planned: PlannedTrial, hooks: TrialHooks) {
    const { dir, scenario, label } = this.#options;
    const lost = this.#lost.signal;
    const signal = AbortSignal.any([this.#options.signal, lost]);
    return runTrial(planned, { dir, scenario, fleet: this.#fleet!, label, signal, lost, ...hooks });
  }

  async close(): Promise<void> {
    if (this.#options.standing === undefined) await this.#fleet?.stop();
    this.#fleet = undefined;
  }
}
