/**
 * Stop-the-world pauses: Poisson with a mean gap, each of the same length. Pause k is a draw of its own, so the schedule
 * is known in advance and whatever starts can be told its finish at once: nothing is rescheduled when a pause comes.
 */
import { Source, stream } from './random.ts';

export class Pauses {
  readonly #every: number;
  readonly #length: number;
  readonly #draws: Source;
  readonly #backend: number;
  /** The first pause that is not over yet. */
  #number = 0;
  #begin: number;

  /** `every` and `length` in ms; the first gap begins at `epoch`. */
  constructor(every: number, length: number, seed: number, backend: number, epoch: number) {
    this.#every = every;
    this.#length = length;
    this.#draws = new Source(seed, stream.pauses);
    this.#backend = backend;
    this.#begin = epoch + this.#gap(0);
  }

  #gap(number: number): number {
    return -this.#every * Math.log(this.#draws.draw(number, this.#backend));
  }

  /** The first moment from `now` on when the world turns. `now` never decreases from call to call. */
  awake(now: number): number {
    while (now >= this.#begin + this.#length) this.#begin += this.#length + this.#gap(++this.#number);
    return now < this.#begin ? now : this.#begin + this.#length;
  }

  /** When work of `ms` is done that begins at `start`, itself an awake moment of the last call. */
  finish(start: number, ms: number): number {
    let finish = start + ms;
    for (let k = this.#number, begin = this.#begin; begin < finish; ) {
      if (begin >= start) finish += this.#length;
      begin += this.#length + this.#gap(++k);
    }
    return finish;
  }
}
