/** The virtual clock, and what is to happen on it. Times in ms; the origin is the simulation's. */
import { DeadlineQueue } from '../proxy/deadlines.ts';
import { Agenda, type Due, type Rank, rank, Task } from './agenda.ts';

export class Timeline {
  now = 0;
  readonly agenda = new Agenda();
  readonly #deadlines: DeadlineQueue[] = [];

  /** A queue of equally long deadlines, which costs less than putting each on the agenda. */
  deadlines(ms: number): DeadlineQueue {
    const queue = new DeadlineQueue(ms);
    this.#deadlines.push(queue);
    return queue;
  }

  add(item: Due, at: number, first: Rank = rank.message): void {
    this.agenda.add(item, at, first);
  }

  /** Something rare. */
  at(time: number, happen: () => void): void {
    this.agenda.add(new Task(happen), time, rank.rest);
  }

  /** When the next thing happens, ms; Infinity when there is none. */
  get due(): number {
    let due = this.agenda.due;
    for (const queue of this.#deadlines) if (queue.due < due) due = queue.due;
    return due;
  }

  /** Does the next thing, whose time is `due`. Of equal times, what is on the agenda goes before a deadline. */
  step(due: number): void {
    this.now = due;
    if (this.agenda.due <= due) this.agenda.next().happen();
    else for (const queue of this.#deadlines) if (queue.due <= due) queue.expire(due);
  }
}
