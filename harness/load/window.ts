/**
 * Which requests a run sends and which of them it measures: those before t = 0 warm up, those after it are measured for
 * `duration` ms, or until there are exactly `requests` of them. Pure.
 */
import type { Load } from '../../scenarios/scenario.ts';

export class Window {
  readonly #duration: number;
  #left: number;
  #last = 0;

  constructor({ duration, requests }: Pick<Load, 'duration' | 'requests'>) {
    this.#duration = duration ?? Number.POSITIVE_INFINITY;
    this.#left = requests ?? Number.POSITIVE_INFINITY;
  }

  /** ms from t = 0 to the end of sending, where that is a time. */
  get end(): number {
    return this.#duration;
  }

  /** Whether a request of time `t`, ms from t = 0, is still sent; asked once per request, in order of time. */
  admits(t: number): boolean {
    if (t >= this.#duration) return false;
    if (t < 0) return true;
    if (this.#left === 0) return false;
    this.#left--;
    this.#last = t;
    return true;
  }

  /** Length of the measured window, ms, when sending ended at `t`, complete or cut short. */
  length(t: number, cutShort: boolean): number {
    if (cutShort) return Math.min(Math.max(0, t), this.#duration);
    return Number.isFinite(this.#duration) ? this.#duration : this.#last;
  }
}

/**
 * A due time, ms from t = 0, as rows hold it, in µs. What was due before t = 0 stays before it, however little: a sum of gaps may
 * fall short of it by a rounding error, and rounded up it would be counted as measured by whoever reads the rows alone.
 */
export function dueMicros(t: number): number {
  const micros = Math.round(t * 1000);
  return micros === 0 && t < 0 ? -1 : micros;
}
