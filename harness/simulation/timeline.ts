/** The virtual clock, and what is to happen on it. Times in ms; the origin is the simulation's. */
import { Agenda, type Due, type Rank, rank, Task } from './agenda.ts';

export class Timeline {
  now = 0;
  readonly #agenda = new Agenda();

  add(item: Due, at: number, first: Rank = rank.message): void {
    this.#agenda.add(item, at, first);
  }

  /** Something rare. */
  at(time: number, happen: () => void): void {
    this.#agenda.add(new Task(happen), time, rank.rest);
  }

  /** When the next thing happens, ms; Infinity when there is none. */
  get due(): number {
    return this.#agenda.due;
  }

  /** Does the next thing, whose time is `due`. */
  step(due: number): void {
    this.now = due;
    this.#agenda.next().happen();
  }
}
