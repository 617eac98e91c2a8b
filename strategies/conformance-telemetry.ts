/**
 * What the backends of a conformance world say of themselves: answers to probes, reports with responses, the truth.
 *
 * All of it is drawn from (seed, ordinal), apart from the strategy's own luck: how often a strategy asks never changes what
 * it draws. Of the probes one in four is answered at once, inside the call; half are answered up to 3 s later, by when
 * the backend may have left; one in four never is.
 */
import { avalanche, hashString } from './hash.ts';
import type { Backend, LoadReport, LoadSample, Request } from './strategy.ts';

type Done = (sample: LoadSample) => void;

export class Telemetry {
  readonly #seed: number;
  readonly #now: () => number;
  #ordinal = 0;
  #late: { readonly at: number; readonly done: Done; readonly sample: LoadSample }[] = [];

  /** `now` is the world's clock, ms. */
  constructor(seed: number, now: () => number) {
    this.#seed = seed;
    this.#now = now;
  }

  /** Asks a backend for its load. A test may put its own in place of it. */
  probe = (backend: Backend, done: Done): void => {
    const draw = this.#draw();
    const sample = { inFlight: backend.inFlight + ((draw >>> 8) % 4), latency: (draw >>> 16) % 200 };
    if (draw % 4 === 0) done(sample);
    else if (draw % 4 < 3) this.#late.push({ at: this.#now() + ((draw >>> 4) % 3000), done, sample });
  };

  /** How long the request would take there, ms. Few values, so that there are ties; now and then Infinity. */
  sojourn = (backend: Backend, { key }: Request): number => {
    const draw = avalanche(this.#seed ^ hashString(backend.id) ^ avalanche(hashString(key)));
    return draw % 7 === 0 ? Infinity : ((draw >>> 8) % 4) + backend.inFlight;
  };

  /** What a backend with so many in flight says of itself with a response; undefined where it says nothing this time. */
  report(inFlight: number): LoadReport | undefined {
    const draw = this.#draw();
    if (draw % 5 === 0) return undefined;
    const rate = (draw >>> 4) % 50;
    return {
      utilization: ((draw >>> 8) % 12) / 10,
      inFlight: inFlight + ((draw >>> 12) % 2),
      serviceTime: (draw >>> 16) % 20,
      rate,
      errors: draw % 3 === 0 ? rate / 2 : 0,
      at: this.#now(),
    };
  }

  /** Answers the probes that are due. */
  deliver(): void {
    const due = this.#late.filter(({ at }) => at <= this.#now());
    this.#late = this.#late.filter(({ at }) => at > this.#now());
    for (const { done, sample } of due) done(sample);
  }

  #draw(): number {
    return avalanche(avalanche(this.#seed) ^ this.#ordinal++);
  }
}
