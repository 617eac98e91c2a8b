/**
 * Stop-the-world pauses: Poisson with a mean gap, each of a length between two bounds. Pause k is a draw of its own, so the schedule
 * is known in advance and whatever starts can be told its finish at once: nothing is rescheduled when a pause comes.
 */
import { Source, stream } from './random.ts';

/** All in ms. */
export interface PauseLaw {
  /** Mean gap from the end of one to the next. */
  readonly every: number;
  readonly shortest: number;
  readonly longest: number;
}

export class Pauses {
  readonly #law: PauseLaw;
  readonly #draws: Source;
  readonly #lane: number;
  /** The first pause that is not over yet. */
  #number = 0;
  #begin: number;
  #length: number;

  /** `lane` tells schedules of one seed apart: the backend's index for its own. The first gap begins at `epoch`. */
  constructor(law: PauseLaw, seed: number, lane: number, epoch: number) {
    this.#law = law;
    this.#draws = new Source(seed, stream.pauses);
    this.#lane = lane;
    this.#begin = epoch + this.#gap(0);
    this.#length = this.#lengthOf(0);
  }

  #gap(number: number): number {
    return -this.#law.every * Math.log(this.#draws.draw(number, this.#lane));
  }

  #lengthOf(number: number): number {
    const { shortest, longest } = this.#law;
    return shortest === longest
      ? shortest
      : shortest + (longest - shortest) * this.#draws.draw(number, ~this.#lane);
  }

  /** The first moment from `now` on when the world turns. `now` never decreases from call to call. */
  awake(now: number): number {
    while (now >= this.#begin + this.#length) {
      this.#begin += this.#length + this.#gap(++this.#number);
      this.#length = this.#lengthOf(this.#number);
    }
    return now < this.#begin ? now : this.#begin + this.#length;
  }

  /** When work of `ms` is done that begins at `start`, itself an awake moment of the last call. */
  finish(start: number, ms: number): number {
    let finish = start + ms;
    for (let k = this.#number, begin = this.#begin, length = this.#length; begin < finish; ) {
      if (begin >= start) finish += length;
      begin += length + this.#gap(++k);
      length = this.#lengthOf(k);
    }
    return finish;
  }
}
