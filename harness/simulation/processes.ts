/**
 * The processes that trials are simulated in. To start one costs more than most trials do, so one that is done is kept and
 * given the next: not where a user's own file was loaded, as nobody knows what that leaves behind in its module.
 */
import { extname } from 'node:path';
import type { RunLabel } from '../drivers/driver.ts';
import { environmentOf } from '../ownership.ts';
import { type Child, launch } from '../role.ts';
import type { FromSimulation, SimulatedTrialSettings, ToSimulation } from './main.ts';

export type SimulationProcess = Child<ToSimulation, FromSimulation>;

const role = new URL(`./main${extname(import.meta.url)}`, import.meta.url);
const readyWithin = 60_000;

export class SimulationProcesses {
  readonly #idle: SimulationProcess[] = [];
  readonly #label: RunLabel;
  readonly #signal: AbortSignal;

  constructor({ label, signal }: { label: RunLabel; signal: AbortSignal }) {
    this.#label = label;
    this.#signal = signal;
  }

  /** A process, and the message that begins this trial in it. Rejects as `launch` does. */
  async take(
    settings: SimulatedTrialSettings,
  ): Promise<{ child: SimulationProcess; start: ToSimulation & { type: 'start' } }> {
    const child = this.#idle.pop();
    if (child) return { child, start: { type: 'start', settings } };
    const options = { signal: this.#signal, env: environmentOf(this.#label), timeoutMs: readyWithin };
    return {
      child: await launch<SimulatedTrialSettings, ToSimulation, FromSimulation>(role, settings, options),
      start: { type: 'start' },
    };
  }

  /** Keeps a process whose trial is done. */
  giveBack(child: SimulationProcess): void {
    this.#idle.push(child);
    void child.ended.then(() => {
      const place = this.#idle.indexOf(child);
      if (place >= 0) this.#idle.splice(place, 1);
    });
  }

  /** Ends those that are idle. */
  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((child) => child.stop()));
  }
}
