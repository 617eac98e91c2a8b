/**
 * Watches a trial until its first fault is due, and says then whether the fleet is steady (scenarios/steady.ts). Real trials and
 * simulated ones tell it the same things: counts now and then, and what balancers say of backends.
 */
import type { Occurrence } from '../scenarios/occurrences.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { type Look, unsteady } from '../scenarios/steady.ts';
import type { TrialEvent } from './recorder.ts';

/** The fleet was not steady when the first fault was due. No contender is to blame, and nothing was started. */
export class NotSteady extends Error {
  override readonly name = 'NotSteady';
}

export class SteadyWatch {
  readonly #settings: Scenario['steady'];
  readonly #first: Occurrence | undefined;
  readonly #what: string;
  #over = false;
  #looks: Look[] = [];
  /** How many balancers leave a backend out, for whatever reason. */
  readonly #down = new Map<string, number>();

  constructor({ steady, faults }: Pick<Scenario, 'steady' | 'faults'>, occurrences: readonly Occurrence[]) {
    this.#settings = steady;
    this.#over = steady === false || occurrences.length === 0;
    this.#first = occurrences[0];
    const kind = this.#first && faults[this.#first.fault]!.kind;
    this.#what = `the first fault (${kind} at ${this.#first?.at} ms)`;
  }

  /** When to look, ms from t = 0: half-way to the first fault, and when it is due. Empty where nobody asks. */
  get moments(): readonly number[] {
    return this.#settings === false || this.#first === undefined ? [] : [this.#first.at / 2, this.#first.at];
  }

  /** Counts of the measured window, at any time before the first fault. */
  look(t: number, { sent, ok, failed, lost, notSent }: Omit<Look, 't'>): void {
    if (t >= 0 && !this.#over) this.#looks.push({ t, sent, ok, failed, lost, notSent });
  }

  heard(event: TrialEvent): void {
    if (event.type === 'health')
      this.#count(event.backend, event.from === 'unhealthy', event.to === 'unhealthy');
    else if (event.type === 'ejection')
      this.#count(event.backend, event.phase === 'over', event.phase === 'begun');
    else if (event.type === 'breaker') this.#count(event.backend, event.from === 'open', event.to === 'open');
  }

  #count(backend: string, was: boolean, is: boolean): void {
    this.#down.set(backend, (this.#down.get(backend) ?? 0) + Number(is) - Number(was));
  }

  /** To be called when the first fault is due. Throws `NotSteady` with one sentence. */
  judge(): void {
    const now = this.#looks.at(-1);
    this.#over = true;
    if (this.#settings === false || this.#first === undefined || now === undefined) return;
    const half = this.#looks.findLast(({ t }) => t <= now.t / 2 + 1);
    const down = [...this.#down].filter(([, count]) => count > 0).map(([id]) => id);
    const why = unsteady(this.#settings, half, now, down);
    this.#looks = [];
    if (why === undefined) return;
    throw new NotSteady(
      `not steady, and so no fault was started: before ${this.#what} ${why}, or set steady=false where the story begins like that.`,
    );
  }
}
