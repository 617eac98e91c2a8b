/** Affinity keys that some of the requests draw from: so many, numbered from `first` on, each as likely or by Zipf's law. */
import type { Source } from './random.ts';
import type { Load } from './scenario.ts';
import { Zipf } from './zipf.ts';

export class KeySpace {
  /** The number after its last key. */
  readonly end: number;
  readonly #first: number;
  readonly #count: number;
  readonly #zipf: Zipf | undefined;

  constructor({ kind, options }: Load['keys'], first = 0) {
    const { count, exponent } = options as { count: number; exponent?: number };
    this.#first = first;
    this.#count = count;
    this.end = first + count;
    this.#zipf = kind === 'zipf' ? new Zipf(count, exponent ?? 1) : undefined;
  }

  /** Of request i; under Zipf's law the lower, the hotter. */
  number(draws: Source, i: number): number {
    if (this.#zipf === undefined) return this.#first + Math.floor(draws.draw(i) * this.#count);
    return this.#first + this.#zipf.rank(draws, i) - 1;
  }
}

/** By kind of request, where any kind has keys of its own: nobody else's. Those without share `common`. */
export function keySpaces(mix: Load['mix'], common: KeySpace): KeySpace[] | undefined {
  if (mix.every(({ keys }) => keys === undefined)) return undefined;
  let last = common;
  return mix.map(({ keys }) => {
    if (keys === undefined) return common;
    last = new KeySpace(keys, last.end);
    return last;
  });
}
